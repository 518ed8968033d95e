# SPDX-License-Identifier: Apache-2.0
"""Runs the tests: builds what they need, runs them, and closes with one line
`tests: N passed, N failed`.

usage: run.py test | soak

A step is a command; what it prints says how many tests ran in it: Check's summary, pytest's summary,
a line "tests: N passed, N failed", or else the command itself counts as one test."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
PYTEST = re.compile(r"^(?:=+ )?(\d+ (?:passed|failed|error|skipped).*) in [\d.]+s", re.M)
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed", re.M)
PARALLEL = "2"


class Step:
    def __init__(self, name, command, environment=None, timeout=900):
        self.name, self.command, self.timeout = name, command, timeout
        self.environment = environment or {}


def count(output, code):
    """(passed, failed) from what a step printed."""
    passed = failed = 0
    for checks, failures, errors in CHECK.findall(output):
        passed += int(checks) - int(failures) - int(errors)
        failed += int(failures) + int(errors)
    for summary in PYTEST.findall(output):
        for number, word in re.findall(r"(\d+) (passed|failed|error)", summary):
            if word == "passed":
                passed += int(number)
            else:
                failed += int(number)
    for good, bad in PLAIN.findall(output):
        passed, failed = passed + int(good), failed + int(bad)
    if passed + failed == 0:
        return (1, 0) if code == 0 else (0, 1)
    return (passed, failed + 1) if code != 0 and failed == 0 else (passed, failed)


def run(step):
    start = time.monotonic()
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **step.environment)
    try:
        done = subprocess.run(step.command, cwd=ROOT, env=environment, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=step.timeout, stdin=subprocess.DEVNULL)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace") + f"\ntook longer than {step.timeout} s\n"
        code = 124
    passed, failed = count(output, code)
    mark = "ok  " if failed == 0 else "FAIL"
    print(f"{mark} {step.name:<44} {passed:>6} passed {failed:>4} failed"
          f" {time.monotonic() - start:>7.1f} s", flush=True)
    notes = [line for line in output.splitlines()
             if re.search(r"\b(skipped:|figure:)", line)]
    for line in notes[:20]:
        print(f"       {line.strip()}")
    if failed:
        shown = [line for line in output.splitlines() if not re.match(r"\[\d+/\d+\] ", line)]
        print("\n".join("     | " + line for line in shown[-60:]), flush=True)
    return passed, failed


def meson(name, *options, compiler=None):
    """A build directory, set up once and then built."""
    folder = ROOT / "build" / name
    if not (folder / "build.ninja").exists():
        environment = dict(os.environ)
        if compiler:
            environment["CC"] = compiler
        elif shutil.which("ccache"):
            environment["CC"] = "ccache gcc"
        subprocess.run(["meson", "setup", str(folder), *options], cwd=ROOT, env=environment,
                       check=True, stdout=subprocess.DEVNULL)
    return Step(f"build {name}", ["ninja", "-C", str(folder), "-j", PARALLEL])


def werror():
    """Warnings are errors on Debian 12; newer compilers may warn of more than we have seen."""
    release = pathlib.Path("/etc/os-release").read_text()
    return "-Dwerror=true" if 'VERSION_ID="12"' in release else "-Dwerror=false"


def meson_tests(name, *suites):
    """One step for each suite of a build directory."""
    for suite in suites:
        yield Step(f"{name}: {suite}",
                   ["meson", "test", "-C", f"build/{name}", "--no-rebuild", "--suite", suite,
                    "--num-processes", PARALLEL, "--verbose"], timeout=1200)


def pytest(name, *paths):
    return Step(name, [".venv/bin/python", "-m", "pytest", "-q", "--maxfail=5", "--no-header",
                       "-p", "no:cacheprovider", *paths],
                {"DRD_BUILD": str(ROOT / "build/asan")}, timeout=1200)


# Seeds that failed once, and must not again.
REGRESSION_SEEDS = [668845089]


def simulation(build, seeds):
    """Regression seeds come first, then fresh ones; what fails is printed with its seed."""
    first = int(os.environ.get("DRD_SEED", time.time_ns() // 1000 % 1_000_000_000))
    return Step(f"{build}: simulation, {seeds} seeds",
                ["sh", "-c", f"set -e; d=build/{build}/tests/simulation/drd-simulate;"
                 + "".join(f" $d --seed {seed};" for seed in REGRESSION_SEEDS)
                 + f" $d --seeds 24; $d --seeds {seeds} --from {first}"], timeout=900)


def test_steps():
    yield meson("asan", "-Db_sanitize=address,undefined", werror())
    yield meson("release", "--prefix=/usr", "--sysconfdir=/etc", "--localstatedir=/var", werror())
    yield meson("clang", werror(), compiler="clang-19")
    yield from meson_tests("release", "shape")
    yield from meson_tests("asan", "unit", "cases", "wire")
    yield Step("format", ["sh", "-c", "git ls-files '*.c' '*.h' | grep -v -e '^$' |"
                          " xargs clang-format-19 --dry-run --Werror"])
    yield pytest("wire: against botocore", "tests/wire")
    yield pytest("sandbox: boto3 as a client", "tests/sandbox")
    yield from meson_tests("release", "simulation")
    yield simulation("release", 2000)
    yield simulation("asan", 60)
    yield pytest("process: real drd, real sandbox", "tests/process")
    yield Step("fuzzers, 10 s each", ["tests/fuzz/run.sh", "10"])


def soak_steps():
    yield meson("release", "--prefix=/usr", "--sysconfdir=/etc", "--localstatedir=/var", werror())
    yield Step("demo on a clean clone", ["tests/demo/clean-clone.sh"], timeout=1200)
    yield Step("simulation, long", ["build/release/tests/simulation/drd-simulate",
                                    "--seeds", "5000", "--from", "100000"], timeout=900)
    yield Step("fuzzers, 60 s each", ["tests/fuzz/run.sh", "60"])
    yield Step("clang-tidy", ["tests/tidy.sh"], timeout=1200)
    yield Step("coverage", ["tests/coverage.sh"], timeout=900)
    yield Step("bench", [".venv/bin/python", "tests/bench/bench.py", "--short"])


def main(which):
    start, passed, failed = time.monotonic(), 0, 0
    for step in {"test": test_steps, "soak": soak_steps}[which]():
        good, bad = run(step)
        build = step.name.startswith("build ")
        passed, failed = passed + (0 if build else good), failed + bad
        if bad and build:
            break  # nothing built on it can say anything
    print(f"{which} took {time.monotonic() - start:.0f} s")
    print(f"tests: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if len(sys.argv) != 2 or sys.argv[1] not in ("test", "soak"):
    sys.exit(__doc__)
sys.exit(main(sys.argv[1]))
