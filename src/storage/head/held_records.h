#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/delivery.h"
#include "storage/format/log_ranges.h"

namespace clew::storage {

/// Where the spans of a part of the head came from, and what keeps the log from giving that up
/// until a block has them.
struct HeldRecords {
  /// Records that are here whole, joined: a replay leaves them out once a block has them.
  std::vector<LogRange> ranges{};
  /// Of the first of `ranges`. A consumer commits what lies before the first that it holds, so the
  /// tokens of those behind it are not needed: a head of very many small records keeps one.
  pipeline::DeliveryTokenPtr first{};
  /// Of the records that the rest came from by way of processors, which may have put it together
  /// of several and left some out: nobody else knows what of them is here.
  std::vector<pipeline::DeliveryTokenPtr> others{};

  /// All of them as one; their ranges are of one partition.
  static HeldRecords Join(std::span<const HeldRecords* const> parts);
  /// Nothing will have them: they are to be offered again.
  void Abandon() const;
};

/// Whether parts may go into one block, which names one partition of the log for all that it holds:
/// else it would hide records of another from a replay.
class OnePartition {
 public:
  /// True when it is, with all that were taken before.
  bool Takes(const HeldRecords& records) {
    if (records.ranges.empty()) return true;
    const std::uint32_t partition = records.ranges.front().begin.partition;
    if (!partition_.has_value()) partition_ = partition;
    return *partition_ == partition;
  }

 private:
  std::optional<std::uint32_t> partition_;
};

}  // namespace clew::storage
