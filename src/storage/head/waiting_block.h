#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/format/block.h"
#include "storage/head/contents.h"
#include "storage/head/held_records.h"

namespace clew::storage {

/// Sealed row groups that nothing is added to any more, on their way into a block. They hold their
/// records in the log until then, and give them back when they end without.
struct WaitingBlock {
  WaitingBlock() = default;
  ~WaitingBlock() {
    if (!is_written) records.Abandon();
  }
  WaitingBlock(const WaitingBlock&) = delete;
  WaitingBlock& operator=(const WaitingBlock&) = delete;

  /// Of its object, also when it is tried again.
  std::string name;
  BlockMeta meta;
  /// None once it is spilled.
  std::vector<std::shared_ptr<const RowGroup>> groups;
  HeldRecords records;
  /// Memory of the groups.
  std::uint64_t byte_size = 0;
  /// Memory of what holds its records; also once the groups are spilled.
  std::uint64_t held_bytes = 0;
  /// Where queries see it.
  std::shared_ptr<Contents> contents;
  bool is_written = false;
};
using WaitingBlockPtr = std::unique_ptr<WaitingBlock>;

}  // namespace clew::storage
