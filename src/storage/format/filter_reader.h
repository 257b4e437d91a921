#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "scan/filter_question.h"
#include "storage/format/block.h"
#include "storage/format/block_footer.h"
#include "storage/format/roll_up.h"

namespace clew::storage {

/// Asks the filters of one block, which are read when they are first asked and kept by
/// `reading.directories` as long as it has room. One that is not there, is damaged or cannot be
/// read now says that anything may be here. So it is with the roll-up, which is not kept. Any
/// thread.
class FilterReader {
 public:
  FilterReader(const BlockReading& reading, std::string name,
               std::shared_ptr<const BlockOutline> outline);

  /// A number that no other block has had.
  std::uint64_t id() const { return source_id_; }
  /// The places of those of `ids` of which a span of the block may be, ascending.
  std::vector<std::size_t> MayHold(std::span<const TraceId> ids) const;
  /// False when no span of the row group can meet the condition.
  bool MayHold(const scan::FilterQuestion& question, std::size_t row_group) const;
  /// The names of all spans; nothing when they have to be read from the row groups.
  std::optional<RollUp> ReadRollUp() const;

 private:
  using FilterPtr = std::shared_ptr<const Bytes>;

  /// Null when there is none that could be asked.
  FilterPtr Find(const FilterRef& ref, const std::string& what) const;
  Result<ScanCache::Loaded<Bytes>> Load(const FilterRef& ref, const std::string& what) const;
  bool MayHold(const scan::FilterQuestion& question, const FilterRef& ref,
               const std::string& what) const;

  const BlockReading reading_;
  const std::string name_;
  const std::shared_ptr<const BlockOutline> outline_;
  const std::uint64_t source_id_;
};

}  // namespace clew::storage
