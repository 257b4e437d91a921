#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "log/append_limits.h"
#include "log/append_teller.h"
#include "log/segment_writer.h"

namespace clew::log {

/// From an append to whoever awaits it. Records gather for a moment, or while the disk is busy, are
/// written by one thread with one sync for all, and those who await them are told by another. Any
/// thread.
class AppendQueue {
 public:
  struct Options {
    std::uint64_t salt = 0;
    /// As in AppendLimits.
    std::uint64_t bytes_max = 0;
    std::uint64_t record_bytes_max = 0;
    Nanos group_commit_delay{0};
  };

  /// All outlive this.
  AppendQueue(const Options& options, SegmentWriter& writer, const SegmentSet& segments,
              const Clock& clock, base::Metrics& metrics);
  ~AppendQueue() { Close(); }

  /// Log::Append.
  base::Later<Result<Appended>> Append(Record record);
  /// Finishes what is under way, refuses what comes later. Idempotent, but one call at a time.
  void Close();
  bool is_closed() const;
  /// Why nothing is appended now: the last append was refused, and one as large still would be; or
  /// the disk failed, and has since when it was tried again, each second.
  Status CheckTakes() const;
  struct Counts {
    /// That wait or are being written.
    std::uint64_t queued_bytes = 0;
    /// Whose senders have not been told.
    std::uint64_t pending_records = 0;
  };
  Counts counts() const;

 private:
  /// The appends that share one sync.
  struct Group {
    std::vector<std::unique_ptr<PendingRecord>> records;
    std::uint64_t size_bytes = 0;
    Deadline begun;
  };

  void RunWriter();
  /// `lock` is of mutex_, which is held here and not meanwhile.
  void TryAgain(std::unique_lock<std::mutex>& lock);
  /// Under mutex_, with what lies on disk.
  AppendLimits::Load LoadNow(std::uint64_t disk_bytes) const;

  const Options options_;
  SegmentWriter& writer_;
  const SegmentSet& segments_;
  const Clock& clock_;
  const AppendLimits limits_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  /// What gathers for the next sync.
  Group gathering_;
  std::uint64_t queued_bytes_ = 0;
  std::uint64_t taken_count_ = 0;
  /// When the writer was given what it writes now.
  std::optional<Nanos> writing_since_;
  /// Of the writer, after the last write.
  Status write_status_;
  /// Of the last append when it was refused, else 0.
  std::uint64_t refused_size_ = 0;
  bool is_closed_ = false;
  AppendTeller teller_;
  std::thread thread_;
};

}  // namespace clew::log
