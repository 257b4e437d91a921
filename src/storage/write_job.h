#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "storage/head/waiting_block.h"
#include "storage/spill.h"

namespace clew::storage {

/// A block on its way through the writer. Under its lock; who has it while it is busy alone reads
/// and changes what is in the block, what is spilled of it, and what a try of it leaves.
struct WriteJob {
  explicit WriteJob(WaitingBlockPtr waiting)
      : tenant(waiting->meta.tenant), byte_size(waiting->byte_size), block(std::move(waiting)) {}

  const TenantId tenant;
  /// In the order in which they came.
  std::uint64_t number = 0;
  /// Memory that it takes, or takes while it is written when it is spilled.
  std::uint64_t byte_size;
  /// Null once it is written.
  WaitingBlockPtr block;
  std::optional<SpilledBlock> spilled;
  bool is_busy = false;
  /// Failed since the last retry.
  bool is_resting = false;
  /// What is spilled of it cannot be read: its records are read from the log.
  bool is_lost = false;
  /// So often in a row that could not be read, and whether it is why the last try failed.
  int unread_count = 0;
  bool is_unread = false;
  /// What has its name is what a try of it left.
  bool is_begun = false;
  /// Among the failures of all; 0: none.
  std::uint64_t last_failure = 0;
  std::optional<Error> error;
};
using WriteJobPtr = std::shared_ptr<WriteJob>;

}  // namespace clew::storage
