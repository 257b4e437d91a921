#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/span_columns.h"

namespace clew::analysis {

struct ServiceSummary {
  std::string name;
  std::uint64_t span_count = 0;
  std::uint64_t error_span_count = 0;
  bool operator==(const ServiceSummary&) const = default;
};

/// A trace in one line (jaeger.md sections 12 and 15).
struct TraceSummary {
  TraceId trace_id;
  /// Of the earliest span without a parent; empty when there is none.
  std::string root_service;
  std::string root_operation;
  UnixNanos start_min = 0;
  /// A span without an end counts as one that ends when it starts.
  UnixNanos end_max = 0;
  std::uint64_t span_count = 0;
  /// Spans of status Error.
  std::uint64_t error_span_count = 0;
  /// Spans whose parent is not in the trace.
  std::uint64_t orphan_span_count = 0;
  /// In byte order of their names.
  std::vector<ServiceSummary> services;

  Nanos duration() const { return model::SpanDuration(start_min, end_max); }
};

/// `trace` holds one trace; an empty one gives an empty summary. Linear.
TraceSummary Summarize(const model::SpanColumns& spans);

}  // namespace clew::analysis
