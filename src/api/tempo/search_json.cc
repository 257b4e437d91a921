#include "api/tempo/search_json.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "analysis/trace_summary.h"
#include "api/tempo/json_values.h"
#include "model/service_name.h"
#include "wire/otlp/json_text.h"

namespace clew::api::tempo {
namespace {

constexpr std::string_view kNoRoot = "<root span not yet received>";

void WriteAttributes(Json& json, const std::vector<query::NamedValue>& attributes) {
  if (attributes.empty()) return;
  json.Key("attributes");
  json.StartArray();
  for (const query::NamedValue& attribute : attributes) {
    WriteKeyValue(json, attribute.name, attribute.value);
  }
  json.EndArray();
}

class TraceWriter {
 public:
  TraceWriter(const query::MatchedTrace& trace, Json* json)
      : trace_(trace), spans_(*trace.spans), json_(*json) {}

  void Write() {
    const analysis::TraceSummary summary = analysis::Summarize(spans_);
    json_.StartObject();
    json_.Key("traceID");
    Text(json_, ShortId(summary.trace_id));
    json_.Key("rootServiceName");
    Text(json_, summary.root_service.empty() ? kNoRoot : summary.root_service);
    if (!summary.root_operation.empty()) {
      json_.Key("rootTraceName");
      Text(json_, summary.root_operation);
    }
    json_.Key("startTimeUnixNano");
    NumberText(json_, static_cast<std::uint64_t>(summary.start_min));
    const auto millis =
        std::chrono::duration_cast<std::chrono::milliseconds>(summary.duration()).count();
    if (millis > 0) {
      json_.Key("durationMs");
      json_.Uint(static_cast<unsigned>(std::min<std::int64_t>(millis, ~std::uint32_t{0})));
    }
    if (!trace_.sets.empty()) {
      // What clients from before there were several look for.
      json_.Key("spanSet");
      WriteSet(trace_.sets.front());
      json_.Key("spanSets");
      json_.StartArray();
      for (const query::MatchedSet& set : trace_.sets) WriteSet(set);
      json_.EndArray();
    }
    json_.Key("serviceStats");
    json_.StartObject();
    for (const analysis::ServiceSummary& service : summary.services) WriteService(service);
    json_.EndObject();
    json_.EndObject();
  }

 private:
  // Without zeros in front, as Tempo's search has them.
  static std::string ShortId(const TraceId& id) {
    const std::string hex = id.ToHex();
    return hex.substr(std::min(hex.find_first_not_of('0'), hex.size() - 1));
  }

  void WriteService(const analysis::ServiceSummary& service) {
    const std::string name = wire::otlp::RepairUtf8(service.name);
    json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    json_.StartObject();
    json_.Key("spanCount");
    json_.Uint64(service.span_count);
    if (service.error_span_count > 0) {
      json_.Key("errorCount");
      json_.Uint64(service.error_span_count);
    }
    json_.EndObject();
  }

  void WriteSet(const query::MatchedSet& set) {
    json_.StartObject();
    json_.Key("spans");
    json_.StartArray();
    for (const query::MatchedSpan& span : set.spans) WriteSpan(span);
    json_.EndArray();
    json_.Key("matched");
    json_.Uint64(set.span_count);
    WriteAttributes(json_, set.attributes);
    json_.EndObject();
  }

  void WriteSpan(const query::MatchedSpan& span) {
    const UnixNanos start = spans_.starts[span.row];
    json_.StartObject();
    json_.Key("spanID");
    Text(json_, spans_.span_ids[span.row].ToHex());
    if (trace_.shows_names) {
      json_.Key("name");
      Text(json_, model::OperationName(spans_.names[span.row]));
    }
    json_.Key("startTimeUnixNano");
    NumberText(json_, static_cast<std::uint64_t>(start));
    json_.Key("durationNanos");
    NumberText(json_, model::SpanDuration(start, spans_.ends[span.row]).count());
    WriteAttributes(json_, span.attributes);
    json_.EndObject();
  }

  const query::MatchedTrace& trace_;
  const model::SpanColumns& spans_;
  Json& json_;
};

}  // namespace

std::string TraceJson(const query::MatchedTrace& trace) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  TraceWriter(trace, &json).Write();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string SearchMetricsJson(const query::QueryStats& stats, std::size_t trace_count) {
  query::OperatorStats all;
  for (const query::OperatorStats& one : stats.operators) {
    all.bytes_read += one.bytes_read;
    all.pages_read += one.pages_read;
    all.pages_skipped += one.pages_skipped;
    all.row_groups_read += one.row_groups_read;
    all.row_groups_skipped += one.row_groups_skipped;
    all.spans_scanned += one.spans_scanned;
  }
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
