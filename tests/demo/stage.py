# SPDX-License-Identifier: Apache-2.0
"""stage: starts and stops what a demonstration or a process test needs: a sandbox with AWS regions, a
drd that talks to it, boto3 clients, drd-ctl. Everything lives in one temporary directory and on
loopback, and is gone at the end."""
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

import boto3
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SESSION, MAKING_CLIENTS = boto3.Session(), threading.Lock()
CERTIFICATES = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority &&
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=sandbox &&
printf subjectAltName=IP:127.0.0.1 >ext &&
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext \
    -out server.pem -days 2
"""
REGIONS = ["us-east-1", "us-east-2", "us-west-2"]


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
    """A sandbox and a drd. A stage `beside` another has a drd of its own and shares its sandbox."""

    def __init__(self, build, config="config/examples/payments.json", speed=1, settings=None,
                 sandbox_args=(), beside=None, tls=False):
        self.build, self.beside, self.tls = pathlib.Path(build), beside, tls
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drd-stage-"))
        self.speed, self.sandbox_args = speed, list(sandbox_args)
        self.socket = self.folder / "control.sock"
        self.sandbox = self.drd = None
        self.clients = {}
        self.config = self.folder / "drd.json"
        self.document = config if isinstance(config, dict) else \
            json.loads((ROOT / config).read_text())
        self.document["settings"] = dict(self.document.get("settings", {}), **{
            "control_socket": str(self.socket), "state_directory": str(self.folder / "state"),
            "metrics_listen": "127.0.0.1:0", **(settings or {})})
        self.document.pop("$schema", None)
        self.write_config()

    def __enter__(self):
        try:
            self.start_sandbox()
        except BaseException:
            self.__exit__()
            raise
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
        if self.beside:
            self.url, self.env = self.beside.url, dict(self.beside.env)
            self.context = self.beside.context
            return
        args = [self.build / "tests/sandbox/drd-sandbox", "--listen", "127.0.0.1:0",
                "--speed", str(self.speed), "--print-env", *self.sandbox_args]
        trust = {}
        if self.tls:
            subprocess.run(CERTIFICATES, shell=True, cwd=self.folder, check=True,
                           capture_output=True)
            args += ["--tls", self.folder / "server.pem", self.folder / "server.key"]
            trust = {"AWS_CA_BUNDLE": str(self.folder / "ca.pem")}
        log = open(self.folder / "sandbox.log", "ab")
        self.sandbox = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=log, text=True,
                                        stdin=subprocess.DEVNULL)
        self.env = dict(trust)
        while "AWS_DEFAULT_REGION" not in self.env:
            line = self.sandbox.stdout.readline()
            if not line:
                raise RuntimeError("drd-sandbox did not start: "
                                   + (self.folder / "sandbox.log").read_text()[-2000:])
            if line.startswith("export "):
                name, _, value = line[7:].strip().partition("=")
                self.env[name] = value.strip("'\"")
        self.url = self.env["AWS_ENDPOINT_URL"]
        self.context = ssl.create_default_context(cafile=trust["AWS_CA_BUNDLE"]) if trust else None

    def client(self, service, region="us-east-1"):
        """Clients are kept: making one costs more than most calls."""
        with MAKING_CLIENTS:
            key = service, region
            if key not in self.clients:
                self.clients[key] = SESSION.client(
                    service, region_name=region, endpoint_url=self.env["AWS_ENDPOINT_URL"],
                    aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                    aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
                    config=botocore.config.Config(retries={"max_attempts": 8, "mode": "standard"}))
            return self.clients[key]

    def writes(self):
        """What was asked for and would change something, as service:Operation."""
        return [f"{r['service']}:{r['operation']}" for r in self.requests()
                if r["effect"] in ("write", "destroy")]

    def door(self, method, path, body=None):
        """The sandbox's own doors: /sandbox/requests, /faults, /clock, /state."""
        request = urllib.request.Request(
            f"{self.url}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30, context=self.context) as answer:
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

    def states(self):
        return {r["id"]: r["state"] for r in self.ctl_json("resources").get("rows", [])}

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
