#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "scan/span_source.h"

namespace clew::query {

/// The traces of a source and the rows of their spans. Immutable; any thread.
class SourceTraces {
 public:
  /// Nothing where something of it is damaged.
  static Result<std::optional<SourceTraces>> Of(const scan::SpanSource& source);

  std::optional<std::size_t> Find(const TraceId& id) const;
  std::size_t count() const { return traces_.size(); }
  const TraceId& id(std::size_t trace) const { return traces_[trace].id; }
  std::size_t span_count(std::size_t trace) const { return traces_[trace].span_count; }
  /// The row of a span of the trace, in the order of TraceTrees.
  std::uint32_t RowOf(std::size_t trace, std::size_t span) const {
    const std::uint32_t place = first_rows_[trace] + static_cast<std::uint32_t>(span);
    return order_.empty() ? place : order_[place];
  }
  /// Whether trees are of the same traces, each in its place.
  bool AreThoseOf(const scan::TraceTrees& trees) const;

 private:
  std::vector<scan::TraceSize> traces_;
  std::vector<std::uint32_t> first_rows_;
  /// Empty: spans of a trace are neighbours, and traces ascend.
  std::vector<std::uint32_t> order_;
};

}  // namespace clew::query
