#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "log/log.h"

namespace clew::log {

/// What a log does not append: it says why, and counts it by reason. Any thread.
class AppendLimits {
 public:
  struct Options {
    /// Of the log on disk; records past it are refused.
    std::uint64_t bytes_max = 0;
    /// Of the body of one record.
    std::uint64_t record_bytes_max = 0;
  };
  struct Refusal {
    const char* reason;
    Error error;
  };

  /// `metrics` outlives it.
  AppendLimits(const Options& options, base::Metrics& metrics);

  /// INVALID_ARGUMENT for a record that could never be taken.
  std::optional<Refusal> RefusalOf(const Record& record) const;

  /// What the log is doing.
  struct Load {
    std::uint64_t disk_bytes = 0;
    /// That wait or are being written.
    std::uint64_t queued_bytes = 0;
    /// For how long the disk has been writing the same.
    Nanos write_time{0};
    bool is_closed = false;
  };
  /// For another `bytes`: UNAVAILABLE or RESOURCE_EXHAUSTED, with a time to retry.
  std::optional<Refusal> RefusalUnder(const Load& load, std::uint64_t bytes) const;

  /// Counts it.
  std::unexpected<Error> Refuse(Refusal refusal) const;
  /// Counts a record that could not be written.
  void CountFailed(const Error& error) const;

 private:
  prometheus::Counter& RefusedRecords(const std::string& reason) const;

  const Options options_;
  base::Metrics& metrics_;
};

}  // namespace clew::log
