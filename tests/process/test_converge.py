# SPDX-License-Identifier: Apache-2.0
"""The example topology in a strict sandbox over TLS: made, in sync, and whole again after kills."""
import json
import os
import random
import signal
import ssl
import subprocess
import time
import urllib.request

import pytest
from conftest import BUILD, ROOT

CERTIFICATES = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority &&
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=sandbox &&
printf subjectAltName=IP:127.0.0.1 >ext &&
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext \
    -out server.pem -days 2
"""


class Sandbox:
    def __init__(self, directory):
        subprocess.run(CERTIFICATES, shell=True, cwd=directory, check=True, capture_output=True)
        self.ca = str(directory / "ca.pem")
        self.process = subprocess.Popen(
            [BUILD / "tests/sandbox/drd-sandbox", "--listen", "127.0.0.1:0", "--speed", "50",
             "--tls", "server.pem", "server.key", "--print-env"],
            cwd=directory, text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.environment = {"AWS_CA_BUNDLE": self.ca}
        while "AWS_DEFAULT_REGION" not in self.environment:
            name, _, value = self.process.stdout.readline().removeprefix("export ").partition("=")
            self.environment[name] = value.strip()

    def door(self, method, path):
        request = urllib.request.Request(self.environment["AWS_ENDPOINT_URL"] + path, method=method)
        context = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(request, context=context, timeout=20) as answer:
            return answer.read().decode()

    def effects(self):
        return [json.loads(line)["effect"]
                for line in self.door("GET", "/sandbox/requests").splitlines()]


@pytest.fixture
def sandbox(tmp_path):
    box = Sandbox(tmp_path)
    yield box
    box.process.terminate()
    box.process.wait(20)


@pytest.fixture
def payments(house, sandbox):
    document = json.loads((ROOT / "config/examples/payments.json").read_text())
    document["settings"] = {"state_directory": str(house.directory / "state"),
                            "control_socket": str(house.socket), "budget_scale": 100}
    house.config.write_text(json.dumps(document))
    house.environment.update(sandbox.environment)
    return house


def once(house, *more):
    done = house.run("--config", house.config, "--once", "--json", *more, timeout=120)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def test_converges_then_writes_nothing(payments, sandbox):
    code, report = once(payments)
    assert code == 0, report
    assert report["result"]["resources"]["in_sync"] == report["result"]["resources"]["total"] > 20
    sandbox.door("DELETE", "/sandbox/requests")
    code, report = once(payments)
    assert code == 0, report
    assert set(sandbox.effects()) == {"read"}


def test_twelve_kills(payments, sandbox):
    seed = int(os.environ.get("DRD_SEED", time.time_ns() % 100000))
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(12):
        process = payments.start("--once", ready=False)
        time.sleep(chance.uniform(0.05, 0.9))
        payments.stop(process, signal.SIGKILL)
    code, report = once(payments)
    assert code == 0, report
    sandbox.door("DELETE", "/sandbox/requests")
    assert once(payments)[0] == 0
    assert set(sandbox.effects()) == {"read"}
