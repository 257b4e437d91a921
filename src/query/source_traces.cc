#include "query/source_traces.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace clew::query {
namespace {

// What is in a block is sealed: traces ascend.
Result<std::vector<std::uint32_t>> OrderOf(const scan::SpanSource& source) {
  std::vector<std::uint32_t> order;
  if (!source.block().empty()) return order;
  order.resize(source.stats().span_count);
  std::iota(order.begin(), order.end(), 0u);
  ASSIGN_OR_RETURN(const std::vector<TraceId> ids, source.TraceIds(order));
  if (std::ranges::is_sorted(ids)) return std::vector<std::uint32_t>();
  std::ranges::stable_sort(order, {}, [&](std::uint32_t row) { return ids[row]; });
  return order;
}

}  // namespace

Result<std::optional<SourceTraces>> SourceTraces::Of(const scan::SpanSource& source) {
  SourceTraces all;
  ASSIGN_OR_RETURN(all.traces_, source.Traces());
  std::uint32_t row = 0;
  all.first_rows_.reserve(all.traces_.size());
  for (const scan::TraceSize& trace : all.traces_) {
    all.first_rows_.push_back(row);
    row += trace.span_count;
  }
  if (row != source.stats().span_count) return std::nullopt;
  ASSIGN_OR_RETURN(all.order_, OrderOf(source));
  return std::optional(std::move(all));
}

std::optional<std::size_t> SourceTraces::Find(const TraceId& id) const {
  const auto found = std::ranges::lower_bound(traces_, id, {}, &scan::TraceSize::id);
  if (found == traces_.end() || found->id != id) return std::nullopt;
  return static_cast<std::size_t>(found - traces_.begin());
}

bool SourceTraces::AreThoseOf(const scan::TraceTrees& trees) const {
  return std::ranges::equal(traces_, trees.ids, {}, &scan::TraceSize::id) &&
         trees.first_rows.size() == first_rows_.size() + 1 &&
         std::equal(first_rows_.begin(), first_rows_.end(), trees.first_rows.begin());
}

}  // namespace clew::query
