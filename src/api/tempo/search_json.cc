#include "api/tempo/search_json.h"

#include "api/tempo/json_values.h"

namespace clew::api::tempo {
namespace {

void WriteAttributes(Json& json, const std::vector<query::NamedValue>& attributes) {
  if (attributes.empty()) return;
  json.Key("attributes");
  json.StartArray();
  for (const query::NamedValue& attribute : attributes) {
    WriteKeyValue(json, attribute.name, attribute.value);
  }
  json.EndArray();
}

void WriteSpan(Json& json, const FoundSpan& span) {
  json.StartObject();
  json.Key("spanID");
  Text(json, span.id);
  if (span.name) {
    json.Key("name");
    Text(json, *span.name);
  }
  json.Key("startTimeUnixNano");
  NumberText(json, span.start);
  json.Key("durationNanos");
  NumberText(json, span.duration);
  WriteAttributes(json, span.attributes);
  json.EndObject();
}

void WriteSet(Json& json, const FoundSet& set) {
  json.StartObject();
  json.Key("spans");
  json.StartArray();
  for (const FoundSpan& span : set.spans) WriteSpan(json, span);
  json.EndArray();
  json.Key("matched");
  json.Uint64(set.matched);
  WriteAttributes(json, set.attributes);
  json.EndObject();
}

void WriteService(Json& json, const analysis::ServiceSummary& service) {
  json.Key(service.name.data(), static_cast<rapidjson::SizeType>(service.name.size()));
  json.StartObject();
  json.Key("spanCount");
  json.Uint64(service.span_count);
  if (service.error_span_count > 0) {
    json.Key("errorCount");
    json.Uint64(service.error_span_count);
  }
  json.EndObject();
}

}  // namespace

std::string TraceJson(const FoundTrace& trace) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  json.Key("traceID");
  Text(json, trace.id);
  json.Key("rootServiceName");
  Text(json, trace.root_service);
  if (!trace.root_name.empty()) {
    json.Key("rootTraceName");
    Text(json, trace.root_name);
  }
  json.Key("startTimeUnixNano");
  NumberText(json, trace.start);
  if (trace.duration_ms > 0) {
    json.Key("durationMs");
    json.Uint(trace.duration_ms);
  }
  if (!trace.sets.empty()) {
    // What clients from before there were several look for.
    json.Key("spanSet");
    WriteSet(json, trace.sets.front());
    json.Key("spanSets");
    json.StartArray();
    for (const FoundSet& set : trace.sets) WriteSet(json, set);
    json.EndArray();
  }
  json.Key("serviceStats");
  json.StartObject();
  for (const analysis::ServiceSummary& service : trace.services) WriteService(json, service);
  json.EndObject();
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string SearchMetricsJson(const query::QueryStats& stats, std::size_t trace_count) {
  const query::OperatorStats all = TotalOf(stats);
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  json.Key("inspectedTraces");
  json.Uint64(trace_count);
  json.Key("inspectedBytes");
  NumberText(json, all.bytes_read);
  // A search is one job, and done.
  json.Key("completedJobs");
  json.Uint(1);
  json.Key("totalJobs");
  json.Uint(1);
  json.Key("inspectedSpans");
  NumberText(json, all.spans_scanned);
  json.Key("additionalMetrics");
  json.StartObject();
  json.Key("rowGroupsInspected");
  NumberText(json, all.row_groups_read);
  json.Key("rowGroupsSkipped");
  NumberText(json, all.row_groups_skipped);
  json.Key("pagesInspected");
  NumberText(json, all.pages_read);
  json.Key("pagesSkipped");
  NumberText(json, all.pages_skipped);
  json.EndObject();
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace clew::api::tempo
