# SPDX-License-Identifier: Apache-2.0
"""drd while the world breaks: random faults, kill -9, a region away, a service that throttles, and how
many calls it makes. Random tests print their seed; DRD_SEED runs one again."""
import collections
import concurrent.futures
import os
import random
import sqlite3
import time

import pytest
from stage import Stage, wait_for

from conftest import BUILD, FAST, SPEED, one_of_each

ATTEMPT_S = 2
PATIENT = dict(FAST, attempt_timeout_s=ATTEMPT_S, call_timeout_s=8, pass_interval_s=2)
SEEDS, KILLS, PASSES = 10, 12, 20
SERVICES = {
    "dynamodb": ["CreateTable", "UpdateTable", "DescribeTable", "TagResource"],
    "iam": ["CreateRole", "PutRolePolicy", "GetRole"],
    "s3": ["CreateBucket", "PutBucketVersioning", "PutBucketReplication", "GetBucketTagging"],
    "sqs": ["CreateQueue", "GetQueueUrl", "GetQueueAttributes"],
    "ssm": ["PutParameter", "GetParameters", "DescribeParameters"],
}


def seed_of(test):
    seed = int(os.environ.get("DRD_SEED", time.time_ns() % 1000000))
    print(f"{test}: seed {seed}", flush=True)
    return seed


def creates(stage):
    """Successful creates, by what was made."""
    return collections.Counter((r["operation"], r["region"], r["resource"])
                               for r in stage.requests()
                               if r["operation"].startswith("Create") and r["status"] == 200)


def assert_nothing_twice(stage, note):
    for (operation, region, resource), times in creates(stage).items():
        assert resource, operation
        # SQS and S3 answer the same create again with the same thing; the others refuse.
        most = 2 if operation in ("CreateQueue", "CreateBucket") else 1
        assert times <= most, f"{note}: {operation} of {resource} in {region} {times} times"


def settled(stage, note, seconds):
    try:
        wait_for("in sync", stage.in_sync, seconds)
    except TimeoutError as late:
        raise AssertionError(f"{note}: {stage.ctl('drift').stdout}\n{stage.drd_log()[-3000:]}") \
            from late


def assert_quiet(stage, note):
    """In sync, and so a further pass writes nothing."""
    stage.ctl("reconcile", "--wait")
    stage.forget_requests()
    assert stage.ctl("reconcile", "--wait").returncode == 0, note
    assert stage.requests() and stage.writes() == [], note


# ---- all at once: these tests mostly wait ----

@pytest.fixture(scope="module")
def together():
    """The runs by name, begun with the first test that asks for one."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        yield {run.__name__: pool.submit(run) for run in RUNS}


def result(together, run):
    said = together[run.__name__].result(timeout=300)
    if said:
        print(said)


def test_random_faults(together):
    result(together, random_faults)


def test_twelve_kills(together):
    result(together, twelve_kills)


def test_a_region_away(together):
    result(together, a_region_away)


def test_a_throttled_service_slows_only_its_own(together):
    result(together, a_throttled_service)


def test_calls_of_twenty_passes(together):
    result(together, calls_of_twenty_passes)


# ---- random faults ----

def random_fault(chance):
    start = chance.uniform(0, 3000)
    fault = {"do": chance.choice(["error", "throttle", "reset", "lose", "slow", "hang", "refuse"]),
             "probability": round(chance.uniform(0.1, 0.7), 2),
             "from_ms": int(start), "until_ms": int(start + chance.uniform(300, 2500))}
    if chance.random() < 0.4:
        fault["region"] = chance.choice(["us-east-1", "us-east-2"])
    if chance.random() < 0.7:
        fault["service"] = chance.choice(sorted(SERVICES))
        if chance.random() < 0.4:
            fault["operation"] = chance.choice(SERVICES[fault["service"]])
    if fault["do"] == "slow":
        fault["delay_ms"] = int(chance.uniform(100, 1500))
    return fault


def survive_faults(seed, expected):
    chance = random.Random(seed)
    faults = [random_fault(chance) for _ in range(chance.randint(3, 8))]
    note = f"DRD_SEED={seed} faults {faults}"
    with Stage(BUILD, one_of_each(), SPEED, PATIENT, ["--seed", str(seed)]) as stage:
        for fault in faults:
            stage.door("POST", "/sandbox/faults", fault)
        begun = time.monotonic()
        stage.start_drd()
        time.sleep(max(0, 5.5 - (time.monotonic() - begun)))  # all faults are over
        settled(stage, note, 90)
        assert_nothing_twice(stage, note)
        assert stage.inventory() == expected, note
        assert_quiet(stage, note)
        assert stage.stop_drd() == 0, note
        assert "ERROR: AddressSanitizer" not in stage.drd_log()


def without_faults():
    with Stage(BUILD, one_of_each(), SPEED, FAST) as stage:
        assert stage.run_drd("--once").returncode == 0
        return stage.inventory()


def random_faults():
    seed = seed_of("faults")
    count = 1 if "DRD_SEED" in os.environ else SEEDS
    expected = without_faults()
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        runs = [pool.submit(survive_faults, seed + i, expected) for i in range(count)]
        for run in runs:
            run.result(timeout=300)


# ---- kill -9 ----

def rows_in_journal(stage):
    try:
        with sqlite3.connect(f"file:{stage.folder}/state/drd.db?mode=ro", uri=True) as journal:
            return journal.execute("SELECT count(*) FROM change").fetchone()[0]
    except sqlite3.Error:
        return 0


def kill_after_a_change_was_recorded(stage, chance):
    """The journal is written before the call is made: the call is not out yet, or not back."""
    before, end = rows_in_journal(stage), time.monotonic() + chance.uniform(0.3, 1)
    while rows_in_journal(stage) == before and time.monotonic() < end:
        time.sleep(0.001)


def kill_at_any_time(_, chance):
    time.sleep(chance.uniform(0, 0.6))


def twelve_kills():
    seed = seed_of("kills")
    chance = random.Random(seed)
    with Stage(BUILD, speed=SPEED, settings=FAST) as stage:
        for kill in range(KILLS):
            stage.start_drd()
            chance.choice([kill_after_a_change_was_recorded, kill_at_any_time])(stage, chance)
            stage.kill_drd()
        in_the_middle = len(creates(stage))
        stage.start_drd()
        settled(stage, f"seed {seed}", 60)
        assert_nothing_twice(stage, f"seed {seed}")
        assert in_the_middle > 0
        assert_quiet(stage, f"seed {seed}")
        assert len(stage.states()) == 33


# ---- places that are away or slow ----

def a_region_away():
    """The other one converges, status names the one that is away, and it is caught up later."""
    away = {"suffix": "away", "regions": {"primary": "us-east-1", "secondary": "us-east-2"},
            "queues": {"orders": {}}, "parameters": {"orders/url": {"value": "{queue:orders}"}}}
    with Stage(BUILD, away, SPEED, PATIENT) as stage:
        stage.door("POST", "/sandbox/faults", {"do": "refuse", "region": "us-east-2"})
        stage.start_drd()

        def here():
            states = stage.states()
            mine = [s for i, s in states.items() if "us-east-2" not in i]
            return mine and set(mine) == {"in_sync"}
        wait_for("the region that is there", here, 30)
        wait_for("the other to be named", lambda: {u["region"] for u in stage.ctl_json(
            "status")["unreachable"]} == {"us-east-2"}, 30)
        status = stage.ctl("status")
        assert "UNREACHABLE sqs in us-east-2" in status.stdout and status.returncode != 0
        stage.door("DELETE", "/sandbox/faults")
        settled(stage, "the region is back", 60)
        assert stage.ctl_json("status")["unreachable"] == []


def a_throttled_service():
    with Stage(BUILD, one_of_each(), SPEED, PATIENT) as stage:
        stage.door("POST", "/sandbox/faults", {"do": "throttle", "service": "sqs"})
        stage.start_drd()

        def others():
            states = stage.states()
            mine = [s for i, s in states.items() if not i.startswith("sqs_queue/")]
            return mine and set(mine) == {"in_sync"}
        wait_for("all but SQS", others, 40)
        states = stage.states()
        assert "in_sync" not in {s for i, s in states.items() if i.startswith("sqs_queue/")}
        # It is asked ever more rarely, not hammered.
        stage.forget_requests()
        time.sleep(4)
        asked = collections.Counter(r["service"] for r in stage.requests())
        assert asked["sqs"] < 40, asked
        stage.door("DELETE", "/sandbox/faults")
        settled(stage, "no throttling any more", 60)


# ---- how many calls ----

# One pass over the 33 resources of the example, in calls; what is over is waste that AWS bills.
CEILINGS = {"dynamodb": 28, "iam": 22, "s3": 20, "sqs": 24, "ssm": 24, "sts": 1}


def calls_of_twenty_passes():
    # The sandbox's rates are AWS's: so many times drd's own for what AWS does not publish.
    settings = dict(FAST, budget_scale=3.5)
    with Stage(BUILD, speed=SPEED, settings=settings) as stage:
        stage.start_drd()
        settled(stage, "the example", 60)
        stage.ctl("reconcile", "--wait")
        stage.forget_requests()
        before = stage.ctl_json("status")["pass"]["number"]
        for _ in range(PASSES):
            assert stage.ctl("reconcile", "--wait").returncode == 0
        calls = collections.Counter(r["service"] for r in stage.requests())
        passes = stage.ctl_json("status")["pass"]["number"] - before
        assert passes == PASSES and stage.writes() == []
        assert set(calls) <= set(CEILINGS)
        for service, n in calls.items():
            assert n <= CEILINGS[service] * passes, (service, n / passes)
        assert not [r for r in stage.requests() if r["error"].startswith("Thrott")]
    return "figure: calls a pass: " + ", ".join(f"{service} {n / passes:.1f}"
                                                for service, n in sorted(calls.items()))


RUNS = [random_faults, calls_of_twenty_passes, twelve_kills, a_region_away, a_throttled_service]
