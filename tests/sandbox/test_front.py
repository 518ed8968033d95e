# SPDX-License-Identifier: Apache-2.0
"""Signatures, faults, doors, state and TLS, as a client of any SDK meets them."""
import datetime
import json
import subprocess
import threading
import time
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest

from conftest import PROGRAM


def signed(sandbox, service="sqs", secret=None, when=None, change=None, drop=None, key=None):
    """A ListQueues request, signed by botocore, then tampered with; (status, body)."""
    credentials = botocore.credentials.Credentials(
        key or sandbox.env["AWS_ACCESS_KEY_ID"], secret or sandbox.env["AWS_SECRET_ACCESS_KEY"])
    request = botocore.awsrequest.AWSRequest(
        "POST", sandbox.url + "/", data=b"{}",
        headers={"X-Amz-Target": "AmazonSQS.ListQueues",
                 "Content-Type": "application/x-amz-json-1.0"})
    signer = botocore.auth.SigV4Auth(credentials, service, "us-east-1")
    if when:
        real, botocore.auth.get_current_datetime = botocore.auth.get_current_datetime, lambda: when
    try:
        signer.add_auth(request)
    finally:
        if when:
            botocore.auth.get_current_datetime = real
    headers = {name: value for name, value in request.headers.items() if name != drop}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(
            sandbox.url + "/", method="POST", headers=headers, data=change or b"{}"), timeout=10)
        return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_good_signature(sandbox):
    assert signed(sandbox)[0] == 200


def test_wrong_secret(sandbox):
    status, body = signed(sandbox, secret="wrong")
    assert status == 400 and "InvalidSignatureException" in body


def test_changed_body(sandbox):
    status, body = signed(sandbox, change=b'{"QueueNamePrefix":"x"}')
    assert status == 400 and "InvalidSignatureException" in body


def test_unknown_key(sandbox):
    status, body = signed(sandbox, key="AKIANOBODY0000000000")
    assert status == 400 and "UnrecognizedClientException" in body


@pytest.mark.parametrize("minutes", [-6, 6])
def test_date_is_off(sandbox, minutes):
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    status, body = signed(sandbox, when=now + datetime.timedelta(minutes=minutes))
    assert status == 400
    assert ("Signature expired" if minutes < 0 else "not yet current") in body


def test_missing_headers(sandbox):
    for name, code in (("Authorization", "MissingAuthenticationToken"),
                       ("X-Amz-Date", "IncompleteSignature")):
        status, body = signed(sandbox, drop=name)
        assert status in (400, 403) and code in body


def test_wrong_service_in_the_scope(sandbox):
    status, body = signed(sandbox, service="sns")
    assert status in (400, 403, 501)


def test_s3_refuses_in_its_own_words(sandbox, refuses):
    with refuses("SignatureDoesNotMatch", 403):
        sandbox.client("s3", aws_secret_access_key="wrong").list_buckets()
    with refuses("InvalidAccessKeyId", 403):
        sandbox.client("s3", aws_access_key_id="AKIANOBODY0000000000").list_buckets()


def test_regions_have_addresses(sandbox, refuses):
    sandbox.client("sqs", "us-east-2").create_queue(QueueName="second")
    own = sandbox.client("sqs", "us-east-2", url=f"http://127.0.0.12:{sandbox.port}")
    assert own.get_queue_url(QueueName="second")["QueueUrl"].startswith(
        "https://sqs.us-east-2.amazonaws.com/")
    with refuses("InvalidSignatureException", says="valid region"):
        sandbox.client("sqs", "us-east-1", url=f"http://127.0.0.12:{sandbox.port}").list_queues()


@pytest.mark.parametrize("effect, error", [
    ("refuse", botocore.exceptions.HTTPClientError),
    ("reset", botocore.exceptions.HTTPClientError),
    ("hang", botocore.exceptions.ReadTimeoutError),
    ("throttle", botocore.exceptions.ClientError),
    ("error", botocore.exceptions.ClientError),
])
def test_faults_keep_calls_away(sandbox, effect, error):
    client = sandbox.client("sqs", attempts=1, timeout=1)
    sandbox.fault(do=effect)
    with pytest.raises(error):
        client.create_queue(QueueName=f"fault-{effect}")
    sandbox.door("DELETE", "/sandbox/faults")
    assert "QueueUrls" not in client.list_queues(QueueNamePrefix=f"fault-{effect}")


def test_a_lost_reply_follows_work_done(sandbox):
    client = sandbox.client("sqs", attempts=1)
    sandbox.fault(do="lose", operation="CreateQueue", count=1)
    with pytest.raises(botocore.exceptions.HTTPClientError):
        client.create_queue(QueueName="lost")
    assert len(client.list_queues(QueueNamePrefix="lost")["QueueUrls"]) == 1


def test_delays_do_not_block_others(sandbox):
    sandbox.fault(do="slow", delay_ms=1500, operation="ListQueues")
    slow = sandbox.client("sqs")
    thread = threading.Thread(target=slow.list_queues)
    began = time.monotonic()
    thread.start()
    for _ in range(5):
        sandbox.client("sts").get_caller_identity()
    quick = time.monotonic() - began
    thread.join()
    assert quick < 1.4 < time.monotonic() - began


def test_doors(sandbox):
    assert sandbox.door("DELETE", "/sandbox/requests")[0] == 200
    sandbox.client("sqs").create_queue(QueueName="logged")
    entry = sandbox.requests()[-1]
    assert [entry[key] for key in ("service", "operation", "region", "effect", "status", "error")
            ] == ["sqs", "CreateQueue", "us-east-1", "write", 200, ""]
    assert entry["principal"].endswith(":user/sandbox") and entry["decision"].startswith("allowed")
    assert sandbox.door("POST", "/sandbox/faults", {"do": "explode"})[0] == 400
    assert sandbox.door("DELETE", "/sandbox/faults?id=none")[0] == 404
    named = sandbox.fault(do="slow", id="mine")
    assert json.loads(sandbox.door("GET", "/sandbox/faults")[1])[0]["id"] == named
    assert sandbox.door("DELETE", "/sandbox/faults/mine")[0] == 200
    assert sandbox.door("POST", "/sandbox/clock", {"advance_s": -1})[0] == 400
    assert sandbox.door("GET", "/sandbox/nothing")[0] == 404
    assert "logged" in json.loads(sandbox.door("GET", "/sandbox/state")[1])["services"]["sqs"][
        "us-east-1"]["queues"]


def test_state_survives(start, tmp_path):
    path = tmp_path / "state.json"
    first = start("--state", path)
    first.client("sqs").create_queue(QueueName="kept")
    first.advance(3600)
    first.stop()
    second = start("--state", path)
    assert second.client("sqs").get_queue_url(QueueName="kept")
    assert json.loads(path.read_text())["advance_ms"] == 3600000


def test_ends_while_a_call_hangs(start):
    box = start()
    box.fault(do="hang")
    client = box.client("sqs", attempts=1, timeout=10)

    def hang():
        with pytest.raises(botocore.exceptions.HTTPClientError):
            client.list_queues()

    thread = threading.Thread(target=hang)
    thread.start()
    while not box.requests():
        time.sleep(0.05)
    box.stop()
    thread.join()


def run(*args):
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=20)


def test_errors_that_help(sandbox, tmp_path):
    assert "--listen ADDR:PORT is missing" in run().stderr
    assert "choose another port" in run("--listen", f"127.0.0.1:{sandbox.port}").stderr
    assert "127.0.0.1:4566" in run("--listen", "here").stderr
    assert "No such file" in run("--listen", "127.0.0.1:0", "--tls", "/none", "/none").stderr
    bad = tmp_path / "bad.pem"
    bad.write_text("nonsense")
    assert "not a pair" in run("--listen", "127.0.0.1:0", "--tls", str(bad), str(bad)).stderr
    bad.write_text("{}")
    assert "no state" in run("--listen", "127.0.0.1:0", "--state", str(bad)).stderr
    assert "wants a number" in run("--listen", "127.0.0.1:0", "--speed", "fast").stderr
    assert run("--help").returncode == 0


def test_plain_http_counts_as_tls_unless_told(start, refuses):
    for args, denied in (((), False), (("--plain-is-insecure",), True)):
        sqs = start(*args).client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})})
        if denied:
            with refuses("AccessDenied", 403, "explicit deny in a resource-based policy"):
                sqs.get_queue_url(QueueName="q")
        else:
            sqs.get_queue_url(QueueName="q")


def test_tls(start, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-subj", "/CN=sandbox", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    box = start("--tls", certificate, key)
    s3 = box.client("s3", verify=str(certificate))
    s3.create_bucket(Bucket="over-tls")
    s3.put_object(Bucket="over-tls", Key="a b/c", Body=b"hello" * 1000)
    assert s3.get_object(Bucket="over-tls", Key="a b/c")["Body"].read() == b"hello" * 1000
    assert s3.head_object(Bucket="over-tls", Key="a b/c")["ContentLength"] == 5000
