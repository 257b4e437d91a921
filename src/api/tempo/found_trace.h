#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/trace_summary.h"
#include "query/matched_trace.h"
#include "query/query_stats.h"

/// What the answer of a search says, before it is written in one of its forms. All text is UTF-8.
namespace clew::api::tempo {

struct FoundSpan {
  std::string id;  // hex
  /// Nothing when the query does not ask for it.
  std::optional<std::string> name{};
  std::uint64_t start = 0;
  std::uint64_t duration = 0;
  std::vector<query::NamedValue> attributes{};
};

struct FoundSet {
  std::vector<FoundSpan> spans{};
  std::uint64_t matched = 0;
  std::vector<query::NamedValue> attributes{};
};

/// An element of `traces` (tempo-api.md section 4.1).
struct FoundTrace {
  std::string id;  // hex, without zeros in front
  std::string root_service;
  std::string root_name;
  std::uint64_t start = 0;
  /// Cut to whole ones.
  std::uint32_t duration_ms = 0;
  std::vector<FoundSet> sets{};
  std::vector<analysis::ServiceSummary> services{};
};

FoundTrace FoundTraceOf(const query::MatchedTrace& trace);

/// `value` as answers have it: bools, numbers, texts and arrays of those; what is something else
/// is a text.
model::Value ShownValue(const model::Value& value);

/// What all operators together did.
query::OperatorStats TotalOf(const query::QueryStats& stats);

}  // namespace clew::api::tempo
