#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "traceql/evaluate/nested_sets.h"

namespace clew::traceql::evaluate {

/// Rows [begin, end) of a table.
struct RowRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool empty() const { return begin == end; }
};

/// A whole trace, and what follows from all of its spans: made when first asked for. One thread.
class TraceView {
 public:
  /// The spans of one trace, each once, in any order; fewer than 2^31. They outlive it.
  explicit TraceView(const model::SpanColumns& spans) : spans_(spans) {}
  TraceView(const TraceView&) = delete;
  TraceView& operator=(const TraceView&) = delete;

  const model::SpanColumns& spans() const { return spans_; }
  std::uint32_t span_count() const { return static_cast<std::uint32_t>(spans_.span_count()); }

  /// All rows by start, then row: the order of everything that an evaluation gives.
  std::span<const std::uint32_t> Order();
  const NestedSets& Sets();
  /// The row of the earliest span that names no parent and has no link that says child_of to the
  /// same trace; kNoRow when there is none.
  std::uint32_t Root();
  /// From the earliest start to the latest end.
  Nanos Duration();
  /// Rows in the tables of events and links.
  RowRange EventsOf(std::uint32_t row) { return Range(spans_.events.span_rows, &events_, row); }
  RowRange LinksOf(std::uint32_t row) { return Range(spans_.links.span_rows, &links_, row); }

 private:
  using Starts = std::optional<std::vector<std::uint32_t>>;

  RowRange Range(std::span<const std::uint32_t> span_rows, Starts* starts, std::uint32_t row);
  std::uint32_t FindRoot();

  const model::SpanColumns& spans_;
  std::vector<std::uint32_t> order_;
  std::optional<NestedSets> sets_;
  std::optional<std::uint32_t> root_;
  std::optional<Nanos> duration_;
  Starts events_;
  Starts links_;
};

}  // namespace clew::traceql::evaluate
