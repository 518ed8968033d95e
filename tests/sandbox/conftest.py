# SPDX-License-Identifier: Apache-2.0
"""Starts drd-sandbox for the tests and gives them boto3 clients of it. Loopback only."""
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

import boto3
import botocore.config
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("DRD_BUILD", ROOT / "build")) / "tests/sandbox/drd-sandbox"


# Every call that any boto3 client of the run made: {(service, operation): {HTTP status, ...}}.
called = {}


def note(model, parsed, **_):
    name = model.service_model.service_name, model.name
    called.setdefault(name, set()).add(parsed["ResponseMetadata"]["HTTPStatusCode"])


boto3.setup_default_session()
boto3.DEFAULT_SESSION.events.register("after-call", note)


class Sandbox:
    """One running drd-sandbox on a free port."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [PROGRAM, "--listen", "127.0.0.1:0", "--print-env", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.env = {}
        while "AWS_DEFAULT_REGION" not in self.env:
            line = self.process.stdout.readline()
            assert line, "drd-sandbox ended: " + self.process.stderr.read()
            name, _, value = line.removeprefix("export ").strip().partition("=")
            self.env[name] = value
        self.url = self.env["AWS_ENDPOINT_URL"]
        self.port = self.url.rsplit(":", 1)[1]

    def stop(self):
        """Ends it as an operator would; the exit code must be 0."""
        self.process.terminate()
        try:
            _, errors = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert self.process.returncode == 0, errors
        return errors

    def client(self, service, region="us-east-1", attempts=3, url=None, timeout=20, **more):
        keys = dict(aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                    aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])
        config = botocore.config.Config(
            retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=timeout,
            connect_timeout=timeout, s3={"addressing_style": "path"})
        return boto3.client(service, region_name=region, endpoint_url=url or self.url,
                            config=config, **{**keys, **more})

    def door(self, method, path, body=None):
        """One of the sandbox's own doors; (status, text)."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, data=data)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def requests(self):
        return [json.loads(line) for line in self.door("GET", "/sandbox/requests")[1].splitlines()]

    def fault(self, **fault):
        status, text = self.door("POST", "/sandbox/faults", fault)
        assert status == 200, text
        return json.loads(text)["id"]

    def advance(self, seconds):
        assert self.door("POST", "/sandbox/clock", {"advance_s": seconds})[0] == 200


def pytest_collection_modifyitems(config, items):
    """The test that looks back on the whole run comes last; a part of the run has no such test."""
    looks_back = [item for item in items if "whole_run" in item.fixturenames]
    there = {path.name for path in pathlib.Path(__file__).parent.glob("test_*.py")}
    part = there - {item.path.name for item in items} or config.getoption("keyword")
    for item in looks_back if part else []:
        item.add_marker(pytest.mark.skip("needs a run of every test in this folder"))
    items[:] = [item for item in items if item not in looks_back] + looks_back


@pytest.fixture
def whole_run():
    return called


@pytest.fixture(scope="session")
def shared_sandbox():
    box = Sandbox("--regions")
    yield box
    box.stop()


@pytest.fixture
def sandbox(shared_sandbox):
    """The shared sandbox with full rate buckets and no faults; names must differ between tests."""
    shared_sandbox.door("DELETE", "/sandbox/faults")
    shared_sandbox.advance(60)
    yield shared_sandbox
    shared_sandbox.door("DELETE", "/sandbox/faults")


@pytest.fixture
def start():
    """Starts sandboxes of a test's own: start("--state", path)."""
    boxes = []

    def make(*args):
        boxes.append(Sandbox(*args))
        return boxes[-1]

    yield make
    for box in boxes:
        if box.process.poll() is None:
            box.stop()


@pytest.fixture
def refuses():
    """with refuses("NoSuchEntity") as error: …; afterwards error.value.response is AWS's."""
    import contextlib

    import botocore.exceptions

    @contextlib.contextmanager
    def context(code, status=None, says=""):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            yield caught
        answer = caught.value.response
        assert answer["Error"]["Code"] == code, answer
        assert says in answer["Error"]["Message"], answer
        if status is not None:
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == status

    return context
