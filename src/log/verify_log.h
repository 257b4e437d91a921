#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/vocabulary.h"

namespace clew::log {

/// A piece of a log that is not as it was written.
struct LogDamage {
  std::string file;
  /// In the file; of missing bytes their position in the log.
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  std::string what;
};

struct LogVerdict {
  std::uint64_t segment_count = 0;
  std::uint64_t record_count = 0;
  std::uint64_t byte_size = 0;
  /// Behind the last record: what a server that runs is about to write, or one that was killed did
  /// not finish. No damage: it was never acknowledged.
  std::uint64_t unfinished_bytes = 0;
  /// Ascending by position.
  std::vector<LogDamage> damage;
};

/// Reads every record of the log in `directory` against its checksums. Nothing is written, locked
/// or cut, so that it also works beside a server: what that one removes meanwhile is left out. An
/// error when the directory cannot be read.
Result<LogVerdict> VerifyLog(const std::string& directory);

}  // namespace clew::log
