# SPDX-License-Identifier: Apache-2.0
"""Proves that the pure library is pure: it calls nothing but the names in purity.allow, and its
objects hold no writable state. Run on an uninstrumented build; sanitizers add names of their own.
usage: purity.py libdrd-pure.a purity.allow"""
import re
import subprocess
import sys


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main(archive, allow_file):
    undefined, defined, writable = {}, set(), []
    member = "?"
    for line in lines("nm", "-A", archive):
        place, _, rest = line.partition(": ") if ": " in line else line.rpartition(":")
        member = place.split(":")[1] if ":" in place else member
        fields = line.split()
        name, kind = re.sub(r"^__(\w+)_chk$", r"\1", fields[-1]), fields[-2]  # fortified: same call
        if kind in "Uw":
            undefined.setdefault(name, member)
        else:
            defined.add(name)
            if kind in "dDbBCsS":
                writable.append(f"{member}: {name} is writable state ({kind})")
    if any(name.startswith(("__asan", "__ubsan")) for name in undefined):
        print("skipped: this build is instrumented; see build/plain")
        return 77
    allowed = {line.split("#")[0].strip() for line in open(allow_file)} - {""}
    # .data.rel.ro holds constant tables with pointers in them; nm shows it as d, readelf by name.
    relro = set()
    for line in lines("objdump", "-t", archive):
        if ".data.rel.ro" in line or ".rodata" in line:
            relro.add(line.split()[-1])
    problems = [w for w in writable if w.split()[1] not in relro]
    problems += [f"{where}: calls {name}, which is not in {allow_file}"
                 for name, where in sorted(undefined.items())
                 if name not in defined and name not in allowed]
    for name in sorted(allowed - set(undefined)):
        print(f"note: {name} is allowed, and this compiler's objects do not call it")
    for problem in problems:
        print(problem)
    print(f"{len(undefined)} names called, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
