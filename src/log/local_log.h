#pragma once

#include <memory>
#include <string>

#include "base/metrics.h"
#include "log/log.h"

namespace clew::log {

struct LocalLogOptions {
  std::string directory;
  std::uint64_t segment_bytes = 64u << 20;
  /// All segments together; past it Append refuses with RESOURCE_EXHAUSTED.
  std::uint64_t bytes_max = 4ull << 30;
  std::uint64_t record_bytes_max = 128u << 20;
  /// How long a commit may wait for company before its fdatasync.
  Nanos group_commit_delay{std::chrono::milliseconds(1)};
  /// For tests only: false skips fdatasync.
  bool sync = true;
};

/// The embedded log: segment files with CRC-checked records, written by one thread with group
/// commit. Format: docs/formats/log.md.
/// Opening cuts a torn tail and creates the directory. FAILED_PRECONDITION when another process
/// holds the directory.
Result<std::unique_ptr<Log>> OpenLocalLog(const LocalLogOptions& options, const Clock& clock,
                                          base::Metrics& metrics);

}  // namespace clew::log
