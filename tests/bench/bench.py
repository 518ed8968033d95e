# SPDX-License-Identifier: Apache-2.0
"""Figures: ratios within one run, and counts. Prints a line for each ("figure: …") and all of them
as one line of JSON. Nothing here fails for being slow; it exits non-zero only when something could
not be measured.

usage: bench.py [--short] [--build build/release]

--short leaves out the simulation of 10,000 resources and takes under 90 s."""
import argparse
import json
import math
import os
import pathlib
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import time
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/demo"))
import stage  # noqa: E402

ROUND_TRIP_MS = 30
# The longest chain of reads in the example each of which needs the answer before it: the caller's
# account; the dead letters' URL and attributes; the queue's URL and attributes.
CHAIN = 5
CERTIFICATES = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority &&
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=sandbox &&
printf subjectAltName=IP:127.0.0.1 >ext &&
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext \
    -out server.pem -days 2 &&
cat ca.pem /etc/ssl/certs/ca-certificates.crt >bundle.pem
"""


class Figures:
    """What was measured: kept for the JSON line, and shown as it comes."""

    def __init__(self):
        self.values = {}

    def add(self, name, value, text, aim=None):
        self.values[name] = value
        aimed = "" if aim is None else f"aim {aim:g}: {'met' if value <= aim else 'MISSED'}"
        print(f"figure: {name:<36} {text:<58} {aimed}".rstrip(), flush=True)


# ---- the simulation ----

def simulate(build, resources):
    done = subprocess.run([build / "tests/simulation/drd-simulate", "--in-sync-pass", "--resources",
                           str(resources), "--rtt", str(ROUND_TRIP_MS)],
                          text=True, capture_output=True, check=True, timeout=600)
    return json.loads(done.stdout)


def simulation(figures, build, sizes):
    runs = []
    for size in sizes:
        run = simulate(build, size)
        runs.append(run)
        figures.add(f"simulated_pass_{size}_ratio", run["ratio"],
                    f"{run['attempts']} calls ({run['attempts_per_resource']:.2f} a resource), "
                    f"{run['ratio']:.2f} x its bound", 1.2)
        figures.values[f"simulated_pass_{size}_calls_per_resource"] = run["attempts_per_resource"]
    more = (runs[-1]["brain_bytes"] - runs[0]["brain_bytes"]) / (
        runs[-1]["resources"] - runs[0]["resources"])
    figures.add("bytes_per_further_resource", round(more), f"{more:.0f} bytes", 8000)


# ---- real processes ----

def limits(build):
    done = subprocess.run([build / "tests/bench/limits"], text=True, capture_output=True, check=True)
    return json.loads(done.stdout)


def bound_ms(requests, limit_of):
    """The least time in which these requests may be made: the longest chain, or the family and
    region whose budget is the narrowest."""
    counts, rows = {}, {}
    for request in requests:
        row = limit_of[f"{request['service']}:{request['operation']}"]
        key = (row["family"], request["region"])
        counts[key], rows[key] = counts.get(key, 0) + 1, row
    narrow = max(max(0, n - rows[key]["at_once"]) / rows[key]["per_second"] * 1000
                 for key, n in counts.items())
    return max(narrow, CHAIN * ROUND_TRIP_MS)


def first_pass(scene):
    """Starts drd on what is in sync already; how long its first pass took, and its requests."""
    scene.forget_requests()
    scene.start_drd()
    stage.wait_for("the first pass", lambda: scene.ctl_json("status")["pass"]["completed"] >= 1, 60)
    took = scene.ctl_json("status")["pass"]["duration_ms"]
    requests = scene.requests()
    assert all(r["effect"] == "read" for r in requests), "it was not in sync"
    assert not any(r["error"] == "Throttling" for r in requests), "the sandbox throttled"
    return took, requests


def settle(scene, scale):
    """One converging run without budgets, then the settings that are measured."""
    done = scene.run_drd("--once")
    assert done.returncode == 0, done.stderr[-2000:]
    time.sleep(5)  # the sandbox's own limits recover
    scene.document["settings"]["budget_scale"] = scale
    scene.write_config()


def peak_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def in_sync_pass(figures, build):
    limit_of = limits(build)
    settings = {"budget_scale": 100, "pass_interval_s": 3600}
    for name, scale in (("in_sync_pass", 1), ("in_sync_pass_wide_budgets", 100)):
        with stage.Stage(build, speed=1000, settings=settings,
                         sandbox_args=["--round-trip-ms", str(ROUND_TRIP_MS)]) as scene:
            settle(scene, scale)
            took, requests = first_pass(scene)
            bound = bound_ms(requests, limit_of) if scale == 1 else None
            calls, resources = len(requests), scene.ctl_json("status")["resources"]["total"]
        text = f"{calls} calls for {resources} resources in {took} ms"
        if bound is None:
            figures.add(f"{name}_ms", took, text)
        else:
            figures.add(f"{name}_ratio", round(took / bound, 2),
                        f"{text}, {took / bound:.2f} x its bound of {bound:.0f} ms", 1.2)
            figures.values[f"{name}_calls"] = calls


class TlsStage(stage.Stage):
    """The same over TLS, with the system's whole list of authorities, as against AWS."""

    def __init__(self, build, settings):
        super().__init__(build, speed=1000, settings=settings)
        subprocess.run(CERTIFICATES, shell=True, cwd=self.folder, check=True, capture_output=True)
        self.sandbox_args = ["--tls", str(self.folder / "server.pem"),
                             str(self.folder / "server.key")]

    def environment(self):
        return dict(super().environment(), AWS_CA_BUNDLE=str(self.folder / "bundle.pem"))

    def door(self, method, path, body=None):
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        request = urllib.request.Request(self.env["AWS_ENDPOINT_URL"] + path, method=method)
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return answer.read().decode()


def exec_to_ready(scene):
    """Milliseconds from just before the process is made to its socket taking a connection."""
    scene.socket.unlink(missing_ok=True)
    start = time.perf_counter()
    process = subprocess.Popen([scene.build / "daemon/drd", "--config", scene.config],
                               env=scene.environment(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(scene.socket))
                break
            except OSError:
                assert process.poll() is None, "drd ended"
                assert time.perf_counter() - start < 20, "drd does not listen"
                time.sleep(0.0005)
    took = (time.perf_counter() - start) * 1000
    process.kill()
    process.wait()
    return took


def usage(pid):
    """(CPU ticks, context switches) of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    switches = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if "ctxt_switches" in line:
                switches += int(line.split()[1])
    return int(fields[11]) + int(fields[12]), switches


def footprint(figures, build, idle_seconds):
    with TlsStage(build, {"budget_scale": 100, "pass_interval_s": 3600}) as scene:
        settle(scene, 100)
        starts = statistics.median(exec_to_ready(scene) for _ in range(20))
        figures.add("start_to_ready_ms", round(starts, 1),
                    f"{starts:.1f} ms, the median of 20", 50)
        first_pass(scene)
        peak = peak_kb(scene.drd.pid) / 1000 * 1.024
        figures.add("peak_memory_mb", round(peak, 1), f"{peak:.1f} MB after a pass over TLS", 20)
        time.sleep(2)  # what the pass left to do
        ticks, switches = usage(scene.drd.pid)
        time.sleep(idle_seconds)
        after_ticks, after_switches = usage(scene.drd.pid)
    per_second = (after_switches - switches) / idle_seconds
    figures.add("idle_cpu_ticks", after_ticks - ticks,
                f"{after_ticks - ticks} ticks of {1000 // os.sysconf('SC_CLK_TCK')} ms and "
                f"{after_switches - switches} context switches in {idle_seconds} s")
    figures.values["idle_switches_per_second"] = per_second


# ---- signatures ----

def botocore_signatures(n):
    """CPU seconds in which botocore signs the request of sign_bench.c n times."""
    signer = botocore.auth.SigV4Auth(
        botocore.credentials.Credentials("AKIDEXAMPLE",
                                         "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        "sqs", "us-east-1")
    body = (b'{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/payments-demo",'
            b'"AttributeNames":["All"]}')
    start = time.process_time()
    for _ in range(n):
        signer.add_auth(botocore.awsrequest.AWSRequest(
            "POST", "https://sqs.us-east-1.amazonaws.com/", data=body,
            headers={"Content-Type": "application/x-amz-json-1.0",
                     "X-Amz-Target": "AmazonSQS.GetQueueAttributes"}))
    return time.process_time() - start


def instructions(program, *arguments):
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                          program, *arguments], text=True, capture_output=True, check=True,
                         timeout=120)
    return int(out.stderr.rpartition("Collected :")[2].split()[0])


def signatures(figures, build):
    program = build / "tests/bench/sign_bench"
    done = subprocess.run([program, "20000"], text=True, capture_output=True, check=True)
    ours = 20000 / json.loads(done.stdout)["cpu_seconds"]
    theirs = 2000 / botocore_signatures(2000)
    figures.add("signatures_beside_botocore", round(ours / theirs, 1),
                f"{ours:.0f} a second, {ours / theirs:.1f} x botocore's {theirs:.0f}")
    if shutil.which("valgrind") is None:
        print("skipped: no valgrind, so instructions are not counted")
        return
    each = (instructions(program, "201") - instructions(program, "1")) / 200
    figures.add("instructions_per_signature", math.ceil(each), f"{each:.0f} instructions")


def main():
    parser = argparse.ArgumentParser(description="Figures of drd.")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    options = parser.parse_args()
    build = options.build.resolve()
    figures = Figures()
    simulation(figures, build, [10, 100, 1000] + ([] if options.short else [10000]))
    in_sync_pass(figures, build)
    footprint(figures, build, 20)
    signatures(figures, build)
    print(json.dumps(figures.values))


if __name__ == "__main__":
    main()
