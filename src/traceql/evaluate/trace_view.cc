#include "traceql/evaluate/trace_view.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>

#include "model/attribute_index.h"

namespace clew::traceql::evaluate {
namespace {

/// Times are unsigned, as on the wire.
std::uint64_t TimeOf(UnixNanos time) { return static_cast<std::uint64_t>(time); }

}  // namespace

std::span<const std::uint32_t> TraceView::Order() {
  if (order_.empty()) {
    order_.resize(span_count());
    std::iota(order_.begin(), order_.end(), 0U);
    std::ranges::stable_sort(order_, {},
                             [this](std::uint32_t row) { return TimeOf(spans_.starts[row]); });
  }
  return order_;
}

const NestedSets& TraceView::Sets() {
  if (!sets_) sets_ = NumberSpans(spans_, Order());
  return *sets_;
}

std::uint32_t TraceView::Root() {
  if (!root_) root_ = FindRoot();
  return *root_;
}

std::uint32_t TraceView::FindRoot() {
  std::vector<bool> is_child(span_count(), false);
  for (const model::AttributeColumn& column : spans_.attributes) {
    const bool is_type_of_link = column.owner == model::Owner::kLink &&
                                 column.type == model::ValueType::kString &&
                                 column.key == "opentracing.ref_type";
    for (std::size_t i = 0; is_type_of_link && i < column.count(); ++i) {
      const std::uint32_t span = spans_.links.span_rows[column.rows[i]];
      const bool is_same_trace = spans_.links.trace_ids[column.rows[i]] == spans_.trace_ids[span];
      if (is_same_trace && column.strings[i] == "child_of") is_child[span] = true;
    }
  }
  const auto order = Order();
  const auto root = std::ranges::find_if(order, [&](std::uint32_t row) {
    return spans_.parent_span_ids[row].is_zero() && !is_child[row];
  });
  return root == order.end() ? kNoRow : *root;
}

Nanos TraceView::Duration() {
  if (!duration_) {
    std::uint64_t start = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t end = 0;
    for (std::uint32_t row = 0; row < span_count(); ++row) {
      start = std::min(start, TimeOf(spans_.starts[row]));
      // What has no end ends when it starts.
      end = std::max({end, TimeOf(spans_.ends[row]), TimeOf(spans_.starts[row])});
    }
    duration_ = model::SpanDuration(static_cast<UnixNanos>(start), static_cast<UnixNanos>(end));
  }
  return *duration_;
}

RowRange TraceView::Range(std::span<const std::uint32_t> span_rows, Starts* starts,
                          std::uint32_t row) {
  if (span_rows.empty()) return {};
  if (!*starts) *starts = model::ChildStarts(span_rows, span_count());
  return {(**starts)[row], (**starts)[row + std::size_t{1}]};
}

}  // namespace clew::traceql::evaluate
