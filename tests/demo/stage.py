# SPDX-License-Identifier: Apache-2.0
"""stage: starts and stops what a demonstration or a process test needs: a sandbox with AWS regions, a
drd that talks to it, boto3 clients, drd-ctl. Everything lives in one temporary directory and on
loopback, and is gone at the end."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import boto3
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REGIONS = ["us-east-1", "us-east-2", "us-west-2"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, ready, seconds=20.0):
    """Polls until ready() gives something true; raises with what was waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = ready()
        if value:
            return value
        time.sleep(0.05)
    raise TimeoutError(f"waited {seconds} s for {what}")


class Stage:
    def __init__(self, build, config="config/examples/payments.json", speed=1, settings=None,
                 sandbox_args=()):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drd-stage-"))
        self.speed, self.sandbox_args = speed, list(sandbox_args)
        self.socket = self.folder / "control.sock"
        self.sandbox = self.drd = None
        self.config = self.folder / "drd.json"
        self.document = json.loads((ROOT / config).read_text())
        self.document["settings"] = dict(self.document.get("settings", {}), **{
            "control_socket": str(self.socket), "state_directory": str(self.folder / "state"),
            **(settings or {})})
        self.document.pop("$schema", None)
        self.write_config()

    def __enter__(self):
        self.start_sandbox()
        return self

    def __exit__(self, *_):
        for process in (self.drd, self.sandbox):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def write_config(self):
        self.config.write_text(json.dumps(self.document, indent=1))

    # ---- the sandbox ----

    def start_sandbox(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        log = open(self.folder / "sandbox.log", "ab")
        self.sandbox = subprocess.Popen(
            [self.build / "tests/sandbox/drd-sandbox", "--listen", f"127.0.0.1:{self.port}",
             "--speed", str(self.speed), "--print-env", *self.sandbox_args],
            stdout=subprocess.PIPE, stderr=log, text=True)
        self.env = {}
        while "AWS_DEFAULT_REGION" not in self.env:
            line = self.sandbox.stdout.readline()
            if not line:
                raise RuntimeError("drd-sandbox did not start: "
                                   + (self.folder / "sandbox.log").read_text()[-2000:])
            if line.startswith("export "):
                name, _, value = line[7:].strip().partition("=")
                self.env[name] = value.strip("'\"")

    def client(self, service, region="us-east-1"):
        return boto3.client(
            service, region_name=region, endpoint_url=self.env["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
            config=botocore.config.Config(retries={"max_attempts": 8, "mode": "standard"}))

    def door(self, method, path, body=None):
        """The sandbox's own doors: /sandbox/requests, /faults, /clock, /state."""
        import urllib.request
        request = urllib.request.Request(
            f"{self.url}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def requests(self):
        return [json.loads(line) for line in self.door("GET", "/sandbox/requests").splitlines()]

    def forget_requests(self):
        self.door("DELETE", "/sandbox/requests")

    # ---- drd ----

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return dict(kept, **self.env, HOME=str(self.folder), AWS_EC2_METADATA_DISABLED="true")

    def run_drd(self, *args, timeout=300):
        """drd in the foreground, e.g. --once."""
        return subprocess.run([self.build / "daemon/drd", "--config", self.config, *args],
                              env=self.environment(), text=True, capture_output=True,
                              timeout=timeout, stdin=subprocess.DEVNULL)

    def start_drd(self, *args):
        log = open(self.folder / "drd.log", "ab")
        self.drd = subprocess.Popen([self.build / "daemon/drd", "--config", self.config, *args],
                                    env=self.environment(), stdout=log, stderr=log,
                                    stdin=subprocess.DEVNULL)
        wait_for("drd's socket", lambda: self.drd.poll() is not None or self.socket_answers())
        if self.drd.poll() is not None:
            raise RuntimeError(f"drd ended with {self.drd.returncode}: {self.drd_log()[-2000:]}")

    def drd_log(self):
        return (self.folder / "drd.log").read_text(errors="replace")

    def socket_answers(self):
        return self.ctl("status", "--json").returncode != 6

    def kill_drd(self):
        self.drd.send_signal(signal.SIGKILL)
        self.drd.wait()

    def stop_drd(self):
        self.drd.terminate()
        return self.drd.wait(40)

    def ctl(self, *args, timeout=300):
        return subprocess.run([self.build / "daemon/ctl/drd-ctl", "--socket", self.socket, *args],
                              text=True, capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL)

    def ctl_json(self, *args):
        done = self.ctl(*args, "--json")
        return json.loads(done.stdout) if done.stdout else {}

    def in_sync(self):
        counts = self.ctl_json("status").get("resources", {})
        return counts.get("total", 0) > 0 and counts.get("in_sync", 0) == counts["total"]

    # ---- what is there in AWS ----

    def inventory(self):
        """Everything of the environment's kinds that exists: names by kind and region."""
        found = {}

        def note(kind, region, names):
            names = sorted(names)
            if names:
                found[f"{kind} {region}"] = names

        for region in REGIONS:
            note("table", region, self.client("dynamodb", region).list_tables()["TableNames"])
            note("queue", region, [u.rsplit("/", 1)[1] for u in
                                   self.client("sqs", region).list_queues().get("QueueUrls", [])])
            pages = self.client("ssm", region).get_paginator("describe_parameters").paginate()
            note("parameter", region, [p["Name"] for page in pages for p in page["Parameters"]])
        note("bucket", "", [b["Name"] for b in self.client("s3").list_buckets()["Buckets"]])
        note("role", "", [r["RoleName"] for r in self.client("iam").list_roles()["Roles"]])
        return found
