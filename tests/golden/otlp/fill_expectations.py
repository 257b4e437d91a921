#!/usr/bin/env python3
"""Writes <case>.out.json for every <case>.in.json, with the official OTLP messages as the judge.

Needs `pip install opentelemetry-proto`. What the judge does not know of OTLP/JSON is put into
protobuf's own JSON form first: hex ids, values set twice, nulls in lists, lone surrogates.
"""
import base64
import json
import pathlib

from google.protobuf import json_format
from opentelemetry.proto.trace.v1 import trace_pb2

IDS = {"traceId", "spanId", "parentSpanId"}
IDS_ALL = IDS | {"trace_id", "span_id", "parent_span_id"}


def to_protobuf_form(node, key=""):
    if isinstance(node, dict):
        items = [(k, v) for k, v in node.items() if v is not None]
        kinds = [k for k, _ in items if k.endswith(("Value", "_value"))]
        return {
            k: to_protobuf_form(v, k) for k, v in items if k not in kinds or k == kinds[-1]
        }
    if isinstance(node, list):
        return [to_protobuf_form({} if v is None else v) for v in node]
    if isinstance(node, str):
        if key in IDS_ALL:
            return base64.b64encode(bytes.fromhex(node)).decode()
        return node.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return node


def to_otlp_form(node, key=""):
    if isinstance(node, dict):
        return {k: to_otlp_form(v, k) for k, v in node.items()}
    if isinstance(node, list):
        return [to_otlp_form(v) for v in node]
    return base64.b64decode(node).hex() if key in IDS else node


def expectations(text):
    request = trace_pb2.TracesData()
    json_format.ParseDict(to_protobuf_form(json.loads(text)), request, ignore_unknown_fields=True)
    return {
        "protobuf": base64.b64encode(request.SerializeToString()).decode(),
        "otlp_json": to_otlp_form(json_format.MessageToDict(request, use_integers_for_enums=True)),
        "protobuf_json": json_format.MessageToDict(request),
    }


def main():
    for path in sorted(pathlib.Path(__file__).parent.glob("*.in.json")):
        out = path.with_name(path.name.replace(".in.json", ".out.json"))
        expected = expectations(path.read_text(encoding="utf-8"))
        out.write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
