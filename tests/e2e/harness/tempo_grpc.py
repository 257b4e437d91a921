"""A client of Tempo's StreamingQuerier: gRPC's own library and protobuf's, with the messages as
Tempo's documentation numbers their fields. Attributes are OpenTelemetry's generated ones."""

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.common.v1 import common_pb2

PACKAGE = "clewtest.tempopb"
KEY_VALUE = common_pb2.KeyValue.DESCRIPTOR

# Message: {field: (number, type)}; a type that ends with "*" is a list of them, and "{}" is a map
# from text to it.
MESSAGES = {
    "SearchRequest": {
        "Tags": (1, "string{}"), "MinDurationMs": (2, "uint32"), "MaxDurationMs": (3, "uint32"),
        "Limit": (4, "uint32"), "start": (5, "uint32"), "end": (6, "uint32"),
        "Query": (8, "string"), "SpansPerSpanSet": (9, "uint32")},
    "SearchResponse": {"traces": (1, "TraceSearchMetadata*"), "metrics": (2, "SearchMetrics")},
    "TraceSearchMetadata": {
        "traceID": (1, "string"), "rootServiceName": (2, "string"), "rootTraceName": (3, "string"),
        "startTimeUnixNano": (4, "uint64"), "durationMs": (5, "uint32"), "spanSet": (6, "SpanSet"),
        "spanSets": (7, "SpanSet*"), "serviceStats": (8, "ServiceStats{}")},
    "ServiceStats": {"spanCount": (1, "uint32"), "errorCount": (2, "uint32")},
    "SpanSet": {"spans": (1, "Span*"), "matched": (2, "uint32"), "attributes": (3, "KeyValue*")},
    "Span": {
        "spanID": (1, "string"), "name": (2, "string"), "startTimeUnixNano": (3, "uint64"),
        "durationNanos": (4, "uint64"), "attributes": (5, "KeyValue*")},
    "SearchMetrics": {
        "inspectedTraces": (1, "uint32"), "inspectedBytes": (2, "uint64"),
        "totalBlocks": (3, "uint32"), "completedJobs": (4, "uint32"), "totalJobs": (5, "uint32"),
        "totalBlockBytes": (6, "uint64"), "inspectedSpans": (7, "uint64"),
        "additionalMetrics": (10, "int64{}")},
    "SearchTagsRequest": {
        "scope": (1, "string"), "query": (2, "string"), "start": (3, "uint32"),
        "end": (4, "uint32"), "maxTagsPerScope": (5, "uint32"),
        "staleValuesThreshold": (6, "uint32")},
    "SearchTagsResponse": {"tagNames": (1, "string*"), "metrics": (2, "MetadataMetrics")},
    "SearchTagsV2Response": {"scopes": (1, "SearchTagsV2Scope*"), "metrics": (2, "MetadataMetrics")},
    "SearchTagsV2Scope": {"name": (1, "string"), "tags": (2, "string*")},
    "SearchTagValuesRequest": {
        "tagName": (1, "string"), "query": (2, "string"), "start": (4, "uint32"),
        "end": (5, "uint32"), "maxTagValues": (6, "uint32"), "staleValueThreshold": (7, "uint32")},
    "SearchTagValuesResponse": {"tagValues": (1, "string*"), "metrics": (2, "MetadataMetrics")},
    "SearchTagValuesV2Response": {"tagValues": (1, "TagValue*"), "metrics": (2, "MetadataMetrics")},
    "TagValue": {"type": (1, "string"), "value": (2, "string")},
    "MetadataMetrics": {
        "inspectedBytes": (1, "uint64"), "totalJobs": (2, "uint32"), "completedJobs": (3, "uint32")},
    "QueryRangeRequest": {
        "query": (1, "string"), "start": (2, "uint64"), "end": (3, "uint64"), "step": (4, "uint64"),
        "exemplars": (16, "uint32"), "maxSeries": (17, "uint32")},
    "QueryRangeResponse": {
        "series": (1, "TimeSeries*"), "metrics": (2, "SearchMetrics"), "status": (3, "int32"),
        "message": (4, "string")},
    "TimeSeries": {"labels": (1, "KeyValue*"), "samples": (2, "Sample*"), "exemplars": (4, "Exemplar*")},
    "Sample": {"value": (1, "double"), "timestamp_ms": (2, "int64")},
    "Exemplar": {"labels": (1, "KeyValue*"), "value": (2, "double"), "timestamp_ms": (3, "int64")},
    "QueryInstantRequest": {"query": (1, "string"), "start": (2, "uint64"), "end": (3, "uint64")},
    "QueryInstantResponse": {
        "series": (1, "InstantSeries*"), "metrics": (2, "SearchMetrics"), "status": (3, "int32"),
        "message": (4, "string")},
    "InstantSeries": {"labels": (1, "KeyValue*"), "value": (2, "double")},
}

# Method: its request and its response.
METHODS = {
    "Search": ("SearchRequest", "SearchResponse"),
    "SearchTags": ("SearchTagsRequest", "SearchTagsResponse"),
    "SearchTagsV2": ("SearchTagsRequest", "SearchTagsV2Response"),
    "SearchTagValues": ("SearchTagValuesRequest", "SearchTagValuesResponse"),
    "SearchTagValuesV2": ("SearchTagValuesRequest", "SearchTagValuesV2Response"),
    "MetricsQueryRange": ("QueryRangeRequest", "QueryRangeResponse"),
    "MetricsQueryInstant": ("QueryInstantRequest", "QueryInstantResponse"),
}

FIELD = descriptor_pb2.FieldDescriptorProto


def set_type(field, name):
    scalar = getattr(FIELD, f"TYPE_{name.upper()}", None)
    if scalar is not None:
        field.type = scalar
        return
    field.type = FIELD.TYPE_MESSAGE
    field.type_name = f".{KEY_VALUE.full_name}" if name == "KeyValue" else f".{PACKAGE}.{name}"


def add_field(message, name, number, kind):
    field = message.field.add(name=name, number=number, label=FIELD.LABEL_OPTIONAL)
    if kind.endswith("*"):
        field.label = FIELD.LABEL_REPEATED
    if not kind.endswith("{}"):
        return set_type(field, kind.rstrip("*"))
    entry = message.nested_type.add(name=f"{name[0].upper()}{name[1:]}Entry")
    entry.options.map_entry = True
    add_field(entry, "key", 1, "string")
    add_field(entry, "value", 2, kind.removesuffix("{}"))
    field.label = FIELD.LABEL_REPEATED
    field.type = FIELD.TYPE_MESSAGE
    field.type_name = f".{PACKAGE}.{message.name}.{entry.name}"
    return None


def make_classes():
    file = descriptor_pb2.FileDescriptorProto(
        name="clewtest/tempo.proto", package=PACKAGE, syntax="proto3",
        dependency=[KEY_VALUE.file.name])
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            add_field(message, field, number, kind)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}


CLASSES = make_classes()


def stream(address, method, tenants=None, **fields):
    """The messages of an answer, in a list. Raises grpc.RpcError."""
    request, response = (CLASSES[name] for name in METHODS[method])
    metadata = [("x-scope-orgid", tenants)] if tenants else []
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_stream(
            f"/tempopb.StreamingQuerier/{method}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString)
        return list(call(request(**fields), metadata=metadata, timeout=60))


def ask(address, method, **fields):
    """The whole answer: its messages joined."""
    whole = CLASSES[METHODS[method][1]]()
    for message in stream(address, method, **fields):
        whole.MergeFrom(message)
    return whole
