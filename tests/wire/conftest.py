# SPDX-License-Identifier: Apache-2.0
"""One seed for the whole run, named at its end, so that a failure can be repeated."""
import os
import random

SEED = int(os.environ.get("DRD_SEED", random.SystemRandom().randrange(10**9)))


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"DRD_SEED={SEED} repeats this run")
