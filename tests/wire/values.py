# SPDX-License-Identifier: Apache-2.0
"""Random values of a shape, in drd's JSON convention (blobs base64, times in milliseconds), and
their way into botocore's Python types and back. Shapes are the dictionaries of aws/model/*.json."""
import base64
import datetime

DEPTH_MAX = 4
TEXTS = ["a", "demo", "two words", "a/b:c", "ünïcode €", "😹", "<&>\"'", "a=b&c+d%20", "{x}", " padded "]
PLAIN = ["a", "demo", "a-b_c.d~e", "arn:aws:sns:us-east-1:1:t", "x y", "Z123"]
UTC = datetime.timezone.utc


class Values:
    def __init__(self, model, random):
        self.shapes, self.random = model["shapes"], random

    def value(self, ref, depth=0, plain=False):
        shape = self.shapes[ref["shape"]]
        make = getattr(self, shape["type"], None)
        return make(shape, depth, plain) if make else self.scalar(shape, plain)

    def structure(self, shape, depth, plain=False):
        """Required members always, others by chance; exactly one of a union."""
        members = shape.get("members", {})
        if shape.get("union") and members:
            flat = [n for n in members
                    if self.shapes[members[n]["shape"]]["type"] not in ("structure", "list", "map")]
            names = [self.random.choice(flat if depth >= DEPTH_MAX and flat else sorted(members))]
        else:
            chance = 0.5 if depth < DEPTH_MAX else 0.0
            names = [n for n in members
                     if n in shape.get("required", ()) or self.random.random() < chance]
        return {n: self.value(members[n], depth + 1, self.is_plain(members[n])) for n in names}

    @staticmethod
    def is_plain(member):
        """Headers and labels carry less than bodies do."""
        return member.get("location") in ("header", "headers", "uri")

    def list(self, shape, depth, plain=False):
        low = 1 if plain else 0
        n = self.random.randint(low, 3) if depth < DEPTH_MAX else low
        items = [self.value(shape["member"], depth + 1, plain) for _ in range(n)]
        return [item for item in items if item not in ({}, [])]  # a form cannot say [{}]

    def map(self, shape, depth, plain=False):
        n = self.random.randint(0, 3) if depth < DEPTH_MAX else 0
        keys = self.shapes[shape["key"]["shape"]].get("enum")
        out = {}
        for i in range(n):
            key = self.random.choice(keys) if keys else f"key-{i}" if plain else f"k{i} &"
            out[key] = self.value(shape["value"], depth + 1, plain)
        return out

    def scalar(self, shape, plain):
        kind, random = shape["type"], self.random
        if kind in ("string", "character"):
            return random.choice(shape.get("enum") or (PLAIN if plain else TEXTS))
        if kind == "blob":
            return base64.b64encode(random.randbytes(random.randint(0, 9))).decode()
        if kind == "boolean":
            return random.random() < 0.5
        if kind == "integer":
            return random.randint(-2**31, 2**31 - 1)
        if kind == "long":
            return random.randint(-2**63, 2**63 - 1)
        if kind == "timestamp":
            return random.randint(0, 4_000_000_000) * 1000
        assert kind in ("float", "double"), kind
        return random.choice([0.0, 1.5, -2.25, 1e-7, 1.1, 123456789.125, 1e20])


def walk(shapes, ref, value, leaf):
    """The same value with leaf(shape, value) in place of each scalar."""
    shape = shapes[ref["shape"]]
    kind = shape["type"]
    if kind == "structure":
        return {n: walk(shapes, shape["members"][n], v, leaf) for n, v in value.items()
                if n in shape["members"]}
    if kind == "list":
        return [walk(shapes, shape["member"], v, leaf) for v in value]
    if kind == "map":
        return {k: walk(shapes, shape["value"], v, leaf) for k, v in value.items()}
    return leaf(shape, value)


def to_botocore(shapes, ref, value):
    def leaf(shape, v):
        if shape["type"] == "blob":
            return base64.b64decode(v)
        if shape["type"] == "timestamp":
            return datetime.datetime.fromtimestamp(v / 1000, UTC)
        return v
    return walk(shapes, ref, value, leaf)


def from_botocore(shapes, ref, value):
    def leaf(shape, v):
        if shape["type"] == "blob":
            return base64.b64encode(v.encode() if isinstance(v, str) else v).decode()
        if shape["type"] == "timestamp":
            return round(v.timestamp() * 1000)
        return v
    return walk(shapes, ref, value, leaf)


def without_empty(value):
    """XML, forms and headers cannot tell an empty list or map from none."""
    if isinstance(value, dict):
        pruned = {k: without_empty(v) for k, v in value.items()}
        return {k: v for k, v in pruned.items() if v not in ({}, [], "")}
    if isinstance(value, list):
        return [without_empty(v) for v in value]
    return value
