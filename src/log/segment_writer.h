#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "log/extent_mark.h"
#include "log/file_system.h"
#include "log/segment_set.h"

namespace clew::log {

/// One record on its way to the disk.
struct PendingRecord {
  Record record;
  std::string prefix;
  std::uint64_t total_size = 0;
  Result<Appended> result;
  base::Later<Result<Appended>>::Promise promise;
};

/// Writes records to the newest segment, with one sync for many, and makes a new one when it is
/// full. One thread.
///
/// After each sync it is made sure that the file can still be reached by its path: what lies in one
/// that was removed is not acknowledged. After a failed write the file is cut back. After a failed
/// sync nothing is known of what was written since the last one, so the segment is given up: what
/// failed is never acknowledged, and the next record goes to a new segment.
class SegmentWriter {
 public:
  struct Options {
    std::string directory;
    /// Of `directory`; outlives the writer.
    const HeldDirectory& held_directory;
    /// Outlives the writer, too.
    ExtentMark& extent_mark;
    std::uint64_t segment_bytes = 0;
    std::uint64_t salt = 0;
    bool sync = true;
  };

  /// Goes on in the newest of `segments` when it has this salt. No record begins before `begin`.
  SegmentWriter(Options options, std::uint64_t begin, FileSystem& files, SegmentSet& segments,
                const Clock& clock, base::Metrics& metrics);

  /// No record begins before `begin` from now on.
  void SkipTo(std::uint64_t begin);
  /// Writes `pending` and sets each result. Durable or failed when it returns.
  void Write(std::span<const std::unique_ptr<PendingRecord>> pending);
  /// Writes as much as could not be written, as far as a record would go, and cuts it off again:
  /// readers see no further than what is durable. So status() changes also when nobody appends.
  void TryAgain();
  /// Of the last write: an error as long as all are refused.
  const Status& status() const { return status_; }

 private:
  void SetStatus(Status status);
  Status MakeRoom();
  Status NewSegment();
  std::optional<std::uint64_t> GapBefore(std::uint64_t base) const;
  /// Writes records that fit into the newest segment.
  Status WriteRun(std::span<const std::unique_ptr<PendingRecord>> run);
  /// Writes `parts_`, which are `run_size` bytes.
  Status WriteAndSync(std::uint64_t run_size);
  /// Takes `run_size` bytes that were written behind `size_` off the segment, or gives it up.
  void CutBack(std::uint64_t run_size);
  Status Sync(File& file);

  const Options options_;
  FileSystem& files_;
  SegmentSet& segments_;
  const Clock& clock_;
  prometheus::Counter& appended_records_;
  prometheus::Counter& appended_bytes_;
  prometheus::Counter& syncs_;
  prometheus::Histogram& sync_seconds_;
  std::vector<iovec> parts_;
  /// What records go to; nothing before the first and after a failure.
  std::shared_ptr<const Segment> segment_;
  std::uint64_t size_ = 0;
  /// No new segment begins before this.
  std::uint64_t next_base_ = 0;
  Status status_;
  /// Of the records that could not be written last.
  std::uint64_t failed_size_ = 0;
};

}  // namespace clew::log
