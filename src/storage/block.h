#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"
#include "storage/object_store/object_store.h"
#include "storage/page_reader.h"
#include "storage/row_group.h"
#include "storage/scan_cache.h"
#include "storage/span_source.h"

namespace clew::storage {

/// A stretch of the log whose records are all in a block.
struct LogRange {
  log::Position begin;
  log::Position end;
};

/// Facts of a block, kept in its footer.
struct BlockMeta {
  TenantId tenant;
  UnixNanos created_at = 0;
  std::uint64_t span_count = 0;
  UnixNanos start_min = 0;
  UnixNanos start_max = 0;
  /// Which records it holds, ascending, and of which log (zero in blocks that do not say it yet):
  /// replay leaves them out.
  std::vector<LogRange> log_ranges;
  log::Identity log_identity;
};

/// Where the row groups of a block lie, as its footer says.
struct BlockLayout {
  struct Group {
    std::uint64_t offset = 0;  // of its pages in the object
    std::shared_ptr<const RowGroupDirectory> directory;
  };
  BlockMeta meta;
  std::vector<Group> groups;
  std::uint64_t byte_size = 0;
  /// Where the footer begins.
  std::uint64_t pages_end = 0;
};

/// Sealed spans as an object: immutable, self-describing, versioned (docs/formats/block.md).
struct Block {
  std::string name;
  std::uint64_t byte_size = 0;
  /// Memory that it takes as long as it is open.
  std::uint64_t directory_bytes = 0;
  BlockMeta meta;
  /// One a row group. They read pages from the object store when asked.
  std::vector<SpanSourcePtr> sources;
};
using BlockPtr = std::shared_ptr<const Block>;

/// "blocks/<tenant>/<day>/<created>-<random>.block": sorts by tenant, then time of creation.
std::string BlockName(const TenantId& tenant, UnixNanos created_at, std::uint64_t random);
/// What every block begins with.
inline constexpr std::string_view kBlockHead = "CLEWBLK1";
/// Where all blocks are.
inline constexpr std::string_view kBlockPrefix = "blocks/";

/// Writes a block of these row groups; durable when it returns. `meta.span_count` and the times are
/// filled in here.
Status WriteBlock(ObjectStore& store, const std::string& name, BlockMeta meta,
                  const std::vector<std::shared_ptr<const RowGroup>>& row_groups);

/// Reads and checks the footer, with one read of the tail of the object (a second one when the
/// footer is larger than usual). DATA_LOSS names the object and what is wrong.
Result<BlockLayout> ReadBlockLayout(ObjectStore& store, const std::string& name);

/// The pages of a row group of a block. What was read stays in `cache`, which outlives them as
/// `store` does.
std::shared_ptr<const PageReader> MakeBlockPages(ObjectStore& store, const std::string& name,
                                                 std::uint64_t offset, ScanCache& cache);

/// Opens a block with one read of its tail (a second one when the footer is larger than usual).
/// DATA_LOSS names the object and what is wrong. `store` and `cache` outlive the block.
Result<BlockPtr> OpenBlock(ObjectStore& store, const std::string& name, ScanCache& cache);

}  // namespace clew::storage
