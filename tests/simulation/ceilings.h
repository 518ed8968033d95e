/* SPDX-License-Identifier: Apache-2.0 */
/* ceilings: what drd asks of AWS while all is in sync, counted per API family against a table, and
 * whether a family that AWS throttles hard slows down any other. */
#ifndef DRD_SIMULATION_CEILINGS_H
#define DRD_SIMULATION_CEILINGS_H

/* file: a configuration (config/examples/payments.json). Prints the figures; 0, or 1 when a ceiling
 * was broken. */
int ceilings_prove(const char *file);

#endif
