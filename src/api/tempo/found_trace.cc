#include "api/tempo/found_trace.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

#include "model/service_name.h"
#include "wire/otlp/json_text.h"

namespace clew::api::tempo {
namespace {

using wire::otlp::RepairUtf8;

constexpr std::string_view kNoRoot = "<root span not yet received>";

// Without zeros in front, as Tempo's search has them.
std::string ShortId(const TraceId& id) {
  const std::string hex = id.ToHex();
  return hex.substr(std::min(hex.find_first_not_of('0'), hex.size() - 1));
}

std::vector<query::NamedValue> Shown(const std::vector<query::NamedValue>& attributes) {
  std::vector<query::NamedValue> shown;
  shown.reserve(attributes.size());
  for (const query::NamedValue& attribute : attributes) {
    shown.push_back({RepairUtf8(attribute.name), ShownValue(attribute.value)});
  }
  return shown;
}

FoundSpan FoundSpanOf(const query::MatchedTrace& trace, const query::MatchedSpan& matched) {
  const model::SpanColumns& spans = *trace.spans;
  const UnixNanos start = spans.starts[matched.row];
  FoundSpan span{.id = spans.span_ids[matched.row].ToHex(),
                 .start = static_cast<std::uint64_t>(start),
                 .duration = static_cast<std::uint64_t>(
                     model::SpanDuration(start, spans.ends[matched.row]).count()),
                 .attributes = Shown(matched.attributes)};
  if (trace.shows_names) span.name = RepairUtf8(model::OperationName(spans.names[matched.row]));
  return span;
}

}  // namespace

FoundTrace FoundTraceOf(const query::MatchedTrace& trace) {
  analysis::TraceSummary summary = analysis::Summarize(*trace.spans);
  const std::int64_t millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(summary.duration()).count();
  FoundTrace found{.id = ShortId(summary.trace_id),
                   .root_service = RepairUtf8(summary.root_service.empty()
                                                  ? kNoRoot
                                                  : std::string_view(summary.root_service)),
                   .root_name = RepairUtf8(summary.root_operation),
                   .start = static_cast<std::uint64_t>(summary.start_min),
                   .duration_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
                       millis, 0, std::numeric_limits<std::uint32_t>::max())),
                   .services = std::move(summary.services)};
  for (analysis::ServiceSummary& service : found.services) service.name = RepairUtf8(service.name);
  for (const query::MatchedSet& set : trace.sets) {
    FoundSet& shown = found.sets.emplace_back();
    for (const query::MatchedSpan& span : set.spans) {
      shown.spans.push_back(FoundSpanOf(trace, span));
    }
    shown.matched = set.span_count;
    shown.attributes = Shown(set.attributes);
  }
  return found;
}

model::Value ShownValue(const model::Value& value) {
  switch (value.type()) {
    case model::ValueType::kBool:
    case model::ValueType::kInt:
    case model::ValueType::kDouble:
      return value;
    case model::ValueType::kArray: {
      model::Value::Array items;
      for (const model::Value& item : std::get<model::Value::Array>(value.data)) {
        items.push_back(ShownValue(item));
      }
      return {std::move(items)};
    }
    default:
      return {RepairUtf8(model::ValueToText(value))};
  }
}

query::OperatorStats TotalOf(const query::QueryStats& stats) {
  query::OperatorStats all;
  for (const query::OperatorStats& one : stats.operators) {
    all.bytes_read += one.bytes_read;
    all.pages_read += one.pages_read;
    all.pages_skipped += one.pages_skipped;
    all.row_groups_read += one.row_groups_read;
    all.row_groups_skipped += one.row_groups_skipped;
    all.spans_scanned += one.spans_scanned;
  }
  return all;
}

}  // namespace clew::api::tempo
