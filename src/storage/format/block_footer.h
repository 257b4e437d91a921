#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"
#include "storage/format/block_filters.h"
#include "storage/format/row_group.h"
#include "storage/object_store/object_store.h"

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
  /// Which records it holds, ascending, all of one partition, and of which log (zero in blocks that
  /// do not say it yet): replay leaves them out.
  std::vector<LogRange> log_ranges;
  log::Identity log_identity;
  /// Names of older blocks of the tenant all of whose spans are here, too: they do not answer
  /// beside this one.
  std::vector<std::string> replaces;
};

/// Where the row groups of a block lie, as its footer says.
struct BlockLayout {
  struct Group {
    std::uint64_t offset = 0;  // of its pages in the object
    /// Of DirectoryExtent::kHead it has no columns, and `stored` is what ReadDirectory takes.
    std::shared_ptr<const RowGroupDirectory> directory;
    std::string stored{};
  };
  BlockMeta meta;
  std::vector<Group> groups;
  std::uint64_t byte_size = 0;
  /// Of the object that was read (ObjectInfo).
  std::int64_t version = 0;
  /// The pages of all row groups.
  std::uint64_t pages_begin = 0;
  std::uint64_t pages_end = 0;
  /// They lie from pages_end on.
  FilterRefs filters;
  /// One a row group, or none where the footer does not say.
  std::vector<RepeatingTraces> repeating_traces{};
  std::uint64_t footer_checksum = 0;
  std::uint32_t format_version = 0;
  /// The footer stands in front of the pages, too.
  bool has_front = false;
  /// Why the footer at the end cannot be read, and the one in front was; empty: it can.
  std::string end_damage;
};

/// What of a layout tells whether a row group is worth reading: kept while the block is open, and
/// by the catalogue of known blocks.
struct BlockOutline {
  /// Of the footer that says so.
  std::uint64_t footer_checksum = 0;
  /// Where the filters begin.
  std::uint64_t pages_end = 0;
  FilterRefs filters;
  /// One a row group.
  std::vector<scan::SourceStats> groups;
  /// The same, or none where the footer does not say.
  std::vector<RepeatingTraces> repeating_traces{};

  bool operator==(const BlockOutline&) const = default;
};
BlockOutline OutlineOf(const BlockLayout& layout);

/// What stands around the pages of a block, and the filters behind them.
struct BlockFrame {
  std::string front;
  std::string end;
};

/// What every block begins with.
inline constexpr std::string_view kBlockHead = "CLEWBLK1";

/// The footer, framed for both its places (docs/formats/block.md). One damaged place, or an end
/// that is cut off, then costs nothing but the pages that lie there.
BlockFrame MakeBlockFrame(const BlockMeta& meta,
                          const std::vector<std::shared_ptr<const RowGroup>>& row_groups,
                          const FilterRefs& filters);

/// How much of the directories of row groups is read and checked.
enum class DirectoryExtent : std::uint8_t { kWhole, kHead };

/// Reads and checks the footer, with one read of the end of the object (a second one when the
/// footer is larger than usual); when it is damaged there, its copy in front. DATA_LOSS names the
/// object and what is wrong; UNAVAILABLE when it cannot be read now.
Result<BlockLayout> ReadBlockLayout(ObjectStore& store, const std::string& name,
                                    DirectoryExtent extent = DirectoryExtent::kWhole);
/// The same of one whose outline is known, without reading more than the footer.
Result<BlockLayout> ReadKnownLayout(ObjectStore& store, const std::string& name,
                                    const BlockOutline& outline, DirectoryExtent extent);

/// What stands in front of the pages is what should: the head, and the copy of the footer when
/// there is one. DATA_LOSS says what is wrong; UNAVAILABLE when it cannot be read now.
Status CheckBlockFront(ObjectStore& store, const std::string& name, const BlockLayout& layout);

}  // namespace clew::storage
