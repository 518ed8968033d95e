# SPDX-License-Identifier: Apache-2.0
"""drd as a process: starting, being told what is wrong, serving, reloading, stopping."""
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pytest


def test_check_good(house):
    done = house.run("--config", house.config, "--check")
    assert done.returncode == 0 and "environment demo" in done.stdout


@pytest.mark.parametrize("text, message", [
    ("", "empty"),
    ("{", "not JSON"),
    ('{"suffix": "demo", "suffix": "x"}', "twice"),
    ('{"suffix": "demo", "regions": {"primary": "us-east-1", "secondary": "mars-1"}}', "mars-1"),
])
def test_check_bad(house, text, message):
    house.config.write_text(text)
    for arguments in (["--check"], [], ["--once"]):
        done = house.run("--config", house.config, *arguments)
        assert done.returncode == 1
        assert message in done.stderr and str(house.config) in done.stderr


def test_usage(house):
    assert house.run("--version").stdout.startswith("drd ")
    assert "--once" in house.run("--help").stdout
    for wrong, message in [([], "--config"), (["--config", "x", "y"], "too many"),
                           (["--config", "x", "--json"], "--once"), (["--nothing"], "nothing")]:
        done = house.run(*wrong)
        assert done.returncode == 1 and message in done.stderr
    absent = house.run("--config", "/nowhere.json")
    assert absent.returncode == 1 and "/nowhere.json" in absent.stderr


def test_no_credentials(house):
    del house.environment["AWS_ACCESS_KEY_ID"]
    done = house.run("--config", house.config, "--once")
    assert done.returncode == 1 and "AWS_ACCESS_KEY_ID" in done.stderr
    assert house.aws.requests == []


def test_wrong_account(house):
    house.write(account="999999999999")
    done = house.run("--config", house.config, "--once")
    assert done.returncode == 1
    assert "123456789012" in done.stderr and "999999999999" in done.stderr
    assert set(house.aws.actions()) == {"sts:GetCallerIdentity"}


def test_secret_that_is_not_there(house):
    house.write(parameters={"database": {"secret": {"environment": "NOT_SET"}}})
    done = house.run("--config", house.config, "--once")
    if "NOT_SET" not in done.stderr:
        pytest.skip("the configuration spells secrets another way: " + done.stderr)
    assert done.returncode == 1


def test_state_directory_not_writable(house):
    house.write(settings={"state_directory": "/proc/drd"})
    done = house.run("--config", house.config, "--once")
    assert done.returncode == 1
    assert "/proc/drd" in done.stderr and "state_directory" in done.stderr


def test_one_drd_per_state_directory_and_socket(house):
    house.start()
    second = house.run("--config", house.config)
    assert second.returncode == 1 and "another drd is using it" in second.stderr
    house.write(settings={"state_directory": str(house.directory / "other")})
    third = house.run("--config", house.config)
    assert third.returncode == 1 and "another drd listens there" in third.stderr


def test_ready_soon_and_stops_clean(house):
    begun = time.monotonic()
    process = house.start()
    assert time.monotonic() - begun < 5
    assert house.json("/v1/status")["environment"] == "demo"
    house.until(lambda: house.json("/v1/status")["account"]["state"] == "good")
    status, text = house.get("/metrics")
    assert status == 200 and "drd_" in text
    assert house.get("/v1/nothing")[0] == 404
    status, text = house.ask("POST", "/v1/hold", '{"reason": ')
    assert status == 400 and "line 1, column" in text
    assert house.stop(process) == 0
    assert not house.socket.exists()


def test_starts_while_aws_is_away(house):
    house.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    process = house.start()
    assert house.get("/healthz")[0] == 200
    assert house.stop(process) == 0


def test_reload(house):
    process = house.start()
    good = house.config.read_text()
    house.config.write_text('{"suffix": 1')
    process.send_signal(signal.SIGHUP)
    house.until(lambda: "refused" in house.json("/v1/status")["configuration"])
    refused = house.json("/v1/status")["configuration"]["refused"]
    assert str(house.config) in refused[0]
    house.config.write_text(good)
    process.send_signal(signal.SIGHUP)
    house.until(lambda: "refused" not in house.json("/v1/status")["configuration"])
    assert house.stop(process) == 0


def test_hold_outlives_a_kill(house):
    process = house.start()
    status, _ = house.ask("POST", "/v1/hold", '{"reason": "an exercise"}')
    assert status == 200
    house.stop(process, signal.SIGKILL)
    assert house.socket.exists()  # stale, and in nobody's way
    process = house.start()
    assert house.json("/v1/status")["hold"]["reason"] == "an exercise"
    assert house.stop(process) == 0


ABSENT = json.dumps({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"})


def test_stopping_waits_for_a_write_and_records_it(house):
    """SIGTERM while CreateQueue is out: its answer is awaited and is in the journal."""
    def answer(action, body):
        if action == "sqs:CreateQueue":
            time.sleep(2)
            return 200, "application/x-amz-json-1.0", json.dumps({"QueueUrl": "https://q/1/x"})
        return 400, "application/x-amz-json-1.0", ABSENT

    house.aws.answer = answer
    process = house.start()
    house.until(lambda: "sqs:CreateQueue" in house.aws.actions())
    begun = time.monotonic()
    assert house.stop(process) == 0
    assert 0.5 < time.monotonic() - begun < 20
    rows = sqlite3.connect(house.directory / "state/drd.db").execute(
        "SELECT body, result FROM change").fetchall()
    assert rows
    for body, result in rows:
        assert json.loads(body)["op"] == "sqs:CreateQueue"
        assert json.loads(result)["class"] == "ok"


def test_a_change_is_on_disk_before_it_is_made(house):
    """kill -9 at the moment AWS sees a write: the journal already has it."""
    house.aws.answer = lambda action, body: (
        (os.kill(house.processes[0].pid, signal.SIGKILL), time.sleep(1)) and
        (500, "text/plain", "") if action == "sqs:CreateQueue" else
        (400, "application/x-amz-json-1.0", ABSENT))
    process = house.start(ready=False)
    assert process.wait(30) == -signal.SIGKILL
    rows = sqlite3.connect(house.directory / "state/drd.db").execute(
        "SELECT body FROM change").fetchall()
    assert any(json.loads(body)["op"] == "sqs:CreateQueue" for body, in rows)


def test_observe_writes_nothing(house):
    house.aws.answer = lambda action, body: (400, "application/x-amz-json-1.0", ABSENT)
    done = house.run("--config", house.config, "--once", "--observe", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == report["exit_code"] == 2
    assert {row["id"].split("/")[0] for row in report["not_in_sync"]} == {"sqs_queue"}
    assert not [a for a in house.aws.actions() if "Create" in a or "Set" in a]


def test_systemd_is_told(house, tmp_path):
    """READY once the socket listens, RELOADING and READY on SIGHUP, WATCHDOG, STOPPING."""
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(tmp_path / "notify"))
    told.settimeout(20)
    process = house.start(environment={"NOTIFY_SOCKET": str(tmp_path / "notify"),
                                       "WATCHDOG_USEC": "400000"}, ready=False)
    assert told.recv(100) == b"READY=1"
    assert house.get("/readyz")[0] == 200
    assert told.recv(100) == b"WATCHDOG=1"
    process.send_signal(signal.SIGHUP)
    seen = []
    while seen[-1:] != [b"READY=1"]:
        seen.append(told.recv(100))
    assert b"RELOADING=1" in seen
    process.terminate()
    while told.recv(100) != b"STOPPING=1":
        pass
    assert process.wait(40) == 0


ACTIVATE = """
import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(8)
os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="control")
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_socket_activation(house):
    drd = str(house.start.__globals__["BUILD"] / "daemon/drd")
    with house.log.open("ab") as log:
        process = subprocess.Popen([sys.executable, "-c", ACTIVATE, str(house.socket), drd,
                                    "--config", str(house.config)], env=house.environment,
                                   stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    house.processes.append(process)
    house.until(lambda: house.get("/readyz")[0] == 200)
    assert house.stop(process) == 0
    assert house.socket.exists()  # systemd's, not ours to remove


def test_credential_process(house):
    script = house.directory / "keys"
    script.write_text('#!/bin/sh\necho \'{"Version": 1, "AccessKeyId": "AKIAFROMPROCESS", '
                      '"SecretAccessKey": "s"}\'\n')
    script.chmod(0o700)
    (house.directory / "config").write_text(
        f'[default]\ncredential_process = "{script}" --for drd\n')
    del house.environment["AWS_ACCESS_KEY_ID"], house.environment["AWS_SECRET_ACCESS_KEY"]
    house.environment["AWS_CONFIG_FILE"] = str(house.directory / "config")
    process = house.start()
    house.until(lambda: house.json("/v1/status")["account"]["state"] == "good")
    assert house.stop(process) == 0
    assert "AKIAFROMPROCESS" not in house.log.read_text()
