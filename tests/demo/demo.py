# SPDX-License-Identifier: Apache-2.0
"""The demo: a strict local AWS, a daemon that brings a two-region topology up in it, six careless
hands, a kill -9, and a clean end. Exit 0 only if every act ended as it should.
usage: demo.py BUILD_DIRECTORY"""
import sys
import time

from stage import Stage, wait_for

SUFFIX = "demo"
# AWS's waiting times are divided by this, and drd's budgets are raised by as much, so that minutes of
# waiting for tables fit on a screen. The sandbox's rate limits stay as they are: it may throttle.
SPEED = 20


class Act:
    """Prints one act and how long it took; remembers what has to be in the summary."""
    summary = []

    def __init__(self, title):
        self.title = title

    def __enter__(self):
        print(f"\n\033[1m== {self.title}\033[0m", flush=True)
        self.start = time.monotonic()
        self.note = ""
        return self

    def __exit__(self, kind, value, _):
        took = time.monotonic() - self.start
        mark = "ok" if kind is None else f"FAILED: {value}"
        self.summary.append((self.title, self.note, took, mark))


def show_progress(stage):
    """One line that grows while resources come into sync."""
    last = None
    while True:
        status = stage.ctl_json("status")
        counts = status.get("resources", {})
        total, done = counts.get("total", 0), counts.get("in_sync", 0)
        if (done, total) != last:
            bar = "#" * (40 * done // max(total, 1))
            end = "" if sys.stdout.isatty() else "\n"
            print(f"\r  [{bar:<40}] {done} of {total} in sync", end=end, flush=True)
            last = (done, total)
        if total and done == total:
            print()
            return total
        if time.monotonic() - show_progress.start > 120:
            raise RuntimeError(stage.ctl("drift").stdout)
        time.sleep(0.2)


# ---- six careless hands, each with the words of what it does ----

def first(names, part):
    return next(n for n in names if part in n)


def delete_queue(stage, found):
    name = first(found["queue us-east-2"], f"notifications-{SUFFIX}")
    sqs = stage.client("sqs", "us-east-2")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])
    return f"deletes the queue {name} in us-east-2"


def stop_backups(stage, found):
    name = first(found["table us-east-2"], "payments")
    stage.client("dynamodb", "us-east-2").update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
    return f"switches point-in-time recovery of {name} off in us-east-2"


def edit_parameter(stage, found):
    name = first(found["parameter us-east-1"], "queue-url")
    stage.client("ssm", "us-east-1").put_parameter(Name=name, Value="https://example.com/oops",
                                                   Overwrite=True)
    return f"edits the parameter {name} in us-east-1"


def widen_policy(stage, found):
    iam, name = stage.client("iam"), first(found["role "], "payments-api")
    policy = iam.list_role_policies(RoleName=name)["PolicyNames"][0]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    document["Statement"][0]["Resource"] = "*"
    import json
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    return f"widens {policy} of the role {name} to every resource"


def drop_replication(stage, found):
    name = first(found["bucket "], "us-east-1")
    stage.client("s3", "us-east-1").delete_bucket_replication(Bucket=name)
    return f"removes the replication of {name}"


def suspend_versioning(stage, found):
    name = first(found["bucket "], "us-east-2")
    stage.client("s3", "us-east-2").delete_bucket_replication(Bucket=name)
    stage.client("s3", "us-east-2").put_bucket_versioning(
        Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    return f"suspends versioning of {name}"


BREAKS = [delete_queue, stop_backups, edit_parameter, widen_policy, drop_replication,
          suspend_versioning]


def repairs_since(stage, seq):
    rows = stage.ctl_json("log", "--limit", "200").get("rows", [])
    return [r for r in reversed(rows) if r.get("record") == "change" and r["seq"] > seq]


def last_seq(stage):
    rows = stage.ctl_json("log", "--limit", "1").get("rows", [])
    return rows[0]["seq"] if rows else 0


def text_of(value):
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def narrow(before, after):
    """The part in which two documents differ, so that a long policy shows what matters."""
    while isinstance(before, (dict, list)) and type(before) is type(after):
        keys = before.keys() & after.keys() if isinstance(before, dict) else range(
            min(len(before), len(after)))
        differing = [k for k in keys if before[k] != after[k]]
        if len(differing) != 1 or len(before) != len(after):
            break
        before, after = before[differing[0]], after[differing[0]]
    return before, after


def print_repair(change):
    print(f"    {change['resource']}: {change['op']}")
    for field in change.get("fields") or []:
        before, after = narrow(field.get("before"), field.get("after"))
        print(f"      {field['pointer'] or 'all of it'}: {text_of(before)} -> {text_of(after)}")


def broken_and_repaired(stage):
    seq, found = last_seq(stage), stage.inventory()
    for careless in BREAKS:
        print(f"  somebody {careless(stage, found)}")
    if SPEED < 60:  # a queue's name is free again only 60 s after it was deleted
        stage.door("POST", "/sandbox/clock", {"advance_s": 61})
    print("  drd looks again and repairs:")
    done = stage.ctl("reconcile", "--wait")
    wait_for("everything in sync again", stage.in_sync, 60)
    changes = repairs_since(stage, seq)
    for change in changes:
        print_repair(change)
    touched = {c["resource"] for c in changes}
    if len(touched) < len(BREAKS):
        raise RuntimeError(f"only {len(touched)} resources were repaired\n{done.stdout}")
    return f"6 broken, {len(changes)} changes made"


def killed_in_the_middle(stage):
    found = stage.inventory()
    for region in ("us-east-1", "us-east-2"):
        sqs = stage.client("sqs", region)
        for name in found[f"queue {region}"]:
            sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])
    stage.door("POST", "/sandbox/clock", {"advance_s": 61})
    stage.forget_requests()
    stage.ctl("reconcile")
    wait_for("a first change", lambda: any(r["effect"] != "read" for r in stage.requests()))
    stage.kill_drd()
    print("  all queues deleted; drd killed with -9 while it made them again; started anew")
    stage.start_drd()
    show_progress.start = time.monotonic()
    show_progress(stage)
    if stage.inventory() != found:
        raise RuntimeError("what is there now is not what was there before")
    creates = [r for r in stage.requests()
               if r["operation"] == "CreateQueue" and r["status"] == 200]
    queues = sum(len(v) for k, v in found.items() if k.startswith("queue"))
    return f"{queues} queues back, {len(creates)} creates"


def taken_down(stage):
    done = stage.ctl("destroy", "--confirm", SUFFIX)
    print("  " + (done.stdout.strip().splitlines() or ["?"])[-1])
    left = stage.inventory()
    if done.returncode != 0 or left:
        raise RuntimeError(f"left over: {left}\n{done.stdout}{done.stderr}")
    return "boto3 finds nothing left in any region"


def play(stage):
    with Act("From nothing to in sync") as act:
        show_progress.start = time.monotonic()
        stage.start_drd()
        total = show_progress(stage)
        act.note = f"{total} resources in two regions and a witness"
    with Act("drd-ctl status"):
        print(stage.ctl("status").stdout)
    with Act("Six careless hands, found and repaired") as act:
        act.note = broken_and_repaired(stage)
    with Act("kill -9 in the middle") as act:
        act.note = killed_in_the_middle(stage)
    with Act("A pass over what is in sync changes nothing") as act:
        stage.forget_requests()
        stage.ctl("reconcile", "--wait")
        calls = stage.requests()
        writes = [c for c in calls if c["effect"] != "read"]
        act.note = f"{len(calls)} calls, {len(writes)} writes"
        if writes:
            raise RuntimeError(f"writes: {writes[:3]}")
    with Act("Everything taken down again") as act:
        act.note = taken_down(stage)


def main(build):
    start = time.monotonic()
    settings = {"pass_interval_s": 300, "budget_scale": SPEED}
    with Stage(build, speed=SPEED, settings=settings) as stage:
        print(f"A strict AWS on {stage.url}, {SPEED} times as fast as the real one; drd with"
              " config/examples/payments.json")
        try:
            play(stage)
        except Exception:
            print(stage.drd_log()[-3000:])
            raise
        finally:
            print("\n\033[1m== Summary\033[0m")
            for title, note, took, mark in Act.summary:
                print(f"  {title:<48} {took:6.1f} s  {mark:<4} {note}")
            print(f"  {'all of it':<48} {time.monotonic() - start:6.1f} s")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
