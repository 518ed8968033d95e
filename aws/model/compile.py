# SPDX-License-Identifier: Apache-2.0
"""Turns the JSON service models of this folder into the constant C tables of aws/model.h.
usage: compile.py OUT.c MODEL.json...        (run by meson)"""
import json
import pathlib
import sys

TYPES = {"structure": "STRUCTURE", "list": "LIST", "map": "MAP", "string": "STRING",
         "character": "STRING", "blob": "BLOB", "boolean": "BOOLEAN", "integer": "INTEGER",
         "long": "LONG", "float": "FLOAT", "double": "DOUBLE", "timestamp": "TIMESTAMP"}
LOCATIONS = {"uri": "URI", "querystring": "QUERY", "header": "HEADER", "headers": "HEADERS",
             "statusCode": "STATUS"}
TIMES = {"iso8601": "ISO8601", "unixTimestamp": "UNIX", "rfc822": "RFC822"}
PROTOCOLS = {"json": "JSON", "query": "QUERY", "rest-json": "REST_JSON", "rest-xml": "REST_XML"}


def text(value):
    return "NULL" if value is None else json.dumps(value)


def row(**fields):
    """A designated initialiser that names only what differs from zero."""
    shown = [f".{k} = {v}" for k, v in fields.items() if v not in (None, "NULL", "false", "0", False)]
    return "{ " + ", ".join(shown) + " }"


def flag(condition):
    return "true" if condition else "false"


class Service:
    def __init__(self, path):
        self.name = path.stem
        self.c = self.name.replace("-", "_")
        self.model = json.loads(path.read_text())
        self.shapes = self.model["shapes"]
        self.index = {name: i for i, name in enumerate(self.shapes)}
        self.members, self.out = [], []

    def shape(self, name):
        return f"&{self.c}_shapes[{self.index[name]}]"

    def member(self, name, m, required=()):
        """Adds one member row and returns its number. locationName of the shape behind a payload or
        a list element stands in for the member's own, as botocore reads it."""
        namespace = m.get("xmlNamespace") or {}
        if isinstance(namespace, str):
            namespace = {"uri": namespace}
        target = self.shapes[m["shape"]]
        self.members.append(row(
            name=text(name), wire=text(m.get("locationName", name)), shape=self.shape(m["shape"]),
            location="IN_" + LOCATIONS[m["location"]] if m.get("location") in LOCATIONS else None,
            time_format=self.time(m), xml_uri=text(namespace.get("uri")),
            xml_prefix=text(namespace.get("prefix")), required=flag(name in required),
            flattened=flag(m.get("flattened") or target.get("flattened")),
            xml_attribute=flag(m.get("xmlAttribute")),
            idempotency_token=flag(m.get("idempotencyToken")), json_value=flag(m.get("jsonvalue")),
            host_label=flag(m.get("hostLabel"))))
        return len(self.members) - 1

    @staticmethod
    def time(source):
        name = TIMES.get(source.get("timestampFormat"))
        return f"TIME_{name}" if name else None

    def part(self, shape, key, default):
        if key not in shape:
            return None
        return f"&{self.c}_members[{self.member(default, shape[key])}]"

    def values(self, name, values):
        if not values:
            return None
        self.out.append(f"static const char *const {self.c}_{name}_values[] = {{ "
                        + ", ".join(map(text, values)) + ", NULL };")
        return f"{self.c}_{name}_values"

    def shape_row(self, name, s):
        first = len(self.members)
        for member, m in s.get("members", {}).items():
            self.member(member, m, s.get("required", ()))
        error, namespace = s.get("error", {}), s.get("xmlNamespace") or {}
        numeric = s["type"] in ("string", "blob", "list", "map", "integer", "long", "float", "double")
        return row(
            name=text(name), type="SHAPE_" + TYPES[s["type"]], time_format=self.time(s),
            members=f"&{self.c}_members[{first}]" if s.get("members") else None,
            n_members=str(len(s.get("members", {}))), payload=text(s.get("payload")),
            element=self.part(s, "member", "member"), key=self.part(s, "key", "key"),
            value=self.part(s, "value", "value"), flattened=flag(s.get("flattened")),
            streaming=flag(s.get("streaming") or any(
                m.get("streaming") for m in s.get("members", {}).values())),
            event_stream=flag(s.get("eventstream")), is_union=flag(s.get("union")),
            sensitive=flag(s.get("sensitive")), document=flag(s.get("document")),
            min=f"INT64_C({int(s['min'])})" if numeric and "min" in s else None,
            max=f"INT64_C({int(s['max'])})" if numeric and "max" in s else None,
            has_min=flag(numeric and "min" in s), has_max=flag(numeric and "max" in s),
            values=self.values(name, s.get("enum")), pattern=text(s.get("pattern")),
            xml_name=text(s.get("locationName")), xml_uri=text(namespace.get("uri")),
            xml_prefix=text(namespace.get("prefix")), error_code=text(error.get("code")),
            error_status=str(error.get("httpStatusCode", 0)))

    def list_of(self, name, what, values):
        if values is None:
            return None
        c_name = f"{self.c}_{name}_{what}"
        self.out.append(f"static const char *const {c_name}[] = {{ "
                        + ", ".join(map(text, values)) + ", NULL };")
        return c_name

    def pager(self, name, p):
        if p is None:
            return None
        fields = row(**{"in": self.list_of(name, "in", p["in"]),
                        "out": self.list_of(name, "out", p["out"]),
                        "keys": self.list_of(name, "keys", p["keys"]),
                        "more": text(p.get("more")), "limit": text(p.get("limit"))})
        self.out.append(f"static const struct pager {self.c}_{name}_pager = {fields};")
        return f"&{self.c}_{name}_pager"

    def operation_row(self, name, op):
        source, target = op.get("input", {}), op.get("output", {})
        namespace = source.get("xmlNamespace") or {}
        self.out.append(f"static const struct shape *const {self.c}_{name}_errors[] = {{ "
                        + "".join(self.shape(e) + ", " for e in op["errors"]) + "NULL };")
        return row(
            name=text(name), service=f"&{self.c}_service", method=text(op["http"]["method"]),
            uri=text(op["http"]["requestUri"]), status=str(op["http"].get("responseCode", 0)),
            input=self.shape(source["shape"]) if source else None,
            output=self.shape(target["shape"]) if target else None,
            result_wrapper=text(target.get("resultWrapper")),
            input_root=text(source.get("locationName")), input_uri=text(namespace.get("uri")),
            errors=f"{self.c}_{name}_errors", pager=self.pager(name, op.get("pager")),
            host_prefix=text(op.get("hostPrefix")),
            checksum_required=flag(op.get("checksumRequired")),
            unsigned_request=flag(op.get("unsigned")))

    def service_row(self):
        s = self.model["service"]
        uri = s.get("xmlNamespace")
        uri = uri.get("uri") if isinstance(uri, dict) else uri
        return row(
            name=text(self.name), service_id=text(s["serviceId"]),
            endpoint_prefix=text(s["endpointPrefix"]),
            signing_name=text(s.get("signingName", s["endpointPrefix"])),
            api_version=text(s["apiVersion"]), target_prefix=text(s.get("targetPrefix")),
            json_version=text(s.get("jsonVersion", "1.0") if s["protocol"] == "json" else None),
            xml_uri=text(uri), protocol="PROTOCOL_" + PROTOCOLS[s["protocol"]],
            query_compatible=flag(s.get("queryCompatible")))

    def compile(self):
        rows = [self.shape_row(name, s) for name, s in self.shapes.items()]
        operations = [self.operation_row(n, op) for n, op in sorted(self.model["operations"].items())]
        yield f"/* {self.name} */"
        yield f"static const struct shape {self.c}_shapes[{len(rows)}];"
        yield f"static const struct service_model {self.c}_service = {self.service_row()};"
        values = [line for line in self.out if "_values[]" in line]
        yield from values
        yield f"static const struct member {self.c}_members[] = {{"
        yield from (f"    {m}," for m in self.members)
        yield "};"
        yield f"static const struct shape {self.c}_shapes[{len(rows)}] = {{"
        yield from (f"    {r}," for r in rows)
        yield "};"
        yield from (line for line in self.out if "_values[]" not in line)
        self.operations = operations


def main(out, *models):
    services = [Service(pathlib.Path(p)) for p in models]
    services.sort(key=lambda s: s.name)
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */",
             "/* Made by aws/model/compile.py from aws/model/<service>.json; do not edit. */",
             '#include "aws/model.h"', ""]
    for service in services:
        lines += service.compile()
    lines.append("const struct service_model *const service_models[] = {")
    lines += [f"    &{s.c}_service," for s in services] + ["    NULL,", "};"]
    lines.append("const struct operation_model operation_models[] = {")
    lines += [f"    {row}," for s in services for row in s.operations]
    lines += ["    { .name = NULL },", "};",
              "const size_t n_operation_models = sizeof operation_models / sizeof operation_models[0] - 1;",
              ""]
    pathlib.Path(out).write_text("\n".join(lines))


main(*sys.argv[1:])
