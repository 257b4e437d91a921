#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/damage.h"
#include "base/vocabulary.h"
#include "log/log.h"

namespace clew::log {

struct LogVerdict {
  std::uint64_t segment_count = 0;
  std::uint64_t record_count = 0;
  std::uint64_t byte_size = 0;
  /// Behind the last record: what a server that runs is about to write, or one that was killed did
  /// not finish. No damage: it was never acknowledged.
  std::uint64_t unfinished_bytes = 0;
  /// After the last record, and whose positions these are: nothing when the log does not say it.
  Position end;
  std::optional<Identity> identity;
  /// Small files first, the rest ascending by file and offset.
  std::vector<base::Damage> damage;
};

/// Reads the log in `directory` as a server does that opens it, and every record against its
/// checksums. Nothing is written, locked or cut, so that it also works beside a server: what that
/// one removes meanwhile is left out. An error when the directory cannot be read.
Result<LogVerdict> VerifyLog(const std::string& directory);

}  // namespace clew::log
