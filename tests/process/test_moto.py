# SPDX-License-Identifier: Apache-2.0
"""A second opinion: drd against moto, an AWS emulator by others. What moto gets wrong is left out of
the configuration or named below; all else must converge."""
import json
import pathlib
import socket
import subprocess
import sys
import urllib.request

import pytest
from stage import Stage, wait_for

from conftest import BUILD

PLAIN = {
    "suffix": "moto", "regions": {"primary": "us-east-1", "secondary": "us-east-2"},
    # adopt: moto ignores the tags in CreateBucketConfiguration, so that a bucket seems foreign.
    "buckets": {"logs": {"replicate": "none", "adopt": True, "expire_days": 30}},
    "queues": {"orders": {"dead_letter": {"after": 0}}},
    "parameters": {"orders/url": {"value": "{queue:orders}"},
                   "orders/site": {"values": {"primary": "one", "secondary": "two"}}},
    "roles": {"orders-api": {"for": "lambda", "uses": [{"queue": "orders", "access": "send"},
                                                       {"bucket": "logs", "access": "read"}]}}}
# What moto gets wrong, so that drd rightly goes on calling it drift: (resource, pointer), and why.
WRONG_THERE = {
    ("sqs_queue/orders-dlq", "/Attributes/RedriveAllowPolicy"): "accepted, never shown",
    ("s3_replication/logs", "/ReplicationConfiguration/Rules"):
        "DeleteMarkerReplication always reads back as Disabled",
    ("dynamodb_table/orders", "/Replicas"): "ReplicaUpdates is accepted and dropped",
}


class Moto:
    """moto_server in the place of a stage's sandbox."""

    def __init__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{s.getsockname()[1]}"
        self.context = None
        self.env = {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "AKIAMOTO",
                    "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
        self.process = subprocess.Popen(
            [pathlib.Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p",
             self.url.rpartition(":")[2]],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("moto", self.answers, 30)

    def answers(self):
        try:
            return urllib.request.urlopen(self.url + "/moto-api/data.json", timeout=5).status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def moto():
    server = Moto()
    yield server
    server.stop()


def test_moto_converges(moto):
    with Stage(BUILD, PLAIN, settings={"budget_scale": 20}, beside=moto) as stage:
        done = stage.run_drd("--once", timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        observed = stage.run_drd("--observe", "--once", timeout=60)
        assert observed.returncode == 0, observed.stdout
        assert stage.client("ssm", "us-east-2").get_parameter(
            Name="/orders-moto/site")["Parameter"]["Value"] == "two"


def test_only_what_moto_gets_wrong_is_reported(moto):
    buckets = {"logs": {"replicate": "both", "adopt": True}}
    document = dict(PLAIN, suffix="wrong", buckets=buckets, roles={}, queues={"orders": {}},
                    tables={"orders": {"key": "id"}})
    with Stage(BUILD, document, settings={"budget_scale": 20}, beside=moto) as stage:
        stage.start_drd()

        def drift():
            rows = stage.ctl_json("resources").get("rows", [])
            return {(row["id"].rpartition("@")[0], entry["pointer"])
                    for row in rows for entry in row.get("drift") or []}

        wait_for("all else in sync", lambda: drift() == set(WRONG_THERE), 60)
        stage.stop_drd()
        done = stage.run_drd("--observe", "--once", "--json", timeout=60)
        assert done.returncode == 2, done.stdout + done.stderr
        reported = {(row["id"].rpartition("@")[0], entry["pointer"])
                    for row in json.loads(done.stdout)["not_in_sync"]
                    for entry in row.get("drift") or []}
        assert set(WRONG_THERE) <= reported
        wrong = {resource for resource, _ in WRONG_THERE}
        # What needs one of those waited for it, and is reported as missing or not yet set.
        assert {resource for resource, _ in reported} - wrong <= {
            "table_settings/orders", "sqs_queue/orders", "ssm_parameter/orders/url"}
