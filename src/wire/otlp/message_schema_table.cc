#include "wire/otlp/message_schema.h"

#include <array>
#include <iterator>

#include "wire/otlp/listed_fields.h"

namespace clew::wire::otlp {
namespace {

using model::Message;

using enum FieldKind;
constexpr auto kSingle = FieldSchema::Count::kSingle;
constexpr auto kOptional = FieldSchema::Count::kOptional;
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

constexpr auto kResourceFields = SchemaOf<Message::kResource>(std::to_array<FieldSchema>({
    {1, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {3, kMessage, "entityRefs", "entity_refs", kRepeated, &kEntityRef},
}));
const MessageSchema kResource{kResourceFields, 2};

constexpr auto kScopeFields = SchemaOf<Message::kScope>(std::to_array<FieldSchema>({
    {3, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
}));
const MessageSchema kScope{kScopeFields};

constexpr auto kEventFields = SchemaOf<Message::kEvent>(std::to_array<FieldSchema>({
    {3, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
}));
const MessageSchema kEvent{kEventFields, 2};

constexpr auto kLinkFields = SchemaOf<Message::kLink>(std::to_array<FieldSchema>({
    {4, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
}));
const MessageSchema kLink{kLinkFields};

constexpr auto kStatusFields = SchemaOf<Message::kStatus>(std::array<FieldSchema, 0>());
const MessageSchema kStatus{kStatusFields};

constexpr auto kSpanFields = SchemaOf<Message::kSpan>(std::to_array<FieldSchema>({
    {9, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {11, kMessage, "events", "events", kRepeated, &kEvent},
    {13, kMessage, "links", "links", kRepeated, &kLink},
    {15, kMessage, "status", "status", kSingle, &kStatus},
}));
const MessageSchema kSpan{kSpanFields, 2};

constexpr auto kScopeSpansFields = SchemaOf<Message::kScopeSpans>(std::to_array<FieldSchema>({
    {1, kMessage, "scope", "scope", kSingle, &kScope},
    {2, kMessage, "spans", "spans", kRepeated, &kSpan},
}));
const MessageSchema kScopeSpans{kScopeSpansFields, 3};

constexpr auto kResourceSpansFields = SchemaOf<Message::kResourceSpans>(std::to_array<FieldSchema>({
    {1, kMessage, "resource", "resource", kSingle, &kResource},
    // Under 1000 it was "instrumentation_library_spans", of the same content.
    {2, kMessage, "scopeSpans", "scope_spans", kRepeated, &kScopeSpans, {}, 1000},
}));
const MessageSchema kResourceSpans{kResourceSpansFields, 3};

const FieldSchema kTracesRequestFields[] = {
    {1, kMessage, "resourceSpans", "resource_spans", kRepeated, &kResourceSpans},
};

constexpr auto kAnswerScopeSpansFields = SchemaOf<Message::kScopeSpans>(std::to_array<FieldSchema>({
    {1, kMessage, "scope", "scope", kSingle, &kScope},
    {1, kMessage, "instrumentationLibrary", "instrumentation_library", kSingle, &kScope},
    {2, kMessage, "spans", "spans", kRepeated, &kSpan},
}));
const MessageSchema kAnswerScopeSpans{kAnswerScopeSpansFields, 3};

constexpr auto kAnswerResourceSpansFields =
    SchemaOf<Message::kResourceSpans>(std::to_array<FieldSchema>({
        {1, kMessage, "resource", "resource", kSingle, &kResource},
        {2, kMessage, "scopeSpans", "scope_spans", kRepeated, &kAnswerScopeSpans},
        {2, kMessage, "instrumentationLibrarySpans", "instrumentation_library_spans", kRepeated,
         &kAnswerScopeSpans},
    }));
const MessageSchema kAnswerResourceSpans{kAnswerResourceSpansFields, 3};

const FieldSchema kAnswerTracesFields[] = {
    {1, kMessage, "resourceSpans", "resource_spans", kRepeated, &kAnswerResourceSpans},
    {1, kMessage, "batches", "batches", kRepeated, &kAnswerResourceSpans},
};
const FieldSchema kTraceAnswerFields[] = {
    {1, kMessage, "trace", "trace", kSingle, &kAnswerTracesSchema},
    {1, kMessage, "result", "result", kSingle, &kAnswerTracesSchema},
};

const FieldSchema kTracesPartialFields[] = {
    {1, kInt64, "rejectedSpans", "rejected_spans"},
    {2, kString, "errorMessage", "error_message"},
};
const MessageSchema kTracesPartial{kTracesPartialFields};

const FieldSchema kTracesResponseFields[] = {
    {1, kMessage, "partialSuccess", "partial_success", kSingle, &kTracesPartial},
};

const EnumName kTemporalityNames[] = {
    {0, "AGGREGATION_TEMPORALITY_UNSPECIFIED"},
    {1, "AGGREGATION_TEMPORALITY_DELTA"},
    {2, "AGGREGATION_TEMPORALITY_CUMULATIVE"},
};

const FieldSchema kExemplarFields[] = {
    {2, kFixed64, "timeUnixNano", "time_unix_nano"},
    {3, kDouble, "asDouble", "as_double", kOptional},
    {4, kId, "spanId", "span_id"},
    {5, kId, "traceId", "trace_id"},
    {6, kSfixed64, "asInt", "as_int", kOptional},
    {7, kMessage, "filteredAttributes", "filtered_attributes", kRepeated, &kKeyValue},
};
const MessageSchema kExemplar{kExemplarFields};

const FieldSchema kNumberPointFields[] = {
    {2, kFixed64, "startTimeUnixNano", "start_time_unix_nano"},
    {3, kFixed64, "timeUnixNano", "time_unix_nano"},
    {4, kDouble, "asDouble", "as_double", kOptional},
    {5, kMessage, "exemplars", "exemplars", kRepeated, &kExemplar},
    {6, kSfixed64, "asInt", "as_int", kOptional},
    {7, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {8, kUint32, "flags", "flags"},
};
const MessageSchema kNumberPoint{kNumberPointFields};

const FieldSchema kHistogramPointFields[] = {
    {2, kFixed64, "startTimeUnixNano", "start_time_unix_nano"},
    {3, kFixed64, "timeUnixNano", "time_unix_nano"},
    {4, kFixed64, "count", "count"},
    {5, kDouble, "sum", "sum", kOptional},
    {6, kFixed64, "bucketCounts", "bucket_counts", kRepeated},
    {7, kDouble, "explicitBounds", "explicit_bounds", kRepeated},
    {8, kMessage, "exemplars", "exemplars", kRepeated, &kExemplar},
    {9, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {10, kUint32, "flags", "flags"},
    {11, kDouble, "min", "min", kOptional},
    {12, kDouble, "max", "max", kOptional},
};
const MessageSchema kHistogramPoint{kHistogramPointFields, 2};

const FieldSchema kBucketsFields[] = {
    {1, kSint32, "offset", "offset"},
    {2, kUint64, "bucketCounts", "bucket_counts", kRepeated},
};
const MessageSchema kBuckets{kBucketsFields};

const FieldSchema kExponentialPointFields[] = {
    {1, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {2, kFixed64, "startTimeUnixNano", "start_time_unix_nano"},
    {3, kFixed64, "timeUnixNano", "time_unix_nano"},
    {4, kFixed64, "count", "count"},
    {5, kDouble, "sum", "sum", kOptional},
    {6, kSint32, "scale", "scale"},
    {7, kFixed64, "zeroCount", "zero_count"},
    {8, kMessage, "positive", "positive", kSingle, &kBuckets},
    {9, kMessage, "negative", "negative", kSingle, &kBuckets},
    {10, kUint32, "flags", "flags"},
    {11, kMessage, "exemplars", "exemplars", kRepeated, &kExemplar},
    {12, kDouble, "min", "min", kOptional},
    {13, kDouble, "max", "max", kOptional},
    {14, kDouble, "zeroThreshold", "zero_threshold"},
};
const MessageSchema kExponentialPoint{kExponentialPointFields, 2};

const FieldSchema kQuantileFields[] = {
    {1, kDouble, "quantile", "quantile"},
    {2, kDouble, "value", "value"},
};
const MessageSchema kQuantile{kQuantileFields};

const FieldSchema kSummaryPointFields[] = {
    {2, kFixed64, "startTimeUnixNano", "start_time_unix_nano"},
    {3, kFixed64, "timeUnixNano", "time_unix_nano"},
    {4, kFixed64, "count", "count"},
    {5, kDouble, "sum", "sum"},
    {6, kMessage, "quantileValues", "quantile_values", kRepeated, &kQuantile},
    {7, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {8, kUint32, "flags", "flags"},
};
const MessageSchema kSummaryPoint{kSummaryPointFields, 2};

const FieldSchema kGaugeFields[] = {
    {1, kMessage, "dataPoints", "data_points", kRepeated, &kNumberPoint},
};
const FieldSchema kSumFields[] = {
    {1, kMessage, "dataPoints", "data_points", kRepeated, &kNumberPoint},
    {2, kEnum, "aggregationTemporality", "aggregation_temporality", kSingle, nullptr,
     kTemporalityNames},
    {3, kBool, "isMonotonic", "is_monotonic"},
};
const FieldSchema kHistogramFields[] = {
    {1, kMessage, "dataPoints", "data_points", kRepeated, &kHistogramPoint},
    {2, kEnum, "aggregationTemporality", "aggregation_temporality", kSingle, nullptr,
     kTemporalityNames},
};
const FieldSchema kExponentialFields[] = {
    {1, kMessage, "dataPoints", "data_points", kRepeated, &kExponentialPoint},
    {2, kEnum, "aggregationTemporality", "aggregation_temporality", kSingle, nullptr,
     kTemporalityNames},
};
const FieldSchema kSummaryFields[] = {
    {1, kMessage, "dataPoints", "data_points", kRepeated, &kSummaryPoint},
};
const MessageSchema kGauge{kGaugeFields, 2};
const MessageSchema kSum{kSumFields, 2};
const MessageSchema kHistogram{kHistogramFields, 2};
const MessageSchema kExponential{kExponentialFields, 2};
const MessageSchema kSummary{kSummaryFields, 2};

const FieldSchema kMetricFields[] = {
    {1, kString, "name", "name"},
    {2, kString, "description", "description"},
    {3, kString, "unit", "unit"},
    {5, kMessage, "gauge", "gauge", kSingle, &kGauge},
    {7, kMessage, "sum", "sum", kSingle, &kSum},
    {9, kMessage, "histogram", "histogram", kSingle, &kHistogram},
    {10, kMessage, "exponentialHistogram", "exponential_histogram", kSingle, &kExponential},
    {11, kMessage, "summary", "summary", kSingle, &kSummary},
    {12, kMessage, "metadata", "metadata", kRepeated, &kKeyValue},
};
const MessageSchema kMetric{kMetricFields, 2};

const FieldSchema kScopeMetricsFields[] = {
    {1, kMessage, "scope", "scope", kSingle, &kScope},
    {2, kMessage, "metrics", "metrics", kRepeated, &kMetric},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kScopeMetrics{kScopeMetricsFields, 3};

const FieldSchema kResourceMetricsFields[] = {
    {1, kMessage, "resource", "resource", kSingle, &kResource},
    {2, kMessage, "scopeMetrics", "scope_metrics", kRepeated, &kScopeMetrics, {}, 1000},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kResourceMetrics{kResourceMetricsFields, 3};

const FieldSchema kMetricsRequestFields[] = {
    {1, kMessage, "resourceMetrics", "resource_metrics", kRepeated, &kResourceMetrics},
};

const EnumName kSeverityNames[] = {
    {0, "SEVERITY_NUMBER_UNSPECIFIED"}, {1, "SEVERITY_NUMBER_TRACE"},
    {2, "SEVERITY_NUMBER_TRACE2"},      {3, "SEVERITY_NUMBER_TRACE3"},
    {4, "SEVERITY_NUMBER_TRACE4"},      {5, "SEVERITY_NUMBER_DEBUG"},
    {6, "SEVERITY_NUMBER_DEBUG2"},      {7, "SEVERITY_NUMBER_DEBUG3"},
    {8, "SEVERITY_NUMBER_DEBUG4"},      {9, "SEVERITY_NUMBER_INFO"},
    {10, "SEVERITY_NUMBER_INFO2"},      {11, "SEVERITY_NUMBER_INFO3"},
    {12, "SEVERITY_NUMBER_INFO4"},      {13, "SEVERITY_NUMBER_WARN"},
    {14, "SEVERITY_NUMBER_WARN2"},      {15, "SEVERITY_NUMBER_WARN3"},
    {16, "SEVERITY_NUMBER_WARN4"},      {17, "SEVERITY_NUMBER_ERROR"},
    {18, "SEVERITY_NUMBER_ERROR2"},     {19, "SEVERITY_NUMBER_ERROR3"},
    {20, "SEVERITY_NUMBER_ERROR4"},     {21, "SEVERITY_NUMBER_FATAL"},
    {22, "SEVERITY_NUMBER_FATAL2"},     {23, "SEVERITY_NUMBER_FATAL3"},
    {24, "SEVERITY_NUMBER_FATAL4"},
};

const FieldSchema kLogRecordFields[] = {
    {1, kFixed64, "timeUnixNano", "time_unix_nano"},
    {2, kEnum, "severityNumber", "severity_number", kSingle, nullptr, kSeverityNames},
    {3, kString, "severityText", "severity_text"},
    {5, kMessage, "body", "body", kSingle, &kAnyValueSchema},
    {6, kMessage, "attributes", "attributes", kRepeated, &kKeyValue},
    {7, kUint32, "droppedAttributesCount", "dropped_attributes_count"},
    {8, kFixed32, "flags", "flags"},
    {9, kId, "traceId", "trace_id"},
    {10, kId, "spanId", "span_id"},
    {11, kFixed64, "observedTimeUnixNano", "observed_time_unix_nano"},
    {12, kString, "eventName", "event_name"},
};
const MessageSchema kLogRecord{kLogRecordFields, 2};

const FieldSchema kScopeLogsFields[] = {
    {1, kMessage, "scope", "scope", kSingle, &kScope},
    {2, kMessage, "logRecords", "log_records", kRepeated, &kLogRecord},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kScopeLogs{kScopeLogsFields, 3};

const FieldSchema kResourceLogsFields[] = {
    {1, kMessage, "resource", "resource", kSingle, &kResource},
    {2, kMessage, "scopeLogs", "scope_logs", kRepeated, &kScopeLogs, {}, 1000},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kResourceLogs{kResourceLogsFields, 3};

const FieldSchema kLogsRequestFields[] = {
    {1, kMessage, "resourceLogs", "resource_logs", kRepeated, &kResourceLogs},
};

// Profiles: what is text elsewhere may be an index into their dictionary.
extern const MessageSchema kIndexedAnyValue;
extern const MessageSchema kIndexedKeyValue;

const FieldSchema kIndexedArrayFields[] = {
    {1, kMessage, "values", "values", kRepeated, &kIndexedAnyValue},
};
const FieldSchema kIndexedListFields[] = {
    {1, kMessage, "values", "values", kRepeated, &kIndexedKeyValue},
};
const MessageSchema kIndexedArray{kIndexedArrayFields};
const MessageSchema kIndexedList{kIndexedListFields};
const FieldSchema kIndexedAnyValueFields[] = {
    {1, kString, "stringValue", "string_value"},
    {2, kBool, "boolValue", "bool_value"},
    {3, kInt64, "intValue", "int_value"},
    {4, kDouble, "doubleValue", "double_value"},
    {5, kMessage, "arrayValue", "array_value", kSingle, &kIndexedArray},
    {6, kMessage, "kvlistValue", "kvlist_value", kSingle, &kIndexedList},
    {7, kBytes, "bytesValue", "bytes_value"},
    {8, kInt32, "stringValueStrindex", "string_value_strindex"},
};
const FieldSchema kIndexedKeyValueFields[] = {
    {1, kString, "key", "key"},
    {2, kMessage, "value", "value", kSingle, &kIndexedAnyValue},
    {3, kInt32, "keyStrindex", "key_strindex"},
};
const MessageSchema kIndexedAnyValue{kIndexedAnyValueFields, 1, MessageSchema::Presence::kOneOf};
const MessageSchema kIndexedKeyValue{kIndexedKeyValueFields};

constexpr auto kIndexedResourceFields = SchemaOf<Message::kResource>(std::to_array<FieldSchema>({
    {1, kMessage, "attributes", "attributes", kRepeated, &kIndexedKeyValue},
    {3, kMessage, "entityRefs", "entity_refs", kRepeated, &kEntityRef},
}));
const MessageSchema kIndexedResource{kIndexedResourceFields, 2};
constexpr auto kIndexedScopeFields = SchemaOf<Message::kScope>(std::to_array<FieldSchema>({
    {3, kMessage, "attributes", "attributes", kRepeated, &kIndexedKeyValue},
}));
const MessageSchema kIndexedScope{kIndexedScopeFields};

const FieldSchema kValueTypeFields[] = {
    {1, kInt32, "typeStrindex", "type_strindex"},
    {2, kInt32, "unitStrindex", "unit_strindex"},
};
const MessageSchema kValueType{kValueTypeFields};

const FieldSchema kSampleFields[] = {
    {1, kInt32, "stackIndex", "stack_index"},
    {2, kInt32, "attributeIndices", "attribute_indices", kRepeated},
    {3, kInt32, "linkIndex", "link_index"},
    {4, kInt64, "values", "values", kRepeated},
    {5, kFixed64, "timestampsUnixNano", "timestamps_unix_nano", kRepeated},
};
const MessageSchema kSample{kSampleFields};

const FieldSchema kProfileFields[] = {
    {1, kMessage, "sampleType", "sample_type", kSingle, &kValueType},
    {2, kMessage, "samples", "samples", kRepeated, &kSample},
    {3, kFixed64, "timeUnixNano", "time_unix_nano"},
    {4, kUint64, "durationNano", "duration_nano"},
    {5, kMessage, "periodType", "period_type", kSingle, &kValueType},
    {6, kInt64, "period", "period"},
    {7, kId, "profileId", "profile_id"},
    {8, kUint32, "droppedAttributesCount", "dropped_attributes_count"},
    {9, kString, "originalPayloadFormat", "original_payload_format"},
    {10, kBytes, "originalPayload", "original_payload"},
    {11, kInt32, "attributeIndices", "attribute_indices", kRepeated},
};
const MessageSchema kProfile{kProfileFields, 3};

const FieldSchema kScopeProfilesFields[] = {
    {1, kMessage, "scope", "scope", kSingle, &kIndexedScope},
    {2, kMessage, "profiles", "profiles", kRepeated, &kProfile},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kScopeProfiles{kScopeProfilesFields, 3};

const FieldSchema kResourceProfilesFields[] = {
    {1, kMessage, "resource", "resource", kSingle, &kIndexedResource},
    {2, kMessage, "scopeProfiles", "scope_profiles", kRepeated, &kScopeProfiles},
    {3, kString, "schemaUrl", "schema_url"},
};
const MessageSchema kResourceProfiles{kResourceProfilesFields, 3};

const FieldSchema kMappingFields[] = {
    {1, kUint64, "memoryStart", "memory_start"},
    {2, kUint64, "memoryLimit", "memory_limit"},
    {3, kUint64, "fileOffset", "file_offset"},
    {4, kInt32, "filenameStrindex", "filename_strindex"},
    {5, kInt32, "attributeIndices", "attribute_indices", kRepeated},
};
const FieldSchema kLineFields[] = {
    {1, kInt32, "functionIndex", "function_index"},
    {2, kInt64, "line", "line"},
    {3, kInt64, "column", "column"},
};
const MessageSchema kMapping{kMappingFields};
const MessageSchema kLine{kLineFields};
const FieldSchema kLocationFields[] = {
    {1, kInt32, "mappingIndex", "mapping_index"},
    {2, kUint64, "address", "address"},
    {3, kMessage, "lines", "lines", kRepeated, &kLine},
    {4, kInt32, "attributeIndices", "attribute_indices", kRepeated},
};
const FieldSchema kFunctionFields[] = {
    {1, kInt32, "nameStrindex", "name_strindex"},
    {2, kInt32, "systemNameStrindex", "system_name_strindex"},
    {3, kInt32, "filenameStrindex", "filename_strindex"},
    {4, kInt64, "startLine", "start_line"},
};
const FieldSchema kProfileLinkFields[] = {
    {1, kId, "traceId", "trace_id"},
    {2, kId, "spanId", "span_id"},
};
const FieldSchema kKeyValueAndUnitFields[] = {
    {1, kInt32, "keyStrindex", "key_strindex"},
    {2, kMessage, "value", "value", kSingle, &kIndexedAnyValue},
    {3, kInt32, "unitStrindex", "unit_strindex"},
};
const FieldSchema kStackFields[] = {
    {1, kInt32, "locationIndices", "location_indices", kRepeated},
};
const MessageSchema kLocation{kLocationFields};
const MessageSchema kFunction{kFunctionFields};
const MessageSchema kProfileLink{kProfileLinkFields};
const MessageSchema kKeyValueAndUnit{kKeyValueAndUnitFields};
const MessageSchema kStack{kStackFields};

const FieldSchema kDictionaryFields[] = {
    {1, kMessage, "mappingTable", "mapping_table", kRepeated, &kMapping},
    {2, kMessage, "locationTable", "location_table", kRepeated, &kLocation},
    {3, kMessage, "functionTable", "function_table", kRepeated, &kFunction},
    {4, kMessage, "linkTable", "link_table", kRepeated, &kProfileLink},
    {5, kString, "stringTable", "string_table", kRepeated},
    {6, kMessage, "attributeTable", "attribute_table", kRepeated, &kKeyValueAndUnit},
    {7, kMessage, "stackTable", "stack_table", kRepeated, &kStack},
};
const MessageSchema kDictionary{kDictionaryFields, 3};

const FieldSchema kProfilesRequestFields[] = {
    {1, kMessage, "resourceProfiles", "resource_profiles", kRepeated, &kResourceProfiles},
    {2, kMessage, "dictionary", "dictionary", kSingle, &kDictionary},
};

const FieldSchema kMetricsPartialFields[] = {
    {1, kInt64, "rejectedDataPoints", "rejected_data_points"},
    {2, kString, "errorMessage", "error_message"},
};
const FieldSchema kLogsPartialFields[] = {
    {1, kInt64, "rejectedLogRecords", "rejected_log_records"},
    {2, kString, "errorMessage", "error_message"},
};
const FieldSchema kProfilesPartialFields[] = {
    {1, kInt64, "rejectedProfiles", "rejected_profiles"},
    {2, kString, "errorMessage", "error_message"},
};
const MessageSchema kMetricsPartial{kMetricsPartialFields};
const MessageSchema kLogsPartial{kLogsPartialFields};
const MessageSchema kProfilesPartial{kProfilesPartialFields};
const FieldSchema kMetricsResponseFields[] = {
    {1, kMessage, "partialSuccess", "partial_success", kSingle, &kMetricsPartial},
};
const FieldSchema kLogsResponseFields[] = {
    {1, kMessage, "partialSuccess", "partial_success", kSingle, &kLogsPartial},
};
const FieldSchema kProfilesResponseFields[] = {
    {1, kMessage, "partialSuccess", "partial_success", kSingle, &kProfilesPartial},
};

}  // namespace

const MessageSchema kAnyValueSchema{kAnyValueFields, 1, MessageSchema::Presence::kOneOf};
const MessageSchema kTracesRequestSchema{kTracesRequestFields};
const MessageSchema kMetricsRequestSchema{kMetricsRequestFields};
const MessageSchema kLogsRequestSchema{kLogsRequestFields};
const MessageSchema kProfilesRequestSchema{kProfilesRequestFields};
const MessageSchema kMetricsResponseSchema{kMetricsResponseFields};
const MessageSchema kLogsResponseSchema{kLogsResponseFields};
const MessageSchema kProfilesResponseSchema{kProfilesResponseFields};
const MessageSchema kAnswerTracesSchema{kAnswerTracesFields, 3};
const MessageSchema kTraceAnswerSchema{kTraceAnswerFields, 3};
const MessageSchema kTracesResponseSchema{kTracesResponseFields};

}  // namespace clew::wire::otlp
