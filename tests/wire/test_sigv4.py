# SPDX-License-Identifier: Apache-2.0
"""Signatures against AWS's own suite and against botocore on random requests.

The seed is printed and can be given in DRD_SEED. SIGN_TOOL names the built sign_tool."""
import json
import os
import pathlib
import random
import subprocess
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.compat
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = str(pathlib.Path(os.environ.get("DRD_BUILD", ROOT / "build")) / "tests/wire/sign_tool")
VECTORS = pathlib.Path(os.environ.get("DRD_VECTORS", ROOT / "../shared/vectors")) / "sigv4"
SEED = int(os.environ.get("DRD_SEED", random.SystemRandom().randrange(2**32)))
REQUESTS = 2000
STAMP = "2026-11-22T15:04:05Z"
STAMP_MS = 1795359845000


def sign(requests):
    """Runs the tool over all requests and returns one result each."""
    lines = "".join(json.dumps(r) + "\n" for r in requests)
    done = subprocess.run([TOOL], input=lines, capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(requests)
    return results


# ---- AWS's suite ----

def vector(case):
    """The request and the options of one case of the suite."""
    context = json.loads((case / "context.json").read_text())
    head, _, body = (case / "request.txt").read_text().partition("\n\n")
    first, *lines = head.split("\n")
    method, target = first.removesuffix(" HTTP/1.1").split(" ", 1)
    path, _, query = target.partition("?")
    headers = []
    for line in filter(None, lines):
        if line[0] in " \t":  # folded
            headers[-1][1] += "\n" + line
        else:
            headers.append(line.split(":", 1))
    keys = context["credentials"]
    assert context["timestamp"] == "2015-08-30T12:36:00Z"
    return {
        "method": method, "path": path, "query": query, "headers": headers, "body": body,
        "host": "unused", "access_key": keys["access_key_id"],
        "secret_key": keys["secret_access_key"],
        **({"token": keys["token"]} if "token" in keys else {}),
        "region": context["region"], "service": context["service"], "date": 1440938160000,
        # the suite's paths are not encoded yet, so encoding once more is encoding once
        "double_encode": True, "normalize_path": context["normalize"],
        "sign_body": context["sign_body"],
        "omit_token": context.get("omit_session_token", False),
    }


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no AWS suite in {VECTORS}")
def test_suite():
    cases = sorted(VECTORS.iterdir())
    assert len(cases) == 38
    for case, result in zip(cases, sign([vector(case) for case in cases])):
        assert result["canonical"] == (case / "header-canonical-request.txt").read_text(), case.name
        assert result["string_to_sign"] == (case / "header-string-to-sign.txt").read_text()
        signature = (case / "header-signature.txt").read_text()
        assert result["authorization"].endswith("Signature=" + signature), case.name
        assert "Authorization:" + result["authorization"] in (
            case / "header-signed-request.txt").read_text(), case.name
        assert result["verified"], case.name


# ---- botocore ----

ODD = "aZ09-._~ +&=?#%/:@!$'()*,;[]\"<>\\^`{|}éሴ😀"


def word(rng, low, high, alphabet=ODD):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))


def random_path(rng, s3):
    parts = []
    for _ in range(rng.randint(0, 5)):
        part = rng.choice([word(rng, 0, 8), "..", ".", "", "arn:aws:lambda:us-east-1:1:function:f"])
        parts.append(urllib.parse.quote(part, safe="/~" if s3 and rng.random() < 0.3 else "~"))
    return "/" + "/".join(parts)


def random_query(rng):
    pairs = []
    for _ in range(rng.randint(0, 6)):
        name = urllib.parse.quote(rng.choice([word(rng, 1, 5), "p", "p-3", "P", "tagging"]), safe="~")
        value = urllib.parse.quote(word(rng, 0, 6), safe="~")
        pairs.append(f"{name}={value}" if value or rng.random() < 0.5 else name)
    return "&".join(pairs)


def random_headers(rng):
    headers = []
    for _ in range(rng.randint(0, 5)):
        name = rng.choice(["X-Amz-Target", "x-amz-meta-a", "X-AMZ-META-A", "x-amz-meta-a-b",
                           "Content-Type", "If-Match", "User-Agent", "Expect", "X-Amzn-Trace-Id"])
        spaces = " \t" if rng.random() < 0.5 else " "
        headers.append([name, word(rng, 0, 12, "ab/=;,\"" + spaces)])
    return headers


def random_request(rng):
    service = rng.choice(["s3", "lambda", "apigateway", "dynamodb", "iam", "sqs"])
    s3 = service == "s3"
    return {
        "method": rng.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]),
        "path": random_path(rng, s3), "query": random_query(rng), "headers": random_headers(rng),
        "body": word(rng, 0, 40), "host": rng.choice(["h.amazonaws.com", "127.0.0.11:4566"]),
        "access_key": "AKIA" + word(rng, 16, 16, "ABCDEFG234567"),
        "secret_key": word(rng, 40, 40, "abcXYZ019+/"),
        **({"token": word(rng, 20, 400, "abcXYZ019+/=")} if rng.random() < 0.5 else {}),
        "region": rng.choice(["us-east-1", "eu-central-1"]), "service": service, "date": STAMP_MS,
        "double_encode": not s3, "normalize_path": not s3, "sign_body": True,
    }


def by_botocore(r):
    """Canonical request, string to sign and Authorization as botocore makes them."""
    auth_class = botocore.auth.S3SigV4Auth if r["service"] == "s3" else botocore.auth.SigV4Auth
    credentials = botocore.credentials.Credentials(r["access_key"], r["secret_key"], r.get("token"))
    auth = auth_class(credentials, r["service"], r["region"])
    url = f"http://{r['host']}{r['path']}" + (f"?{r['query']}" if r["query"] else "")
    headers = botocore.compat.HTTPHeaders()
    for name, value in r["headers"]:
        headers.add_header(name, value)
    headers.add_header("X-Amz-Date", STAMP.replace("-", "").replace(":", ""))
    if "token" in r:
        headers.add_header("X-Amz-Security-Token", r["token"])
    request = botocore.awsrequest.AWSRequest(method=r["method"], url=url, data=r["body"].encode())
    request.headers = headers
    request.context["timestamp"] = STAMP.replace("-", "").replace(":", "")
    # other services hash the body without saying so; drd always says so
    headers.add_header("X-Amz-Content-SHA256", auth.payload(request))
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    signature = auth.signature(to_sign, request)
    auth._inject_signature_to_request(request, signature)
    return canonical, to_sign, request.headers["Authorization"]


def test_against_botocore():
    print(f"DRD_SEED={SEED}")
    rng = random.Random(SEED)
    requests = [random_request(rng) for _ in range(REQUESTS)]
    for request, result in zip(requests, sign(requests)):
        canonical, to_sign, authorization = by_botocore(request)
        assert result["canonical"] == canonical, f"DRD_SEED={SEED}: {request}"
        assert result["string_to_sign"] == to_sign
        assert result["authorization"] == authorization
        assert result["verified"]
