#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/metrics.h"
#include "log/log.h"
#include "model/limits.h"

namespace clew::log {

class FileSystem;

struct LocalLogOptions {
  std::string directory;
  /// A segment is left once it is this large; at most a quarter of `bytes_max` is used, so that
  /// there is always one that can be deleted.
  std::uint64_t segment_bytes = 64u << 20;
  /// All segments together; past it Append refuses with RESOURCE_EXHAUSTED.
  std::uint64_t bytes_max = 4ull << 30;
  /// The body of one record; larger ones are INVALID_ARGUMENT. What a receiver took fits, also when
  /// it is logged unpacked, and with some bytes more since it was cut and encoded again.
  std::uint64_t record_bytes_max = 2 * model::kBodyBytesMax;
  /// How long a commit may wait for company before its fdatasync. While one runs, others gather
  /// anyway.
  Nanos group_commit_delay{std::chrono::milliseconds(1)};
  /// Asked between the reads while the log is opened: CANCELLED when the process is to end.
  std::stop_token ending;
  /// For tests only: false skips fdatasync.
  bool sync = true;
};

/// The embedded log: segment files with checksummed records, written by one thread with group
/// commit. Format: docs/formats/log.md. Memory: what the callers of Append hold, and for each Read
/// 256 KiB and one record.
/// Opening cuts a torn tail and creates the directory. FAILED_PRECONDITION when another process
/// holds the directory. `clock` and `metrics` must outlive the log.
Result<std::unique_ptr<Log>> OpenLocalLog(const LocalLogOptions& options, const Clock& clock,
                                          base::Metrics& metrics);

/// The same on `files`, which must outlive the log: tests make the disk fail with it.
Result<std::unique_ptr<Log>> OpenLocalLog(const LocalLogOptions& options, FileSystem& files,
                                          const Clock& clock, base::Metrics& metrics);

}  // namespace clew::log
