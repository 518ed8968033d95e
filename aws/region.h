/* SPDX-License-Identifier: Apache-2.0 */
/* region: the commercial AWS regions, as one table. Only the partition "aws" is supported; host
 * names and ARNs elsewhere differ in ways that nobody has tried with drd. */
#ifndef DRD_REGION_H
#define DRD_REGION_H

#define REGIONS(X)                                                                                 \
    X(US_EAST_1, "us-east-1")                                                                      \
    X(US_EAST_2, "us-east-2")                                                                      \
    X(US_WEST_1, "us-west-1")                                                                      \
    X(US_WEST_2, "us-west-2")                                                                      \
    X(CA_CENTRAL_1, "ca-central-1")                                                                \
    X(EU_CENTRAL_1, "eu-central-1")                                                                \
    X(EU_WEST_1, "eu-west-1")                                                                      \
    X(EU_WEST_2, "eu-west-2")                                                                      \
    X(EU_WEST_3, "eu-west-3")                                                                      \
    X(EU_NORTH_1, "eu-north-1")                                                                    \
    X(AP_NORTHEAST_1, "ap-northeast-1")                                                            \
    X(AP_NORTHEAST_2, "ap-northeast-2")                                                            \
    X(AP_NORTHEAST_3, "ap-northeast-3")                                                            \
    X(AP_SOUTH_1, "ap-south-1")                                                                    \
    X(AP_SOUTHEAST_1, "ap-southeast-1")                                                            \
    X(AP_SOUTHEAST_2, "ap-southeast-2")                                                            \
    X(SA_EAST_1, "sa-east-1")

/* REGION_NONE is zero, so that a forgotten region is not us-east-1. */
enum region {
    REGION_NONE,
#define X(id, name) REGION_##id,
    REGIONS(X)
#undef X
        N_REGIONS
};

/* The name as AWS writes it; "" for REGION_NONE. Static text. */
const char *region_name(enum region region);
/* REGION_NONE for a name that is not in the table (NULL included). */
enum region region_parse(const char *name);

#endif
