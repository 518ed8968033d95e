# SPDX-License-Identifier: Apache-2.0
"""Each header compiles alone, so that nobody has to know an order of includes.
usage: headers.py COMPILER [ARGUMENT...]"""
import concurrent.futures
import pathlib
import subprocess
import sys


def alone(header):
    done = subprocess.run(
        sys.argv[1:] + ["-std=c17", "-D_GNU_SOURCE", "-I.", "-Wall", "-Wextra", "-Wpedantic",
                        "-Werror", "-fsyntax-only", "-x", "c", str(header)],
        capture_output=True, text=True)
    return done.stderr if done.returncode else None


def main():
    headers = [h for h in sorted(pathlib.Path(".").glob("*/**/*.h"))
               if not h.as_posix().startswith(("build", "."))]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failures = [text for text in pool.map(alone, headers) if text]
    print("".join(failures), end="")
    print(f"{len(headers)} headers, {len(failures)} do not stand alone")
    return 1 if failures or len(headers) < 20 else 0


sys.exit(main())
