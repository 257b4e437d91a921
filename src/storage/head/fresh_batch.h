#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scan/batch_source.h"
#include "storage/format/row_group_size.h"
#include "storage/head/held_records.h"
#include "storage/head/seal_options.h"

namespace clew::storage {

/// A batch in the head as it came, or what was joined of several.
struct FreshBatch {
  std::shared_ptr<const scan::BatchSource> source;
  HeldRecords records;
  std::uint64_t byte_size;
  RowGroupSize size;
  /// By the monotonic clock; of those that were joined the oldest.
  Nanos added_at;
};

/// Those of `batches` that are worth joining into one that is no larger than a row group: a search
/// pays for each source. None when there are few.
std::vector<FreshBatch> SmallBatches(std::span<const FreshBatch> batches,
                                     const SealOptions& options);
/// One of them all.
FreshBatch Joined(std::span<const FreshBatch> batches);

/// The first of `batches` that make a row group; none when they do not fill one, unless
/// `is_partial_too`.
std::vector<FreshBatch> FirstRowGroup(std::span<const FreshBatch> batches,
                                      const SealOptions& options, bool is_partial_too);

}  // namespace clew::storage
