#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/damage.h"
#include "log/file_system.h"
#include "log/segment_format.h"

namespace clew::log {

/// One segment file. The file lives as long as someone holds the segment, also when its name is
/// removed.
struct Segment {
  std::string path;
  std::unique_ptr<File> file;
  std::uint64_t base = 0;
  /// Nothing when the header is damaged and cannot be made anew: then no record can be read.
  std::optional<SegmentHeader> header;
  /// Nothing more may be written to it: its end is damaged.
  bool is_closed = false;
};

/// The segments of a log, oldest first, and how far they are durable. Any thread.
class SegmentSet {
 public:
  /// A segment and the position up to which it may be read.
  struct View {
    std::shared_ptr<const Segment> segment;
    std::uint64_t end = 0;
    /// What lies from here on, in one that was closed at opening, was never acknowledged; nothing
    /// when that is not known.
    std::optional<std::uint64_t> acknowledged_end{};
  };

  /// What is known of a log beside its segments.
  struct Knowledge {
    /// The seed of all checksums, for segments whose header is damaged.
    std::optional<std::uint64_t> salt;
    /// No consumer is done with what is here or later.
    std::optional<std::uint64_t> begin;
    /// Where the first segment began when the log was open, for its name.
    std::optional<std::uint64_t> first_base;
    /// Up to here records were acknowledged.
    std::uint64_t end = 0;
    /// Whether `end` comes from the mark of the extent: what is behind it was not acknowledged,
    /// but for what is sound there, or cannot be read.
    bool is_end_marked = false;
  };
  struct Loaded {
    /// Files that hold no record: the process died while it made them, or somebody cut them.
    std::vector<std::string> empty_files;
    /// Behind the last sound record, never acknowledged.
    std::uint64_t torn_bytes = 0;
    std::vector<Damage> damages;
  };
  /// Told while Load reads a segment to its end, which a large one or a slow disk makes long.
  using OnScan =
      std::function<void(const std::string& path, std::uint64_t offset, std::uint64_t size_bytes)>;
  void SetOnScan(OnScan on_scan) { on_scan_ = std::move(on_scan); }
  /// Once `ending` is asked for, Load gives up with CANCELLED before it reads more.
  void SetEnding(std::stop_token ending) { ending_ = std::move(ending); }
  /// Finds the segments in `directory`. Nothing is written.
  Result<Loaded> Load(FileSystem& files, const std::string& directory, const Knowledge& known);
  /// Positions must follow each other from the beginning to the end: gives what is missing, after
  /// Load.
  std::vector<Damage> FindMissing(const std::string& directory, const Knowledge& known) const;
  /// Removes the files that hold no record and cuts what is torn.
  Status Mend(FileSystem& files, const Loaded& loaded);

  /// Positions before `position` were given to records that are lost: end() is at least that.
  void RaiseEnd(std::uint64_t position);
  /// Records before `position` were acknowledged, as far as there was a place for them.
  void RaiseAcknowledgedEnd(std::uint64_t position);
  /// Adds a segment that has no durable record yet.
  void Add(std::shared_ptr<const Segment> segment, std::uint64_t size_bytes);
  /// What the newest segment holds up to `end` is durable. Wakes who waits.
  void SetDurable(std::uint64_t end);
  /// Takes the segments that end at or before `position` out of the set, but never the newest;
  /// their files are the caller's to remove.
  std::vector<std::shared_ptr<const Segment>> TakeBefore(std::uint64_t position);

  /// The segments that have something at or after `position`, as far as it is durable.
  std::vector<View> From(std::uint64_t position) const;
  std::optional<View> newest() const;
  /// Where the oldest record can begin.
  std::uint64_t begin() const;
  /// The end of the last durable record.
  std::uint64_t end() const;
  /// The same, without what is left in its place and was never acknowledged.
  std::uint64_t acknowledged_end() const;
  std::uint64_t size_bytes() const;
  std::size_t count() const;

  /// Waits until end() > `position`, `deadline` of `clock` or WakeAll(); may return early. True
  /// when it is.
  bool WaitPast(std::uint64_t position, Deadline deadline, const Clock& clock);
  /// Ends every wait, now and later.
  void WakeAll();

  /// True the first time it is asked for `position`: damage is reported once.
  bool FirstReport(std::uint64_t position);

 private:
  Status CheckEnding() const;
  /// Null when the file holds no segment; else sets its size.
  Result<std::shared_ptr<Segment>> LoadSegment(FileSystem& files, const std::string& path,
                                               std::uint64_t base, const Knowledge& known,
                                               std::uint64_t& size, Loaded& loaded);
  /// `last` is the last of the set.
  Status LoadTail(Segment& last, std::uint64_t size, const Knowledge& known, Loaded& loaded);

  OnScan on_scan_;
  std::stop_token ending_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<View> segments_;
  std::uint64_t end_ = 0;
  bool is_awake_ = false;
  std::set<std::uint64_t> reported_;
};

/// The file of the segment that begins at `base`.
std::string SegmentFileName(std::uint64_t base);
/// Nothing for the names of other files.
std::optional<std::uint64_t> BaseOfFileName(std::string_view name);

}  // namespace clew::log
