#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/damage.h"
#include "log/log.h"

namespace clew::storage {

/// Beside the blocks' directory.
inline constexpr const char* kReachFileName = "log-reach";

/// How far blocks may hold each of the logs that were here: a small file beside the blocks, written
/// before a block is that holds more. When a log ends before that, it lost something — its disk was
/// damaged, or an older copy of it was put back — and would give positions again that blocks cover:
/// the next replay would take what was acknowledged under them for what the blocks hold.
///
/// The blocks themselves tell it, too, but only those that can be opened; one that cannot be now
/// may be at the next start. And no clock decides: it may have been wrong when the block was
/// written. Remembers the 8 logs that were raised last. One thread.
class LogReach {
 public:
  /// Without a path it remembers nothing beyond the process.
  explicit LogReach(std::string path) : path_(std::move(path)) {}

  /// Reads the file. Gives what is wrong when it is damaged: nothing is known then, and the first
  /// Raise() keeps it as <path>.damaged. An error, with what to do, when it cannot be read for
  /// another reason.
  Result<std::optional<base::Damage>> Load();
  /// FAILED_PRECONDITION, with what to do, when the file could never be written until somebody
  /// makes that possible. What may pass, as a full disk, is no error here.
  Status CheckWritable() const;
  /// 0 when nothing is known of this log. Of partition 0: of another log nobody puts a part back.
  log::Position Of(const log::Identity& log) const;
  /// Blocks may hold `log` up to `end` once it returns, durably. Never goes back.
  Status Raise(const log::Identity& log, log::Position end);

 private:
  // As in the file.
  struct Entry {
    log::Identity log;
    std::uint64_t end;
  };
  using Entries = std::array<Entry, 8>;

  const std::string path_;
  bool is_damaged_ = false;
  Entries entries_{};  // raised last, first
};

}  // namespace clew::storage
