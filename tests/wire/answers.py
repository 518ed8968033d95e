# SPDX-License-Identifier: Apache-2.0
"""Writes an operation's output in AWS's wire form: a third voice, neither drd's nor botocore's, so
that both readers can be asked what they make of it."""
import base64
import datetime
import json
from xml.sax.saxutils import escape

UTC = datetime.timezone.utc


def time_text(ms, form):
    moment = datetime.datetime.fromtimestamp(ms / 1000, UTC)
    if form == "rfc822":
        return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    if form == "unixTimestamp":
        return str(ms // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Writer:
    def __init__(self, model):
        self.service, self.shapes = model["service"], model["shapes"]
        self.operations = model["operations"]

    def text(self, ref, value, default):
        shape = self.shapes[ref["shape"]]
        if shape["type"] == "timestamp":
            return time_text(value, ref.get("timestampFormat", shape.get("timestampFormat", default)))
        return str(value).lower() if isinstance(value, bool) else str(value)

    # ---- JSON ----

    def json(self, ref, value):
        shape = self.shapes[ref["shape"]]
        kind = shape["type"]
        if kind == "structure":
            return {m.get("locationName", n): self.json(m, value[n])
                    for n, m in shape["members"].items() if n in value and "location" not in m}
        if kind == "list":
            return [self.json(shape["member"], v) for v in value]
        if kind == "map":
            return {k: self.json(shape["value"], v) for k, v in value.items()}
        if kind == "timestamp":
            text = self.text(ref, value, "unixTimestamp")
            return int(text) if text.isdigit() else text
        return value

    # ---- XML ----

    def element(self, name, ref, value):
        shape = self.shapes[ref["shape"]]
        kind = shape["type"]
        flat = ref.get("flattened") or shape.get("flattened")
        if kind == "list":
            inner = name if flat else shape["member"].get("locationName", "member")
            text = "".join(self.element(inner, shape["member"], v) for v in value)
            return text if flat else f"<{name}>{text}</{name}>"
        if kind == "map":
            inner = name if flat else "entry"
            key, item = (shape[p].get("locationName", p) for p in ("key", "value"))
            text = "".join(f"<{inner}><{key}>{escape(k)}</{key}>"
                           f"{self.element(item, shape['value'], v)}</{inner}>"
                           for k, v in value.items())
            return text if flat else f"<{name}>{text}</{name}>"
        if kind == "structure":
            return f"<{name}>{self.members(shape, value)}</{name}>"
        return f"<{name}>{escape(self.text(ref, value, 'iso8601'))}</{name}>"

    def members(self, shape, value):
        return "".join(self.element(m.get("locationName", n), m, value[n])
                       for n, m in shape["members"].items()
                       if n in value and "location" not in m and not m.get("xmlAttribute"))

    # ---- whole answers ----

    def headers(self, shape, value):
        out, status = {}, 200
        for n, m in shape.get("members", {}).items():
            name = m.get("locationName", n)
            if n not in value:
                continue
            if m.get("location") == "statusCode":
                status = value[n]
            elif m.get("location") == "headers":
                out.update({name + k: v for k, v in value[n].items()})
            elif m.get("location") == "header":
                items = value[n] if isinstance(value[n], list) else [value[n]]
                ref = self.shapes[m["shape"]]["member"] if isinstance(value[n], list) else m
                out[name] = ",".join(self.text(ref, v, "rfc822") for v in items)
        return out, status

    def body(self, name, op, shape, value):
        protocol = self.service["protocol"]
        if protocol == "json":
            return json.dumps(self.json(op["output"], value)).encode()
        if protocol == "query":
            wrapper = op["output"].get("resultWrapper", f"{name}Result")
            inner = f"<{wrapper}>{self.members(shape, value)}</{wrapper}>"
            return (f"<{name}Response xmlns=\"urn:x\">{inner}<ResponseMetadata><RequestId>r-1"
                    f"</RequestId></ResponseMetadata></{name}Response>").encode()
        payload = shape.get("payload")
        if payload:
            return self.payload(shape["members"][payload], payload, value.get(payload))
        if protocol == "rest-json":
            return json.dumps(self.json(op["output"], value)).encode()
        return f"<?xml version=\"1.0\"?>\n<Root>{self.members(shape, value)}</Root>".encode()

    def payload(self, ref, name, value):
        kind = self.shapes[ref["shape"]]["type"]
        if value is None:
            return b""
        if kind == "blob":
            return base64.b64decode(value)
        if kind == "string":
            return value.encode()
        if self.service["protocol"] == "rest-json":
            return json.dumps(self.json(ref, value)).encode()
        return self.element(ref.get("locationName", name), ref, value).encode()

    def answer(self, name, value):
        op = self.operations[name]
        if "output" not in op:
            if self.service["protocol"] == "query":
                text = f"<{name}Response><ResponseMetadata/></{name}Response>"
                return 200, {}, text.encode()
            return 200, {}, b"{}" if self.service["protocol"] == "json" else b""
        shape = self.shapes[op["output"]["shape"]]
        headers, status = self.headers(shape, value)
        return status, headers, self.body(name, op, shape, value)
