#pragma once

#include <string_view>

#include "model/signal.h"

/// A request of each signal in OTLP/JSON, with every kind of field that the signal has, in the form
/// that RequestToJson writes.
namespace clew::wire::otlp::testing {

/// Six data points, one of each kind and two of the gauge.
inline constexpr std::string_view kMetricsJson =
    R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"scope":{"name":"lib"},"metrics":[)"
    R"({"name":"load","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"7","asDouble":0.0},{"timeUnixNano":"8","asInt":"-3","attributes":[{"key":"core","value":{"intValue":"1"}}]}]}},)"
    R"({"name":"calls","sum":{"dataPoints":[{"startTimeUnixNano":"1","timeUnixNano":"7","exemplars":[{"timeUnixNano":"6","asDouble":1.5,"spanId":"0102030405060708","traceId":"0102030405060708090a0b0c0d0e0f10"}],"asInt":"0"}],"aggregationTemporality":2,"isMonotonic":true}},)"
    R"({"name":"time","histogram":{"dataPoints":[{"timeUnixNano":"7","count":"3","sum":0.0,"bucketCounts":["1","2","0"],"explicitBounds":[0.5,10],"min":0.25,"max":9}],"aggregationTemporality":1}},)"
    R"({"name":"size","exponentialHistogram":{"dataPoints":[{"timeUnixNano":"7","count":"4","scale":-2,"zeroCount":"1","positive":{"offset":-1,"bucketCounts":["1","300"]},"negative":{"offset":3,"bucketCounts":["2"]},"zeroThreshold":0.001}],"aggregationTemporality":2}},)"
    R"({"name":"old","summary":{"dataPoints":[{"timeUnixNano":"7","count":"2","sum":3,"quantileValues":[{"quantile":0.5,"value":1}]}]},"metadata":[{"key":"m","value":{"boolValue":true}}]}]}]}]})";

/// Three log records.
inline constexpr std::string_view kLogsJson =
    R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"scope":{"name":"lib"},"logRecords":[)"
    R"({"timeUnixNano":"7","severityNumber":9,"severityText":"INFO","body":{"stringValue":"one"},"attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"1"},{}]}}}],"droppedAttributesCount":2,"flags":1,"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","observedTimeUnixNano":"8","eventName":"e"},)"
    R"({"body":{"stringValue":"two"}}]},{"logRecords":[{"body":{"kvlistValue":{"values":[{"key":"n","value":{"doubleValue":2.5}}]}}}],"schemaUrl":"s"}]}]})";

/// Three samples in two profiles, and their dictionary.
inline constexpr std::string_view kProfilesJson =
    R"({"resourceProfiles":[{"resource":{"attributes":[{"value":{"stringValueStrindex":2},"keyStrindex":1}]},"scopeProfiles":[{"scope":{"name":"lib"},"profiles":[)"
    R"({"sampleType":{"typeStrindex":1,"unitStrindex":2},"samples":[{"stackIndex":1,"attributeIndices":[1],"linkIndex":1,"values":["-5","6"],"timestampsUnixNano":["7","8"]},{"stackIndex":1}],"timeUnixNano":"1","durationNano":"2","period":"10","profileId":"0102030405060708090a0b0c0d0e0f10","originalPayloadFormat":"pprof","originalPayload":"AAE=","attributeIndices":[1]},)"
    R"({"samples":[{"values":["1"]}]}]}]}],"dictionary":{"mappingTable":[{},{"memoryStart":"1","filenameStrindex":1}],"locationTable":[{},{"mappingIndex":1,"address":"99","lines":[{"functionIndex":1,"line":"3"}]}],"functionTable":[{},{"nameStrindex":2,"startLine":"4"}],"linkTable":[{},{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}],"stringTable":["","cpu","main"],"attributeTable":[{},{"keyStrindex":1,"value":{"intValue":"3"},"unitStrindex":2}],"stackTable":[{},{"locationIndices":[1,0]}]}})";

inline constexpr std::string_view kTracesJson =
    R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a"}]}]}]})";

constexpr std::string_view SampleJson(model::Signal signal) {
  switch (signal) {
    case model::Signal::kMetrics:
      return kMetricsJson;
    case model::Signal::kLogs:
      return kLogsJson;
    case model::Signal::kProfiles:
      return kProfilesJson;
    case model::Signal::kTraces:
      break;
  }
  return kTracesJson;
}

/// How many items SampleJson has.
constexpr std::size_t SampleItemCount(model::Signal signal) {
  constexpr std::size_t kCounts[] = {1, 6, 3, 3};
  return kCounts[static_cast<std::size_t>(signal)];
}

}  // namespace clew::wire::otlp::testing
