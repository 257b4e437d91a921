#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "storage/catalogue/merged_names.h"
#include "storage/format/block.h"
#include "storage/format/tag_roll_up.h"

namespace clew::storage {

/// When spans start, both ends inclusive.
struct TimeRange {
  UnixNanos start_min = std::numeric_limits<UnixNanos>::min();
  UnixNanos start_max = std::numeric_limits<UnixNanos>::max();

  bool Overlaps(UnixNanos first, UnixNanos last) const {
    return first <= start_max && last >= start_min;
  }
};

/// Called for each value of each block; one that is in several comes several times. Its error ends
/// the visit.
using TagValueVisitor = std::function<Status(const TagName& tag, const TagValue& value)>;

/// What blocks say of tags in their roll-ups. Any thread.
class TagLists {
 public:
  /// See MergedNames; null: no limit.
  explicit TagLists(base::MemoryAccount* account) : merged_(account) {}

  /// The tags of those of `blocks`, which are all there are, with spans that may start in `range`:
  /// of the whole block then. For all of them together they are merged already. `check` as there.
  Result<MergedTags::Found> Names(std::span<const BlockPtr> blocks, const TimeRange& range,
                                  const std::function<Status()>& check);

 private:
  MergedTags merged_;
};

/// The values of a tag in the same blocks. Gives those whose roll-up does not have all of them; of
/// these nothing is visited.
Result<std::vector<BlockPtr>> VisitTagValues(std::span<const BlockPtr> blocks,
                                             const TimeRange& range, const TagQuestion& question,
                                             const TagValueVisitor& visit,
                                             const std::function<Status()>& check);

}  // namespace clew::storage
