# SPDX-License-Identifier: Apache-2.0
"""What drd leaves to people: orphans, things that are not its own, proposals, tugs of war."""
import json
import shutil
import signal
import subprocess

from stage import ROOT, Stage, wait_for

from conftest import BUILD, FAST, SPEED


def queue(stage, name, region="us-east-1"):
    sqs = stage.client("sqs", region)
    return sqs, sqs.get_queue_url(QueueName=name)["QueueUrl"]


def visibility(stage, name):
    sqs, url = queue(stage, name)
    have = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return have["Attributes"]["VisibilityTimeout"]


def set_visibility(stage, name, seconds):
    sqs, url = queue(stage, name)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})


def row(stage, resource):
    return next(r for r in stage.ctl_json("resources")["rows"] if r["id"] == resource)


def start(stage):
    stage.start_drd()
    wait_for("in sync", stage.in_sync, 60)


def look_again(stage):
    return stage.ctl("reconcile", "--wait").returncode


def reload(stage):
    loaded = stage.ctl_json("status")["configuration"]["loaded"]
    stage.write_config()
    stage.drd.send_signal(signal.SIGHUP)
    wait_for("the reload", lambda: stage.ctl_json("status")["configuration"]["loaded"] != loaded)


def test_minimal_example():
    with Stage(BUILD, "config/examples/minimal.json", speed=SPEED, settings=FAST) as stage:
        done = stage.run_drd("--once")
        assert done.returncode == 0, done.stdout + done.stderr
        stage.forget_requests()
        assert stage.run_drd("--once").returncode == 0
        assert stage.writes() == []
        stage.start_drd()
        assert stage.ctl("destroy", "--confirm", "demo").returncode == 0
        assert stage.inventory() == {}


def test_orphans_are_reported_and_taken_on_command(small_stage):
    stage = small_stage
    start(stage)
    orphan, kept = "sqs_queue/invoices@us-east-1", "sqs_queue/orders@us-east-1"
    before = stage.inventory()
    del stage.document["queues"]["invoices"]
    reload(stage)
    stage.forget_requests()
    look_again(stage)
    assert {i for i, state in stage.states().items() if state == "orphaned"} == {
        f"sqs_queue/{name}@{region}" for name in ("invoices", "invoices-dlq")
        for region in ("us-east-1", "us-east-2")}
    assert stage.writes() == [] and stage.inventory() == before
    assert orphan in stage.ctl("drift").stdout
    refused = stage.ctl("destroy", "--confirm", "small", "--only", kept)
    assert refused.returncode != 0 and "configuration" in refused.stderr + refused.stdout
    done = stage.ctl("destroy", "--confirm", "small", "--only", orphan)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stage.writes() == ["sqs:DeleteQueue"]
    assert orphan not in stage.states()
    after = stage.inventory()
    assert "invoices-small" not in after["queue us-east-1"]
    assert after["queue us-east-2"] == before["queue us-east-2"]
    # An orphan is remembered over a restart.
    assert stage.stop_drd() == 0
    stage.start_drd()
    wait_for("the pass", lambda: stage.states().get("sqs_queue/invoices@us-east-2") == "orphaned")


def test_foreign_things_are_left_alone_until_adopted(small_stage):
    stage = small_stage
    sqs = stage.client("sqs")
    url = sqs.create_queue(QueueName="orders-small", Attributes={"VisibilityTimeout": "99"},
                           tags={"team": "somebody else"})["QueueUrl"]
    done = stage.run_drd("--once", "--json")
    assert done.returncode == 2, done.stdout + done.stderr
    blocked = [r for r in json.loads(done.stdout)["not_in_sync"] if r["state"] == "blocked"]
    assert [r["id"] for r in blocked] == ["sqs_queue/orders@us-east-1"]
    assert "not ours" in blocked[0]["reason"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "somebody else"}
    assert visibility(stage, "orders-small") == "99"
    stage.start_drd()
    wait_for("the pass", lambda: stage.states().get("sqs_queue/orders@us-east-1") == "blocked")
    refused = stage.ctl("approve", "sqs_queue/orders@us-east-1", "--confirm", "small")
    assert refused.returncode == 3 and "no approval helps" in refused.stderr
    assert stage.stop_drd() == 0
    stage.document["queues"]["orders"]["adopt"] = True
    stage.write_config()
    done = stage.run_drd("--once")
    assert done.returncode == 0, done.stdout + done.stderr
    tags = sqs.list_queue_tags(QueueUrl=url)["Tags"]
    assert tags["drd:environment"] == "small" and visibility(stage, "orders-small") == "30"


def test_replacing_takes_the_suffix(small_stage):
    stage, name = small_stage, "ssm_parameter/url@us-east-1"
    ssm = stage.client("ssm")
    stage.document["parameters"] = {"url": {"value": "https://api.example.com"}}
    stage.write_config()
    start(stage)
    path = next(p["Name"] for p in ssm.describe_parameters()["Parameters"] if "url" in p["Name"])
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=path)["TagList"]
    ssm.delete_parameter(Name=path)
    ssm.put_parameter(Name=path, Value="hunter2", Type="SecureString", Tags=tags)
    assert look_again(stage) == 2
    assert row(stage, name)["state"] == "blocked" and "hunter2" not in stage.ctl("drift").stdout
    refused = stage.ctl("approve", name)
    assert refused.returncode == 3 and "with its data" in refused.stderr
    assert stage.ctl("approve", name, "--confirm", "other").returncode == 3
    assert stage.ctl("approve", name, "--confirm", "small").returncode == 0
    wait_for("the replacement", stage.in_sync)
    assert ssm.get_parameter(Name=path)["Parameter"]["Type"] == "String"


def test_destroy_does_not_take_what_is_foreign(small_stage):
    stage = small_stage
    sqs = stage.client("sqs")
    sqs.create_queue(QueueName="orders-small", tags={"team": "somebody else"})
    assert stage.run_drd("--once").returncode == 2
    stage.start_drd()
    done = stage.ctl("destroy", "--confirm", "small", timeout=60)
    assert done.returncode != 0 and "not ours" in done.stdout
    # The dead-letter queue stays too: what may need it is still there.
    left = {"queue us-east-1": ["orders-dlq-small", "orders-small"]}
    assert stage.inventory() == left, done.stdout


def test_proposals_wait_for_approval(small_stage):
    stage, orders = small_stage, "sqs_queue/orders@us-east-1"
    stage.document["queues"]["orders"]["mode"] = "propose"
    stage.write_config()
    stage.start_drd()
    # Making what is absent is a proposal too: the dead-letter queues first, others need them.
    wait_for("the proposal", lambda: stage.states().get("sqs_queue/orders-dlq@us-east-1")
             == "proposed")
    assert not [n for n in stage.inventory()["queue us-east-1"] if n.startswith("orders")]

    def approved():
        for resource, state in stage.states().items():
            if state == "proposed":
                assert stage.ctl("approve", resource).returncode == 0
        return stage.in_sync()
    wait_for("in sync", approved)
    set_visibility(stage, "orders-small", 77)
    stage.forget_requests()
    assert look_again(stage) == 2
    drift, = row(stage, orders)["drift"]
    assert row(stage, orders)["state"] == "proposed"
    assert drift["pointer"] == "/Attributes/VisibilityTimeout" and stage.writes() == []
    assert stage.ctl("approve", orders).returncode == 0
    wait_for("the repair", stage.in_sync)
    assert stage.writes() == ["sqs:SetQueueAttributes"]
    assert visibility(stage, "orders-small") == "30"
    # The approval was for that one change.
    set_visibility(stage, "orders-small", 78)
    assert look_again(stage) == 2
    assert row(stage, orders)["state"] == "proposed"
    wrong = stage.ctl("approve", "sqs_queue/nothing@us-east-1")
    assert wrong.returncode != 0 and "no resource" in wrong.stderr


def test_operation_tells_its_changes_and_metrics_are_well_formed(small_stage):
    stage = small_stage
    start(stage)
    set_visibility(stage, "orders-small", 77)
    done = stage.ctl_json("reconcile", "--wait")
    change, = done["changes"]
    assert done["state"] == "done" and change["op"] == "sqs:SetQueueAttributes"
    assert change["result"]["class"] == "ok" and change["fields"][0]["after"] == 30
    shown = stage.ctl("op", "show", done["id"]).stdout
    assert "sqs:SetQueueAttributes" in shown and "VisibilityTimeout" in shown
    metrics = subprocess.run(["curl", "-s", "--unix-socket", str(stage.socket),
                              "http://drd/metrics"], capture_output=True, check=True).stdout
    assert b"drd_changes_total" in metrics
    if shutil.which("promtool"):
        checked = subprocess.run(["promtool", "check", "metrics"], input=metrics,
                                 capture_output=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_breaker_ends_a_tug_of_war(small_stage):
    stage, orders = small_stage, "sqs_queue/orders@us-east-1"
    start(stage)
    for seconds in (71, 72, 73):
        set_visibility(stage, "orders-small", seconds)
        assert look_again(stage) == 0
        assert visibility(stage, "orders-small") == "30"
    set_visibility(stage, "orders-small", 74)
    stage.forget_requests()
    assert look_again(stage) == 2
    assert stage.writes() == [] and visibility(stage, "orders-small") == "74"
    assert row(stage, orders)["state"] == "breaker"
    assert "VisibilityTimeout" in stage.ctl("drift").stdout
    stage.kill_drd()  # it is remembered
    stage.start_drd()
    wait_for("the pass", lambda: stage.states().get(orders) == "breaker")
    assert stage.ctl("approve", orders).returncode == 0
    wait_for("the repair", stage.in_sync)
    assert visibility(stage, "orders-small") == "30"


def test_hold_stops_all_changes(small_stage):
    stage = small_stage
    start(stage)
    assert stage.ctl("hold", "--reason", "an exercise").returncode == 0
    set_visibility(stage, "orders-small", 61)
    stage.forget_requests()
    assert look_again(stage) == 2
    assert stage.writes() == [] and "an exercise" in stage.ctl("status").stdout
    assert stage.ctl("resume").returncode == 0
    look_again(stage)
    wait_for("the repair", stage.in_sync)
    assert visibility(stage, "orders-small") == "30"
