#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scan/span_source.h"
#include "storage/format/block_footer.h"
#include "storage/format/block_name.h"
#include "storage/format/block_use.h"
#include "storage/format/row_group.h"
#include "storage/format/scan_cache.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {

class FilterReader;
struct FilterMeters;

/// What is known of a block once it was opened; enough to answer which of its row groups are worth
/// reading.
struct BlockFacts {
  std::uint64_t byte_size = 0;
  /// Of its object (ObjectInfo).
  std::int64_t version = 0;
  BlockMeta meta;
  std::shared_ptr<const BlockOutline> outline;
};

/// Sealed spans as an object: immutable, self-describing, versioned (docs/formats/block.md).
struct Block : BlockFacts {
  std::string name;
  /// Not as it was written: its end is damaged or cut off, and pages may lie there. It answers, but
  /// nothing may be given up that it should hold.
  bool is_damaged = false;
  /// One a row group. They read directories and pages from the object store when asked.
  std::vector<scan::SpanSourcePtr> sources;
  std::shared_ptr<const FilterReader> filters;
  BlockUsePtr use;

  /// False when the filter says that no span here is of one of these traces.
  bool MayHold(const FilterMeters* meters, std::span<const TraceId> ids) const;
  /// So many of its row groups are not read since they have nothing of the traces asked for. Null:
  /// not counted.
  static void CountSkipped(const FilterMeters* meters, std::size_t row_group_count);
};
using BlockPtr = std::shared_ptr<const Block>;

/// Without the log ranges of its meta but the last, which tells how far they reach: they matter to
/// a replay only, and there may be one for each record.
BlockPtr WithoutRanges(const BlockPtr& block);

/// The object of a block.
struct BlockObject {
  BlockFrame frame;
  std::string filters;
  std::vector<std::shared_ptr<const RowGroup>> row_groups;

  /// Its bytes, in order: views of what it holds.
  std::vector<std::string_view> parts() const;
};
/// Of these row groups. `meta.span_count` and the times are filled in here.
BlockObject MakeBlockObject(BlockMeta meta,
                            const std::vector<std::shared_ptr<const RowGroup>>& row_groups);

/// How often a row group was not opened, as a filter of its block says that nothing is there.
struct FilterMeters {
  prometheus::Counter& skipped_by_trace;
  prometheus::Counter& skipped_by_value;
};

/// Where blocks are read, and what was read of them is kept. All outlive the blocks.
struct BlockReading {
  ObjectStore& objects;
  /// Pages and columns.
  ScanCache& cache;
  /// Directories: at opening they are checked and not kept, later read again when they are needed.
  /// The same of filters, which are not read at opening.
  ScanCache& directories;
  /// Null: not counted.
  const FilterMeters* filter_meters = nullptr;
};

/// Opens a block by its footer (ReadBlockLayout). DATA_LOSS names the object and what is wrong; of
/// a footer that is damaged in one of its places the log of the process is told.
Result<BlockPtr> OpenBlock(const BlockReading& reading, const std::string& name);

/// A block that was opened before, and of which nothing is read until it is asked for. When the
/// object turns out to be another one then, or cannot be opened, reads of it end in an error.
BlockPtr MakeKnownBlock(const BlockReading& reading, const std::string& name, BlockFacts facts);

}  // namespace clew::storage
