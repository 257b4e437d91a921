#include "storage/head/fresh_batch.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "model/concatenate.h"
#include "model/memory.h"

namespace clew::storage {
namespace {

// So many small batches are worth joining.
constexpr std::ptrdiff_t kSmallBatchCount = 64;
constexpr std::uint32_t kSmallBatchSpans = 4096;

bool Fits(const RowGroupSize& size, const SealOptions& options) {
  return CheckRowGroupSize(size, options.row_group).has_value();
}

}  // namespace

std::vector<FreshBatch> SmallBatches(std::span<const FreshBatch> batches,
                                     const SealOptions& options) {
  const std::uint64_t span_count_max = options.row_group_span_count;
  const std::uint64_t bytes_max = options.row_group_bytes;
  // Two of them fit into a row group at least.
  const auto is_small = [&](const FreshBatch& fresh) {
    const std::uint64_t span_count = fresh.source->stats().span_count;
    return span_count < std::min<std::uint64_t>(kSmallBatchSpans, span_count_max / 2) &&
           fresh.byte_size < bytes_max / 2;
  };
  if (std::ranges::count_if(batches, is_small) < kSmallBatchCount) return {};
  std::vector<FreshBatch> small;
  std::uint64_t span_count = 0;
  std::uint64_t byte_size = 0;
  RowGroupSize size;
  OnePartition partition;
  for (const FreshBatch& fresh : batches) {
    if (!is_small(fresh) || !partition.Takes(fresh.records)) continue;
    span_count += fresh.source->stats().span_count;
    byte_size += fresh.byte_size;
    size += fresh.size;
    if (span_count > span_count_max || byte_size > bytes_max || !Fits(size, options)) break;
    small.push_back(fresh);
  }
  // Else the first would be joined with nothing, again and again.
  if (small.size() < 2) return {};
  return small;
}

FreshBatch Joined(std::span<const FreshBatch> batches) {
  std::vector<model::SpanColumnsPtr> parts;
  std::vector<const HeldRecords*> records;
  for (const FreshBatch& batch : batches) {
    parts.push_back(batch.source->columns());
    records.push_back(&batch.records);
  }
  auto columns = std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(parts));
  const std::uint64_t byte_size = MemoryOf(*columns);
  const RowGroupSize size = RowGroupSize::Of(*columns);
  return {std::make_shared<const scan::BatchSource>(std::move(columns)), HeldRecords::Join(records),
          byte_size, size, batches.front().added_at};
}

std::vector<FreshBatch> FirstRowGroup(std::span<const FreshBatch> batches,
                                      const SealOptions& options, bool is_partial_too) {
  std::vector<FreshBatch> next;
  std::uint64_t span_count = 0;
  std::uint64_t byte_size = 0;
  RowGroupSize size;
  OnePartition partition;
  bool has_room = true;
  const auto is_full = [&] {
    return !has_room || span_count >= options.row_group_span_count ||
           byte_size >= options.row_group_bytes;
  };
  for (const FreshBatch& fresh : batches) {
    size += fresh.size;
    has_room = partition.Takes(fresh.records) && (next.empty() || Fits(size, options));
    if (is_full()) break;
    next.push_back(fresh);
    span_count += fresh.source->stats().span_count;
    byte_size += fresh.byte_size;
  }
  if (!is_full() && !is_partial_too) next.clear();
  return next;
}

}  // namespace clew::storage
