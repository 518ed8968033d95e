# SPDX-License-Identifier: Apache-2.0
"""drd's codec against botocore, for every operation that drd can issue: random input must become
the same request, and a random answer in AWS's wire form must be read the same by both. What drd
wrote must come back whole from its own server's side. Seeded: DRD_SEED=… repeats a run."""
import base64
import io
import json
import math
import os
import pathlib
import random
import subprocess
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.awsrequest
import botocore.parsers
import botocore.serialize
import botocore.session
import pytest

import answers
import values
from conftest import SEED

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = pathlib.Path(os.environ.get("DRD_BUILD", ROOT / "build")) / "tests/wire/wire_tool"
ROUNDS = int(os.environ.get("DRD_ROUNDS", 12))
MODELS = {p.stem: json.loads(p.read_text()) for p in sorted((ROOT / "aws/model").glob("*.json"))}
OPERATIONS = [(s, o) for s, m in MODELS.items() for o in sorted(m["operations"])]
SESSION = botocore.session.get_session()
# Headers of drd's beyond what botocore's serialiser writes: botocore adds the first four later, by
# its handlers; a Content-Type keeps libcurl from making one up.
EXTRA_HEADERS = {"accept", "content-md5", "x-amz-checksum-sha256", "x-amzn-query-mode", "content-type"}


class Tool:
    def __init__(self):
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0


@pytest.fixture(scope="module")
def tool():
    one = Tool()
    yield one
    one.close()


def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) or isinstance(b, float):
        return not isinstance(a, str) and not isinstance(b, str) and math.isclose(a, b, rel_tol=1e-12)
    return type(a) is type(b) and a == b


def made(service, operation, side, number):
    """A random input or output. S3's Expires is a string to its model and a date to botocore."""
    ref = MODELS[service]["operations"][operation].get(side)
    generator = values.Values(MODELS[service], random_for(side, service, operation, number))
    value = generator.value(ref) if ref else {}
    if service == "s3":
        value.pop("Expires", None)
    return value


def random_for(*names):
    return random.Random(f"{SEED} {' '.join(map(str, names))}")


def pairs(form):
    return sorted(urllib.parse.parse_qsl(form, keep_blank_values=True))


def tree(node):
    return (node.tag, sorted(node.attrib.items()), [tree(c) for c in node],
            "" if len(node) else node.text or "")


def botocore_request(service, operation, args):
    model = SESSION.get_service_model(service)
    protocol = MODELS[service]["service"]["protocol"]
    op = model.operation_model(operation)
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    return serializer.serialize_to_request(args, op)


def botocore_pairs(request):
    """The query string as pairs: the template's own and the parameters."""
    _, _, constant = request["url_path"].partition("?")
    out = pairs(constant)
    query = request["query_string"] or {}
    for key, value in query.items():
        out += [(key, str(v)) for v in (value if isinstance(value, list) else [value])]
    return sorted(out)


def check_body(protocol, drd, boto):
    if protocol == "query":
        assert pairs(drd.decode()) == sorted((k, str(v)) for k, v in boto.items())
        return
    boto = boto.encode() if isinstance(boto, str) else boto or b""
    if drd == boto:
        return
    if protocol == "rest-xml":
        assert tree(ElementTree.fromstring(drd)) == tree(ElementTree.fromstring(boto))
    else:
        assert same(json.loads(drd), json.loads(boto)), (drd, boto)


def comparable(protocol, value):
    """What the wire cannot tell is taken out on both sides."""
    return value if protocol == "json" else values.without_empty(value)


def check_back(protocol, args, back, shapes, input_shape):
    args, back = (comparable(protocol, v) for v in (args, back))
    members = shapes.get(input_shape, {}).get("members", {})
    added = {n for n, m in members.items() if n not in args and
             m.get("location") == "header" and m.get("locationName", "").lower() in EXTRA_HEADERS}
    assert same(args, {k: v for k, v in back.items() if k not in added}), (args, back)


@pytest.mark.parametrize("service,operation", OPERATIONS)
def test_request(tool, service, operation):
    model = MODELS[service]
    shapes, op = model["shapes"], model["operations"][operation]
    protocol, input_shape = model["service"]["protocol"], op.get("input", {}).get("shape")
    for number in range(ROUNDS):
        args = made(service, operation, "input", number)
        if service == "route53":  # drd strips "/hostedzone/" from labels, botocore does so elsewhere
            for n, m in shapes.get(input_shape, {}).get("members", {}).items():
                if m.get("location") == "uri":
                    args[n] = str(args[n]).rpartition("/")[2]
        drd = tool.ask(service=service, operation=operation, args=args)
        assert "problem" not in drd, (drd, args)
        given = values.to_botocore(shapes, op["input"], args) if input_shape else {}
        boto = botocore_request(service, operation, given)
        assert drd["method"] == boto["method"]
        assert drd["path"] == boto["url_path"].partition("?")[0]
        assert pairs(drd["query"]) == botocore_pairs(boto), args
        check_body(protocol, base64.b64decode(drd["body"]), boto["body"])
        sent = {k.lower(): v for k, v in drd["headers"]}
        wanted = {k.lower(): str(v) for k, v in boto["headers"].items()}
        assert {k: v for k, v in sent.items() if k in wanted} == wanted
        assert sent.keys() - wanted.keys() <= EXTRA_HEADERS
        assert drd["matched"] == operation
        check_back(protocol, args, drd["back"], shapes, input_shape)


def botocore_answer(service, operation, status, headers, body):
    op = SESSION.get_service_model(service).operation_model(operation)
    parser = botocore.parsers.create_parser(MODELS[service]["service"]["protocol"])
    stream = op.has_streaming_output  # botocore is given such a body as a stream to hand on
    raw = {"status_code": status, "headers": botocore.awsrequest.HeadersDict(headers),
           "body": io.BytesIO(body) if stream else body}
    parsed = parser.parse(raw, op.output_shape)
    parsed.pop("ResponseMetadata", None)
    return {k: v.read() if isinstance(v, io.BytesIO) else v for k, v in parsed.items()}


@pytest.mark.parametrize("service,operation", OPERATIONS)
def test_answer(tool, service, operation):
    model = MODELS[service]
    shapes, op = model["shapes"], model["operations"][operation]
    protocol, writer = model["service"]["protocol"], answers.Writer(model)
    for number in range(ROUNDS):
        value = made(service, operation, "output", number)
        for n, m in shapes[op["output"]["shape"]]["members"].items() if "output" in op else ():
            if m.get("location") == "statusCode":
                value[n] = 200
        status, headers, body = writer.answer(operation, value)
        if (service, operation) == ("s3", "GetBucketLocation"):
            body = body.replace(b"<Root>", b"").replace(b"</Root>", b"") if value else body
        drd = tool.ask(service=service, operation=operation, response={
            "status": status, "headers": headers, "body": base64.b64encode(body).decode()})
        if not body and drd["class"] == "bad_answer":
            continue  # a read that says nothing: drd refuses it, see test_codec
        assert (drd["class"], drd["is_error"]) == ("ok", False), (drd, body)
        if (service, operation) != ("s3", "GetBucketLocation"):  # botocore reads it in a handler
            boto = botocore_answer(service, operation, status, headers, body)
            boto = values.from_botocore(shapes, op["output"], boto) if "output" in op else {}
            assert same(comparable(protocol, drd["body"]),
                        comparable(protocol, boto)), (drd["body"], boto)
        assert same(comparable(protocol, drd["body"]),
                    comparable(protocol, value)), (drd["body"], value)
