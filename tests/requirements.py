# SPDX-License-Identifier: Apache-2.0
"""docs/requirements.md has every requirement once, and what it names as proof exists."""
import pathlib
import re
import sys

WANTED = ([f"C{i}" for i in range(1, 9)] + [f"R{i}" for i in range(1, 17)]
          + [f"B{i}" for i in range(1, 20)])


def main():
    rows = re.findall(r"^\| ([CRB]\d+) \| .* \| (.*) \|$",
                      pathlib.Path("docs/requirements.md").read_text(), re.M)
    problems = [] if [r[0] for r in rows] == WANTED else ["the ids are not C1–C8, R1–R16, B1–B19"]
    for name, proof in rows:
        paths = re.findall(r"`([\w./-]+/[\w.-]+)`", proof)
        problems += [f"{name}: {p} does not exist" for p in paths if not pathlib.Path(p).exists()]
        if not paths and "not yet" not in proof:
            problems.append(f"{name}: names no proof and does not say that it is missing")
    for problem in problems:
        print(problem)
    print(f"{len(rows)} requirements, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
