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

/// A block whose directories may have to be read again: they are read when somebody asks for more
/// of a row group than whether it is worth reading, and kept by `reading.directories` as long as it
/// has room. Any thread.
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
  using Groups = std::vector<scan::SpanSourcePtr>;
  // One for its pages, one for its columns: what was read of them stays of use.
  static constexpr std::uint64_t kIdsOfGroup = 2;

  Result<ScanCache::Loaded<Groups>> Load() const;

  const BlockReading reading_;
  const std::string name_;
  const std::shared_ptr<const BlockOutline> outline_;
  const std::uint64_t first_source_id_;
  const std::shared_ptr<const FilterReader> filters_;
  const BlockUsePtr use_;
};

}  // namespace clew::storage
