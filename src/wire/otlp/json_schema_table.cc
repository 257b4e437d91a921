#include "wire/otlp/json_schema.h"

#include <iterator>

namespace clew::wire::otlp {
namespace {

using enum FieldKind;
constexpr auto kSingle = FieldSchema::Count::kSingle;
constexpr auto kRepeated = FieldSchema::Count::kRepeated;

extern const MessageSchema kArrayValue;
extern const MessageSchema kKeyValueList;
extern const MessageSchema kKeyValue;

const FieldSchema kAnyValueFields[] = {
    {1, kString, "stringValue", "string_value"},
    {2, kBool, "boolValue", "bool_value"},
    {3, kInt64, "intValue", "int_value"},
    {4, kDouble, "doubleValue", "double_value"},
    {5, kMessage, "arrayValue", "array_value", kSingle, &kArrayValue},
    {6, kMessage, "kvlistValue", "kvlist_value", kSingle, &kKeyValueList},
    {7, kBytes, "bytesValue", "bytes_value"},
};
const FieldSchema kArrayValueFields[] = {
    {1, kMessage, "values", "values", kRepeated, &kAnyValueSchema},
};
const FieldSchema kKeyValueListFields[] = {
    {1, kMessage, "values", "values", kRepeated, &kKeyValue},
};
const FieldSchema kKeyValueFields[] = {
    {1, kString, "key", "key"},
    {2, kMessage, "value", "value", kSingle, &kAnyValueSchema},
};
const MessageSchema kArrayValue{kArrayValueFields};
const MessageSchema kKeyValueList{kKeyValueListFields};
const MessageSchema kKeyValue{kKeyValueFields};

const FieldSchema kEntityRefFields[] = {
    {1, kString, "schemaUrl", "schema_url"},
    {2, kString, "type", "type"},
    {3, kString, "idKeys", "id_keys", kRepeated},
    {4, kString, "descriptionKeys", "description_keys", kRepeated},
};
const MessageSchema kEntityRef{kEntityRefFields};

const FieldSchema kResourceFields[] = {
    {1, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {2, kUint32, "droppedAttributesCount", "dropped_attributes_count"},
    {3, kMessage, "entityRefs", "entity_refs", kRepeated, &kEntityRef},
};
const MessageSchema kResource{kResourceFields, 2};

const FieldSchema kScopeFields[] = {
    {1, kString, "name", "name"},
    {2, kString, "version", "version"},
    {3, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {4, kUint32, "droppedAttributesCount", "dropped_attributes_count"},
};
const MessageSchema kScope{kScopeFields};

const EnumName kSpanKindNames[] = {
    {0, "SPAN_KIND_UNSPECIFIED"}, {1, "SPAN_KIND_INTERNAL"}, {2, "SPAN_KIND_SERVER"},
    {3, "SPAN_KIND_CLIENT"},      {4, "SPAN_KIND_PRODUCER"}, {5, "SPAN_KIND_CONSUMER"},
};
const EnumName kStatusCodeNames[] = {
    {0, "STATUS_CODE_UNSET"}, {1, "STATUS_CODE_OK"}, {2, "STATUS_CODE_ERROR"}};

const FieldSchema kEventFields[] = {
    {1, kFixed64, "timeUnixNano", "time_unix_nano"},
    {2, kString, "name", "name"},
    {3, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {4, kUint32, "droppedAttributesCount", "dropped_attributes_count"},
};
const MessageSchema kEvent{kEventFields, 2};

const FieldSchema kLinkFields[] = {
    {1, kId, "traceId", "trace_id"},
    {2, kId, "spanId", "span_id"},
    {3, kString, "traceState", "trace_state"},
    {4, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {5, kUint32, "droppedAttributesCount", "dropped_attributes_count"},
    {6, kFixed32, "flags", "flags"},
};
const MessageSchema kLink{kLinkFields};

const FieldSchema kStatusFields[] = {
    {2, kString, "message", "message"},
    {3, kEnum, "code", "code", kSingle, nullptr, kStatusCodeNames},
};
const MessageSchema kStatus{kStatusFields};

const FieldSchema kSpanFields[] = {
    {1, kId, "traceId", "trace_id"},
    {2, kId, "spanId", "span_id"},
    {3, kString, "traceState", "trace_state"},
    {4, kId, "parentSpanId", "parent_span_id"},
    {5, kString, "name", "name"},
    {6, kEnum, "kind", "kind", kSingle, nullptr, kSpanKindNames},
    {7, kFixed64, "startTimeUnixNano", "start_time_unix_nano"},
    {8, kFixed64, "endTimeUnixNano", "end_time_unix_nano"},
    {9, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {10, kUint32, "droppedAttributesCount", "dropped_attributes_count"},
    {11, kMessage, "events", "events", kRepeated, &kEvent},
    {12, kUint32, "droppedEventsCount", "dropped_events_count"},
    {13, kMessage, "links", "links", kRepeated, &kLink},
    {14, kUint32, "droppedLinksCount", "dropped_links_count"},
    {15, kMessage, "status", "status", kSingle, &kStatus},
    {16, kFixed32, "flags", "flags"},
};
static_assert(std::size(kSpanFields) <= MessageSchema::kFieldCountMax);
const MessageSchema kSpan{kSpanFields, 2};

const FieldSchema kScopeSpansFields[] = {
    {1, kMessage, "scope", "scope", kSingle, &kScope},
    {2, kMessage, "spans", "spans", kRepeated, &kSpan},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kScopeSpans{kScopeSpansFields, 3};

const FieldSchema kResourceSpansFields[] = {
    {1, kMessage, "resource", "resource", kSingle, &kResource},
    // Under 1000 it was "instrumentation_library_spans", of the same content.
    {2, kMessage, "scopeSpans", "scope_spans", kRepeated, &kScopeSpans, {}, 1000},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kResourceSpans{kResourceSpansFields, 3};

const FieldSchema kExportRequestFields[] = {
    {1, kMessage, "resourceSpans", "resource_spans", kRepeated, &kResourceSpans},
};

const FieldSchema kAnswerScopeSpansFields[] = {
    {1, kMessage, "scope", "scope", kSingle, &kScope},
    {1, kMessage, "instrumentationLibrary", "instrumentation_library", kSingle, &kScope},
    {2, kMessage, "spans", "spans", kRepeated, &kSpan},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kAnswerScopeSpans{kAnswerScopeSpansFields, 3};

const FieldSchema kAnswerResourceSpansFields[] = {
    {1, kMessage, "resource", "resource", kSingle, &kResource},
    {2, kMessage, "scopeSpans", "scope_spans", kRepeated, &kAnswerScopeSpans},
    {2, kMessage, "instrumentationLibrarySpans", "instrumentation_library_spans", kRepeated,
     &kAnswerScopeSpans},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kAnswerResourceSpans{kAnswerResourceSpansFields, 3};

const FieldSchema kAnswerTracesFields[] = {
    {1, kMessage, "resourceSpans", "resource_spans", kRepeated, &kAnswerResourceSpans},
    {1, kMessage, "batches", "batches", kRepeated, &kAnswerResourceSpans},
};
const FieldSchema kTraceAnswerFields[] = {
    {1, kMessage, "trace", "trace", kSingle, &kAnswerTracesSchema},
    {1, kMessage, "result", "result", kSingle, &kAnswerTracesSchema},
};

const FieldSchema kPartialSuccessFields[] = {
    {1, kInt64, "rejectedSpans", "rejected_spans"},
    {2, kString, "errorMessage", "error_message"},
};
const MessageSchema kPartialSuccess{kPartialSuccessFields};

const FieldSchema kExportResponseFields[] = {
    {1, kMessage, "partialSuccess", "partial_success", kSingle, &kPartialSuccess},
};

}  // namespace

const MessageSchema kAnyValueSchema{kAnyValueFields, 1, MessageSchema::Presence::kOneOf};
const MessageSchema kExportRequestSchema{kExportRequestFields};
const MessageSchema kAnswerTracesSchema{kAnswerTracesFields, 3};
const MessageSchema kTraceAnswerSchema{kTraceAnswerFields, 3};
const MessageSchema kExportResponseSchema{kExportResponseFields};

}  // namespace clew::wire::otlp
