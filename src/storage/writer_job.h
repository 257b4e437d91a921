#pragma once

#include <atomic>
#include <optional>

#include "storage/block_writer.h"

namespace clew::storage {

/// A block on its way through the writer. Under its lock; who has it while it is busy alone changes
/// what is in the block, and what a try of it leaves.
struct BlockWriter::Job {
  WaitingBlockPtr block;
  std::uint64_t number = 0;
  /// Memory that it takes, or takes while it is written when it is spilled.
  std::uint64_t byte_size = 0;
  std::optional<SpilledBlock> spilled;
  bool is_busy = false;
  /// Failed in this round, or for good.
  bool is_resting = false;
  std::atomic<bool> is_lost = false;
  /// What has its name is what a try of it left.
  bool is_begun = false;
  /// Among the failures of all; 0: none.
  std::uint64_t last_failure = 0;
  std::optional<Error> error;
};

}  // namespace clew::storage
