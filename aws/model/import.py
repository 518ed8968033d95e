# SPDX-License-Identifier: Apache-2.0
"""Makes the service models of this folder: reads the operations named in operations.txt out of the
botocore package, drops every documentation text and everything no listed operation reaches, and
writes one JSON file per service. Run by hand when operations.txt changes or botocore moves on:

    python3 aws/model/import.py        (with the botocore of tests/requirements.txt installed)

The files are facts about AWS's interface: names, types, limits. compile.py turns them into C."""
import gzip
import json
import pathlib

import botocore

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(botocore.__file__).parent / "data"
# Where a service speaks several protocols, the one that drd speaks (aws-facts: json needs no CBOR).
PROTOCOLS = ["json", "rest-json", "rest-xml", "query"]
SHAPE_KEYS = ["type", "required", "enum", "min", "max", "pattern", "payload", "flattened",
              "timestampFormat", "locationName", "xmlNamespace", "sensitive", "union", "eventstream",
              "streaming", "document", "exception", "error", "wrapper"]
MEMBER_KEYS = ["shape", "location", "locationName", "flattened", "xmlAttribute", "xmlNamespace",
               "idempotencyToken", "timestampFormat", "streaming", "jsonvalue", "hostLabel"]
METADATA = ["apiVersion", "endpointPrefix", "jsonVersion", "serviceId", "signingName",
            "targetPrefix", "xmlNamespace"]


def load(path):
    packed = path.with_name(path.name + ".gz")
    return json.load(gzip.open(packed)) if packed.exists() else json.load(open(path))


def wanted():
    services = {}
    for line in (HERE / "operations.txt").read_text().splitlines():
        line = line.split("#")[0].split()
        if line:
            services.setdefault(line[0], set()).add(line[1])
    return services


def keep(source, keys):
    return {k: source[k] for k in keys if k in source}


def trim_shape(shape):
    out = keep(shape, SHAPE_KEYS)
    if "members" in shape:
        out["members"] = {n: keep(m, MEMBER_KEYS) for n, m in shape["members"].items()}
    for part in ("member", "key", "value"):
        if part in shape:
            out[part] = keep(shape[part], MEMBER_KEYS)
    return out


def references(shape):
    for member in shape.get("members", {}).values():
        yield member["shape"]
    for part in ("member", "key", "value"):
        if part in shape:
            yield shape[part]["shape"]


def trim_operation(op):
    out = {"http": keep(op["http"], ["method", "requestUri", "responseCode"])}
    for side, keys in (("input", ["shape", "locationName", "xmlNamespace"]),
                       ("output", ["shape", "resultWrapper"])):
        if side in op:
            out[side] = keep(op[side], keys)
    out["errors"] = [e["shape"] for e in op.get("errors", [])]
    checksum = op.get("httpChecksum", {})
    if checksum.get("requestChecksumRequired") or op.get("httpChecksumRequired"):
        out["checksumRequired"] = True
    if op.get("authtype") == "none" or op.get("auth") == ["smithy.api#noAuth"]:
        out["unsigned"] = True
    if "endpoint" in op and "hostPrefix" in op["endpoint"]:
        out["hostPrefix"] = op["endpoint"]["hostPrefix"]
    return out


def listed(value):
    return value if isinstance(value, list) else [value]


def pager(page):
    if "input_token" not in page:
        return None
    out = {"in": listed(page["input_token"]), "out": listed(page["output_token"]),
           "keys": listed(page["result_key"])}
    if "more_results" in page:
        out["more"] = page["more_results"]
    if "limit_key" in page:
        out["limit"] = page["limit_key"]
    # "NextMarker || Contents[-1].Key": the first alternative is what AWS sends.
    out["out"] = [o.split("||")[0].strip() for o in out["out"]]
    return out


def import_service(name, operations):
    version = sorted(p.name for p in (DATA / name).iterdir() if p.is_dir())[-1]
    folder = DATA / name / version
    model = load(folder / "service-2.json")
    metadata = model["metadata"]
    missing = operations - model["operations"].keys()
    assert not missing, f"{name} has no {sorted(missing)}"
    out = {"service": keep(metadata, METADATA)}
    spoken = metadata.get("protocols", [metadata["protocol"]])
    out["service"]["protocol"] = next(p for p in PROTOCOLS if p in spoken)
    if "awsQueryCompatible" in metadata:
        out["service"]["queryCompatible"] = True
    out["operations"] = {n: trim_operation(model["operations"][n]) for n in sorted(operations)}
    pages = load(folder / "paginators-1.json")["pagination"]
    for op_name, op in out["operations"].items():
        page = pager(pages.get(op_name, {}))
        if page:
            op["pager"] = page
    todo = [side["shape"] for op in out["operations"].values()
            for side in (op.get("input"), op.get("output")) if side]
    todo += [e for op in out["operations"].values() for e in op["errors"]]
    shapes = {}
    while todo:
        shape_name = todo.pop()
        if shape_name not in shapes:
            shapes[shape_name] = trim_shape(model["shapes"][shape_name])
            todo += references(shapes[shape_name])
    out["shapes"] = dict(sorted(shapes.items()))
    return out


def write(name, model):
    """One line per operation and per shape, so that a re-import shows as a readable diff."""
    lines = ["{", f' "service": {json.dumps(model["service"], sort_keys=True)},', ' "operations": {']
    for part in ("operations", "shapes"):
        rows = [f"  {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}"
                for k, v in model[part].items()]
        lines.append(",\n".join(rows))
        lines.append(' },' if part == "operations" else ' }')
        if part == "operations":
            lines.append(' "shapes": {')
    lines.append("}")
    (HERE / f"{name}.json").write_text("\n".join(lines) + "\n")


def main():
    total = 0
    for name, operations in sorted(wanted().items()):
        write(name, import_service(name, operations))
        total += len(operations)
    print(f"{total} operations from botocore {botocore.__version__}")


main()
