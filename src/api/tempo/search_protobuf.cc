#include "api/tempo/search_protobuf.h"

#include <utility>

#include "api/tempo/protobuf_values.h"

namespace clew::api::tempo {
namespace {

namespace response {
enum : std::uint32_t { kTraces = 1, kMetrics = 2 };
}  // namespace response

namespace trace_field {
enum : std::uint32_t {
  kId = 1,
  kRootService = 2,
  kRootName = 3,
  kStart = 4,
  kDurationMs = 5,
  kSpanSet = 6,
  kSpanSets = 7,
  kServiceStats = 8
};
}  // namespace trace_field

/// An entry of serviceStats, and what it has of a service.
namespace service_field {
enum : std::uint32_t { kName = 1, kStats = 2, kSpanCount = 1, kErrorCount = 2 };
}  // namespace service_field

namespace set_field {
enum : std::uint32_t { kSpans = 1, kMatched = 2, kAttributes = 3 };
}  // namespace set_field

namespace span_field {
enum : std::uint32_t { kId = 1, kName = 2, kStart = 3, kDuration = 4, kAttributes = 5 };
}  // namespace span_field

namespace metrics_field {
enum : std::uint32_t {
  kInspectedTraces = 1,
  kInspectedBytes = 2,
  kCompletedJobs = 4,
  kTotalJobs = 5,
  kInspectedSpans = 7,
  kAdditional = 10
};
}  // namespace metrics_field

void WriteAttributes(FieldWriter& out, std::uint32_t number,
                     const std::vector<query::NamedValue>& attributes) {
  for (const query::NamedValue& attribute : attributes) {
    KeyValueField(out, number, attribute.name, attribute.value);
  }
}

void WriteSet(FieldWriter& out, const FoundSet& set) {
  for (const FoundSpan& span : set.spans) {
    MessageField(out, set_field::kSpans, [&] {
      TextField(out, span_field::kId, span.id);
      TextField(out, span_field::kName, span.name.value_or(""));
      NumberField(out, span_field::kStart, span.start);
      NumberField(out, span_field::kDuration, span.duration);
      WriteAttributes(out, span_field::kAttributes, span.attributes);
    });
  }
  NumberField(out, set_field::kMatched, set.matched);
  WriteAttributes(out, set_field::kAttributes, set.attributes);
}

void WriteService(FieldWriter& out, const analysis::ServiceSummary& service) {
  TextField(out, service_field::kName, service.name);
  MessageField(out, service_field::kStats, [&] {
    NumberField(out, service_field::kSpanCount, service.span_count);
    NumberField(out, service_field::kErrorCount, service.error_span_count);
  });
}

}  // namespace

std::string TraceField(const FoundTrace& trace) {
  FieldWriter out;
  MessageField(out, response::kTraces, [&] {
    TextField(out, trace_field::kId, trace.id);
    TextField(out, trace_field::kRootService, trace.root_service);
    TextField(out, trace_field::kRootName, trace.root_name);
    NumberField(out, trace_field::kStart, trace.start);
    NumberField(out, trace_field::kDurationMs, trace.duration_ms);
    if (!trace.sets.empty()) {
      MessageField(out, trace_field::kSpanSet, [&] { WriteSet(out, trace.sets.front()); });
    }
    for (const FoundSet& set : trace.sets) {
      MessageField(out, trace_field::kSpanSets, [&] { WriteSet(out, set); });
    }
    for (const analysis::ServiceSummary& service : trace.services) {
      MessageField(out, trace_field::kServiceStats, [&] { WriteService(out, service); });
    }
  });
  return std::move(out.out());
}

std::string SearchMetricsField(const query::QueryStats& stats, std::size_t trace_count) {
  const query::OperatorStats all = TotalOf(stats);
  FieldWriter out;
  MessageField(out, response::kMetrics, [&] {
    NumberField(out, metrics_field::kInspectedTraces, trace_count);
    NumberField(out, metrics_field::kInspectedBytes, all.bytes_read);
    // A search is one job, and done.
    NumberField(out, metrics_field::kCompletedJobs, 1);
    NumberField(out, metrics_field::kTotalJobs, 1);
    NumberField(out, metrics_field::kInspectedSpans, all.spans_scanned);
    CountField(out, metrics_field::kAdditional, "rowGroupsInspected", all.row_groups_read);
    CountField(out, metrics_field::kAdditional, "rowGroupsSkipped", all.row_groups_skipped);
    CountField(out, metrics_field::kAdditional, "pagesInspected", all.pages_read);
    CountField(out, metrics_field::kAdditional, "pagesSkipped", all.pages_skipped);
  });
  return std::move(out.out());
}

std::string UnfinishedMetricsField(std::size_t trace_count) {
  FieldWriter out;
  MessageField(out, response::kMetrics, [&] {
    NumberField(out, metrics_field::kInspectedTraces, trace_count);
    NumberField(out, metrics_field::kTotalJobs, 1);
  });
  return std::move(out.out());
}

}  // namespace clew::api::tempo
