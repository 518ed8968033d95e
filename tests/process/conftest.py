# SPDX-License-Identifier: Apache-2.0
"""What the process tests share: real drd processes, each in a directory of its own, and an AWS that
knows whose account it is and leaves every other call to the test."""
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/demo"))
from stage import Stage  # noqa: E402
BUILD = pathlib.Path(os.environ.get("DRD_BUILD", ROOT / "build/asan"))
# The sandbox's waits and rates and drd's budgets, so much faster than AWS's.
SPEED = 60
FAST = {"pass_interval_s": 300, "budget_scale": SPEED}
WHOAMI = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/test</Arn><UserId>AIDAX</UserId>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class SmallAws:
    """answer(action, body) -> (status, content type, text); action is "sqs:CreateQueue" or so."""

    def __init__(self):
        self.requests, self.answer = [], lambda action, body: (500, "text/plain", "not today")
        aws = self

        class Front(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                scope = self.headers.get("Authorization", "////").split("/")
                target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                action = f"{scope[3]}:{target or body.partition('Action=')[2].partition('&')[0]}"
                aws.requests.append((action, body))
                if action == "sts:GetCallerIdentity":
                    status, kind, text = 200, "text/xml", WHOAMI
                else:
                    status, kind, text = aws.answer(action, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def actions(self):
        return [action for action, _ in self.requests]


class House:
    """A directory with a configuration in which drd runs."""

    def __init__(self, directory, aws):
        self.directory, self.aws = directory, aws
        self.config, self.socket = directory / "drd.json", directory / "drd.sock"
        self.log, self.processes = directory / "log", []
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory),
                            "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret",
                            "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": aws.url}
        self.write()

    def write(self, settings=None, **more):
        document = {"suffix": "demo", "regions": {"primary": "us-east-1", "secondary": "us-east-2"},
                    "queues": {"orders": {}},
                    "settings": {"state_directory": str(self.directory / "state"),
                                 "control_socket": str(self.socket),
                                 "metrics_listen": "127.0.0.1:0", **(settings or {})}, **more}
        self.config.write_text(json.dumps(document, indent=2))

    def run(self, *arguments, timeout=60, **environment):
        return subprocess.run([BUILD / "daemon/drd", *map(str, arguments)], text=True,
                              capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL,
                              env={**self.environment, **environment})

    def start(self, *arguments, ready=True, **options):
        environment = {**self.environment, **options.pop("environment", {})}
        with self.log.open("ab") as log:
            process = subprocess.Popen([BUILD / "daemon/drd", "--config", self.config, *arguments],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=environment, **options)
        self.processes.append(process)
        if ready:
            self.until(lambda: self.get("/readyz")[0] == 200)
        return process

    def until(self, true, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if true():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("it did not happen; the log says:\n" + self.log.read_text())

    def ask(self, method, path, body=""):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(str(self.socket))
            s.sendall(f"{method} {path} HTTP/1.1\r\nHost: drd\r\nConnection: close\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
        head, _, text = answer.decode().partition("\r\n\r\n")
        return int(head.split()[1]), text

    def get(self, path):
        return self.ask("GET", path)

    def json(self, path):
        return json.loads(self.get(path)[1])

    def stop(self, process, number=signal.SIGTERM, timeout=40):
        process.send_signal(number)
        return process.wait(timeout)


@pytest.fixture
def aws():
    small = SmallAws()
    yield small
    small.server.shutdown()


@pytest.fixture
def house(tmp_path, aws):
    h = House(tmp_path, aws)
    yield h
    for process in h.processes:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert "ERROR: AddressSanitizer" not in (h.log.read_text() if h.log.exists() else "")


def one_of_each():
    """The example with one thing of each kind only, for runs that are many."""
    small = json.loads((ROOT / "config/examples/payments.json").read_text())
    for kind, names in (("tables", ("payments", "sessions")), ("queues", ("payments",)),
                        ("parameters", ("payments/ledger-table",)), ("roles", ("payments-api",))):
        small[kind] = {name: small[kind][name] for name in names}
    small["roles"]["payments-api"]["uses"] = small["roles"]["payments-api"]["uses"][:1]
    return small


@pytest.fixture
def small_stage():
    """A stage with few things in it: two queues with their dead letters, a parameter, a role."""
    document = {
        "suffix": "small", "regions": {"primary": "us-east-1", "secondary": "us-east-2"},
        "queues": {"orders": {}, "invoices": {}},
        "parameters": {"orders/url": {"value": "{queue:orders}"}},
        "roles": {"orders-api": {"for": "lambda", "uses": [{"queue": "orders", "access": "send"}]}}}
    with Stage(BUILD, document, speed=SPEED, settings=FAST) as stage:
        yield stage
