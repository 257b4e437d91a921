#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "scan/filter_question.h"
#include "scan/span_source.h"
#include "storage/format/block.h"

namespace clew::storage {

/// A block whose directories may have to be read again: the footer is read when somebody asks for
/// more of a row group than whether it is worth reading, and the directories in it are opened one
/// by one, as a trace is in one or two row groups. They are kept by `reading.directories` as long
/// as it has room. Any thread.
class BlockFile {
 public:
  /// Holds `use`.
  BlockFile(const BlockReading& reading, std::string name,
            std::shared_ptr<const BlockOutline> outline,
            std::shared_ptr<const FilterReader> filters, BlockUsePtr use);

  const std::string& name() const { return name_; }
  const BlockOutline& outline() const { return *outline_; }

  /// The row group as a source that has its directory. DATA_LOSS when the footer is not what it
  /// was.
  Result<scan::SpanSourcePtr> Open(std::size_t row_group) const;
  /// False when the filters rule out that a span of the row group meets the condition.
  bool MayHold(const scan::FilterQuestion& question, std::size_t row_group) const;
  /// The places of those of `ids` that the filter does not rule out.
  std::vector<std::size_t> MayHold(std::span<const TraceId> ids) const;

 private:
  // As they are stored: what of the footer opening a row group takes.
  struct Directories {
    std::uint32_t format_version = 0;
    std::vector<BlockLayout::Group> groups;
  };
  // One for its pages, one for its columns: what was read of them stays of use.
  static constexpr std::uint64_t kIdsOfGroup = 2;

  std::uint64_t IdOf(std::size_t row_group) const {
    return first_source_id_ + kIdsOfGroup * row_group;
  }
  Result<ScanCache::Loaded<scan::SpanSource>> Load(std::size_t row_group) const;
  Result<ScanCache::Loaded<Directories>> LoadDirectories() const;

  const BlockReading reading_;
  const std::string name_;
  const std::shared_ptr<const BlockOutline> outline_;
  const std::uint64_t first_source_id_;
  const std::shared_ptr<const FilterReader> filters_;
  const BlockUsePtr use_;
};

}  // namespace clew::storage
