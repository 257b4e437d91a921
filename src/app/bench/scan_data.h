#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/bench/benches.h"
#include "base/metrics.h"
#include "model/span_columns.h"
#include "storage/format/block.h"
#include "storage/object_store/object_store.h"
#include "workload/generator.h"

namespace clew::app::bench {

/// Blocks on disk that are scanned.
struct ScanData {
  /// What holds them: `data`/objects of trace-by-id where that is filled, else `scan` beside it.
  std::string directory;
  std::vector<std::string> names;
  std::uint64_t span_count = 0;
};

/// Blocks in `options.data_directory` that have `options.span_count` spans of `options.seed`
/// together: those of its server, else some of its own, which are generated, sealed and written as
/// a server does. What was made of another seed, or of another number of spans, is made anew.
Result<ScanData> OpenScanData(const BenchOptions& options);

/// Decoded batches that together have as many spans as fill row groups.
Result<std::vector<model::SpanColumnsPtr>> MakeBatches(workload::Generator& generator,
                                                       std::size_t row_group_count);

/// Seals them through a head, as a store does, `thread_count` row groups at the same time.
std::vector<std::shared_ptr<const storage::RowGroup>> SealBatches(
    const std::vector<model::SpanColumnsPtr>& batches, std::size_t thread_count);

}  // namespace clew::app::bench
