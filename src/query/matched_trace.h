#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/span_columns.h"
#include "model/value.h"

namespace clew::query {

/// A value by the name that TraceQL has for it: `http.url`, `count()`. An attribute of a span has
/// the name with which it was sent, which may be an older or newer one than the query asks for.
struct NamedValue {
  std::string name;
  /// A string, bool, int or double, or an array of those; what has no form of its own in OTLP
  /// (durations, statuses, kinds, nil) as text.
  model::Value value;
};

struct MatchedSpan {
  std::uint32_t row = 0;
  /// What the query has asked of it.
  std::vector<NamedValue> attributes{};
};

/// Spans of a trace that a query keeps together.
struct MatchedSet {
  /// How many there are: maybe more than `spans`.
  std::uint64_t span_count = 0;
  /// The first of them by start.
  std::vector<MatchedSpan> spans{};
  /// Of the set: what it was grouped by, and aggregates.
  std::vector<NamedValue> attributes{};
};

/// A whole trace, and what of it a query keeps.
struct MatchedTrace {
  model::SpanColumnsPtr spans;
  std::vector<MatchedSet> sets;
  /// The query has asked for the names of spans.
  bool shows_names = false;
};

}  // namespace clew::query
