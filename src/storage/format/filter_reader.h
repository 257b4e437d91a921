#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scan/filter_question.h"
#include "storage/format/block.h"
#include "storage/format/block_footer.h"
#include "storage/format/roll_up.h"
#include "storage/format/tag_roll_up.h"

namespace clew::storage {

/// Asks the filters of one block, which are read when they are first asked and kept by
/// `reading.directories` as long as it has room; of those of values, which are the largest, only
/// the page that a key is in, each time, where pages have checksums. One that is not there, is
/// damaged or cannot be read now says that anything may be here. So it is with the roll-up, which
/// is not kept. Any thread.
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
  /// The tags of all spans, which are kept as filters are; null when they have to be read from the
  /// row groups.
  std::shared_ptr<const RolledTags> ReadTags() const;
  /// All values of one of those; null when they have to be read from the row groups.
  std::shared_ptr<const std::vector<TagValue>> ReadTagValues(const RolledTag& tag) const;

 private:
  using FilterPtr = std::shared_ptr<const Bytes>;

  /// Null when there is none that could be asked.
  FilterPtr Find(const FilterRef& ref, const std::string& what) const;
  Result<ScanCache::Loaded<Bytes>> Load(const FilterRef& ref, const std::string& what) const;
  /// Whether a filter of values has a key.
  bool MayHaveValue(std::uint64_t key, const FilterRef& ref, const std::string& what) const;
  /// The same, by reading one page of it; nothing where that cannot be done.
  std::optional<bool> ReadAnswer(std::uint64_t key, const FilterRef& filter) const;

  const BlockReading reading_;
  const std::string name_;
  const std::shared_ptr<const BlockOutline> outline_;
  const std::uint64_t source_id_;
  /// The last answers: what is asked of a block is asked again for each of its row groups, and much
  /// of it by the next question.
  struct Answer {
    std::uint64_t key = 0;
    std::uint64_t filter_offset = 0;
    bool may_have = true;
  };
  static constexpr std::size_t kAnswersMax = 16;
  mutable std::mutex mutex_;
  mutable std::vector<Answer> answers_;
  mutable std::size_t next_answer_ = 0;
};

}  // namespace clew::storage
