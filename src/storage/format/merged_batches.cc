#include "storage/format/merged_batches.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <tuple>

#include "model/attribute_index.h"
#include "storage/format/equal_rows.h"
#include "storage/format/trace_order.h"

namespace clew::storage {
namespace {

using model::Owner;
using model::SpanColumns;

// Big-endian halves, so that numbers order as ids do.
struct SpanKey {
  std::uint64_t trace_high;
  std::uint64_t trace_low;
  UnixNanos start;
  std::uint64_t span;
  RowOrigin origin;
};

std::uint64_t BigEndian(const std::uint8_t* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, 8);
  return __builtin_bswap64(word);
}

std::vector<SpanKey> SortedKeys(const std::vector<model::SpanColumnsPtr>& batches) {
  std::vector<SpanKey> keys;
  for (std::uint32_t batch = 0; batch < batches.size(); ++batch) {
    const SpanColumns& columns = *batches[batch];
    for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
      const std::uint8_t* trace = columns.trace_ids[row].bytes.data();
      keys.push_back({BigEndian(trace),
                      BigEndian(trace + 8),
                      columns.starts[row],
                      BigEndian(columns.span_ids[row].bytes.data()),
                      {batch, row}});
    }
  }
  std::ranges::sort(keys, [](const SpanKey& a, const SpanKey& b) {
    return std::tie(a.trace_high, a.trace_low, a.start, a.span, a.origin.batch, a.origin.row) <
           std::tie(b.trace_high, b.trace_low, b.start, b.span, b.origin.batch, b.origin.row);
  });
  return keys;
}

// Keys of one trace come by start. Depth first, each span has its descendants right behind it, so
// that structure is a range of rows and a trace is read in one piece; siblings keep their order.
void AddTrace(std::span<const SpanKey> keys, DepthFirstOrder* order, MergedBatches* merged) {
  std::vector<SpanLink> links;
  links.reserve(keys.size());
  for (const SpanKey& key : keys) {
    const SpanColumns& batch = merged->BatchOf(key.origin);
    links.push_back({key.span, BigEndian(batch.parent_span_ids[key.origin.row].bytes.data())});
  }
  order->Arrange(links);
  if (order->has_repeated_ids()) {
    merged->repeating_traces.push_back(static_cast<std::uint32_t>(merged->trace_starts.size()));
  }
  merged->trace_starts.push_back(merged->spans.row_count());
  merged->trace_start_times.push_back(keys.front().start);
  for (const std::uint32_t place : order->order()) {
    const RowOrigin origin = keys[place].origin;
    merged->spans.places[origin.batch][origin.row] = merged->spans.row_count();
    merged->spans.origins.push_back(origin);
  }
  merged->parents.insert(merged->parents.end(), order->parents().begin(), order->parents().end());
}

void OrderSpans(MergedBatches* merged) {
  for (const model::SpanColumnsPtr& batch : merged->batches) {
    merged->spans.places.emplace_back(batch->span_count());
  }
  const std::vector<SpanKey> keys = SortedKeys(merged->batches);
  DepthFirstOrder order;
  for (std::size_t first = 0; first < keys.size();) {
    std::size_t end = first + 1;
    while (end < keys.size() && keys[end].trace_high == keys[first].trace_high &&
           keys[end].trace_low == keys[first].trace_low) {
      ++end;
    }
    AddTrace(std::span(keys).subspan(first, end - first), &order, merged);
    first = end;
  }
  merged->trace_starts.push_back(merged->spans.row_count());
}

template <typename SpanRows>
void OrderChildren(const MergedBatches& merged, SpanRows span_rows_of, MergedTable* table) {
  std::vector<std::vector<std::uint32_t>> starts;
  for (const model::SpanColumnsPtr& batch : merged.batches) {
    const model::Column<std::uint32_t>& span_rows = span_rows_of(*batch);
    starts.push_back(model::ChildStarts(span_rows, batch->span_count()));
    table->places.emplace_back(span_rows.size());
  }
  for (const RowOrigin span : merged.spans.origins) {
    const std::vector<std::uint32_t>& of_batch = starts[span.batch];
    for (std::uint32_t row = of_batch[span.row]; row < of_batch[span.row + 1]; ++row) {
      table->places[span.batch][row] = table->row_count();
      table->origins.push_back({span.batch, row});
    }
  }
}

}  // namespace

const MergedTable& MergedBatches::TableOf(Owner owner) const {
  switch (owner) {
    case Owner::kResource:
      return resources;
    case Owner::kScope:
      return scopes;
    case Owner::kEvent:
      return events;
    case Owner::kLink:
      return links;
    case Owner::kSpan:
      break;
  }
  return spans;
}

// Nothing is moved yet: it is decided which row of which batch goes where, and pages are then
// written column by column in that order. Rows of spans are sorted by trace, then depth first;
// resources and scopes that are equal become one, in the order in which they first come, for a page
// of few values packs well; events and links follow their spans.
MergedBatches MergeBatches(const std::vector<model::SpanColumnsPtr>& batches) {
  MergedBatches merged;
  merged.batches = batches;
  OrderSpans(&merged);
  merged.resource_rows = MergeEqualRows(batches, Owner::kResource, &merged.resources);
  merged.scope_rows = MergeEqualRows(batches, Owner::kScope, &merged.scopes);
  OrderChildren(
      merged, [](const SpanColumns& columns) -> auto& { return columns.events.span_rows; },
      &merged.events);
  OrderChildren(
      merged, [](const SpanColumns& columns) -> auto& { return columns.links.span_rows; },
      &merged.links);
  return merged;
}

}  // namespace clew::storage
