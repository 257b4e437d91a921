#include "log/local_log.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/log_pause.h"
#include "base/logging.h"
#include "log/append_queue.h"
#include "log/checkpoints.h"
#include "log/damage_report.h"
#include "log/extent_mark.h"
#include "log/file_system.h"
#include "log/identity_file.h"
#include "log/lost_pieces.h"
#include "log/segment_reader.h"
#include "log/segment_set.h"
#include "log/segment_writer.h"
#include "log/survey.h"

namespace clew::log {
namespace {

constexpr std::chrono::seconds kTellEvery{5};
constexpr std::chrono::minutes kNearlyFullPause{1};

// What lies behind it in the segment was given up, since it could not be written, or is not the
// log's: nobody was told that it is there. `next` is null behind the last.
std::uint64_t AcknowledgedEnd(const SegmentSet::View& view, const SegmentSet::View* next) {
  const std::uint64_t end = view.acknowledged_end.value_or(view.end);
  if (next == nullptr) return end;
  const std::uint64_t base = next->segment->base;
  const std::optional<SegmentHeader>& header = next->segment->header;
  const std::uint64_t gap = header.has_value() ? header->gap.value_or(0) : 0;
  return std::min(end, base - std::min(gap, base));
}

class LocalLog final : public Log {
 public:
  LocalLog(const LocalLogOptions& options, FileSystem& files, const Clock& clock,
           base::Metrics& metrics);
  ~LocalLog() override { Close(); }

  Status Open();

  base::Later<Result<Appended>> Append(Record record) override {
    TellNearlyFull();
    return queue_->Append(std::move(record));
  }
  Result<Position> Read(
      Position from,
      const std::function<Status(const Appended& where, const Record& record)>& visit) override;
  bool WaitFor(Position from, Deadline deadline, const Clock& clock) override {
    return segments_.WaitPast(from.offset, deadline, clock);
  }
  Status Commit(std::string_view consumer, Position position) override;
  Position Committed(std::string_view consumer) const override;
  std::vector<std::string> Consumers() const override;
  Status Forget(std::string_view consumer) override;
  void SkipTo(Position position) override;
  std::vector<LostPiece> Lost(std::string_view consumer) const override;
  Identity identity() const override { return identity_; }
  Position end() const override { return {segments_.end()}; }
  std::uint64_t size_bytes() const override { return segments_.size_bytes(); }
  Status CheckReachable() const override;
  void Close() override;

 private:
  using Visit = std::function<Status(const Appended& where, const Record& record)>;

  Result<std::uint64_t> ReadSegment(const SegmentSet::View& view, std::uint64_t acknowledged_end,
                                    std::uint64_t from, const Visit& visit);
  SegmentSet::OnScan ScanTeller() const;
  Status CheckHeld();
  void TellNearlyFull();
  void DeleteConsumed();
  prometheus::Gauge& LagOf(const std::string& consumer);
  void Collect();

  const LocalLogOptions options_;
  FileSystem& files_;
  std::shared_ptr<HeldDirectory> directory_;
  const Clock& clock_;
  base::Metrics& metrics_;
  prometheus::Counter& deleted_segments_;
  Identity identity_;
  std::uint64_t salt_ = 0;
  SegmentSet segments_;
  Checkpoints checkpoints_;
  /// How far each consumer was when the log was opened.
  std::map<std::string, std::uint64_t, std::less<>> committed_at_opening_;
  LostPieces lost_;
  DamageReport report_;
  base::LogPause nearly_full_pause_{kNearlyFullPause};
  std::optional<ExtentMark> extent_mark_;
  std::unique_ptr<SegmentWriter> writer_;

  std::unique_ptr<AppendQueue> queue_;

  /// Shared by who writes beside the writer; Close lets go of the directory when nobody does.
  std::shared_mutex held_mutex_;
  std::mutex close_mutex_;
  /// Whose lag Collect has set; of one collection at a time.
  std::set<std::string> shown_consumers_;
  // Last, so that it ends before what it reads.
  std::shared_ptr<void> collect_handle_;
};

LocalLog::LocalLog(const LocalLogOptions& options, FileSystem& files, const Clock& clock,
                   base::Metrics& metrics)
    : options_(options),
      files_(files),
      clock_(clock),
      metrics_(metrics),
      deleted_segments_(metrics.Counter("clew_log_deleted_segments_total",
                                        "Segments deleted since all consumers are past them.")),
      checkpoints_(files, ConsumersIn(options.directory)),
      report_(segments_, lost_, clock, metrics) {}

// A line now and then, of a start that takes its time.
SegmentSet::OnScan LocalLog::ScanTeller() const {
  return [this, told_at = clock_.Monotonic()](const std::string& path, std::uint64_t offset,
                                              std::uint64_t size_bytes) mutable {
    const Nanos now = clock_.Monotonic();
    if (now - told_at < kTellEvery) return;
    told_at = now;
    base::Log(base::LogLevel::kInfo, "log: reading the newest segment to its end",
              {{"file", path},
               {"offset", std::to_string(offset)},
               {"bytes", std::to_string(size_bytes)}});
  };
}

Status LocalLog::Open() {
  TRY(files_.MakeDirectories(options_.directory));
  ASSIGN_OR_RETURN(directory_, files_.Hold(options_.directory));
  const std::string consumers = ConsumersIn(options_.directory);
  if (Status made = files_.MakeDirectories(consumers); !made.has_value()) {
    if (made.error().code == Code::kFailedPrecondition) {
      made.error().message +=
          "; how far consumers are belongs there: without it each begins at the oldest record";
    }
    return made;
  }
  segments_.SetOnScan(ScanTeller());
  segments_.SetEnding(options_.ending);
  ASSIGN_OR_RETURN(const Survey survey,
                   SurveyLog(files_, options_.directory, checkpoints_, segments_));
  committed_at_opening_ = checkpoints_.All();
  TRY(segments_.Mend(files_, survey.loaded));
  metrics_.Counter("clew_log_cut_bytes_total", "Bytes of torn tails that were cut at opening.")
      .Increment(static_cast<double>(survey.loaded.torn_bytes));
  for (const Damage& damage : survey.damages) report_.Add(damage);
  extent_mark_.emplace(files_, options_.directory);
  const std::optional<IdentityFile>& identity = survey.identity;
  const std::optional<SegmentSet::View> newest = segments_.newest();
  if (newest.has_value() && identity.has_value()) {
    identity_ = identity->identity;
    salt_ = identity->salt;
  } else {
    std::random_device random;
    salt_ = std::uint64_t{random()} << 32 | random();
    if (newest.has_value() && newest->segment->header) salt_ = newest->segment->header->salt;
    identity_ = MakeIdentityFile(files_, options_.directory, salt_).identity;
  }
  // When files or records were lost, what comes now must not have their positions: consumers may be
  // past them, and blocks may hold them.
  segments_.RaiseEnd(survey.end);
  const std::uint64_t begin = segments_.end();
  const std::uint64_t aligned_begin = begin + PaddingAfter(begin);
  writer_ = std::make_unique<SegmentWriter>(
      SegmentWriter::Options{
          .directory = options_.directory,
          .held_directory = *directory_,
          .extent_mark = *extent_mark_,
          .segment_bytes = std::min(options_.segment_bytes, options_.bytes_max / 4),
          .salt = salt_,
          .sync = options_.sync},
      aligned_begin, files_, segments_, clock_, metrics_);
  queue_ = std::make_unique<AppendQueue>(
      AppendQueue::Options{
          .salt = salt_,
          .bytes_max = options_.bytes_max,
          .record_bytes_max = std::min<std::uint64_t>(options_.record_bytes_max, UINT32_MAX),
          .group_commit_delay = options_.group_commit_delay},
      *writer_, segments_, clock_, metrics_);
  collect_handle_ = metrics_.OnCollect([this] { Collect(); });
  return {};
}

// While there is room yet, and time to do something.
void LocalLog::TellNearlyFull() {
  const std::uint64_t disk_bytes = segments_.size_bytes();
  if (disk_bytes < options_.bytes_max / 4 * 3) return;
  const auto consumers = checkpoints_.All();
  const auto last =
      std::ranges::min_element(consumers, {}, [](const auto& consumer) { return consumer.second; });
  if (last == consumers.end() || !nearly_full_pause_.MayLog(clock_.Monotonic())) return;
  const std::uint64_t end = segments_.end();
  base::Log(
      base::LogLevel::kWarn,
      "log: nearly full: a consumer does not keep up, and what it has not taken stays; at the "
      "limit all senders are refused. See what keeps it (of pipeline/<pipeline>><exporter>, where "
      "that exporter sends to; of storage, the disk), take that exporter out of the pipeline, or "
      "raise log::limit_mib of clew_storage",
      {{"consumer", last->first},
       {"held_bytes", std::to_string(end - std::min(end, last->second))},
       {"log_bytes", std::to_string(disk_bytes)},
       {"limit_bytes", std::to_string(options_.bytes_max)}});
}

Result<Position> LocalLog::Read(Position from, const Visit& visit) {
  // Taken first: what becomes durable after it may be visited, but is not counted as read.
  std::uint64_t end = std::max(from.offset, segments_.end());
  const std::vector<SegmentSet::View> views = segments_.From(from.offset);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const std::uint64_t acknowledged_end =
        AcknowledgedEnd(views[i], i + 1 < views.size() ? &views[i + 1] : nullptr);
    ASSIGN_OR_RETURN(const std::uint64_t visited_end,
                     ReadSegment(views[i], acknowledged_end, from.offset, visit));
    end = std::max(end, visited_end);
  }
  return Position{end};
}

// Gives the end of the last record visited, 0 when there was none.
Result<std::uint64_t> LocalLog::ReadSegment(const SegmentSet::View& view,
                                            std::uint64_t acknowledged_end, std::uint64_t from,
                                            const Visit& visit) {
  const Segment& segment = *view.segment;
  if (!segment.header.has_value()) {
    report_.AddCorrupt(segment, {.begin = 0, .end = view.end - segment.base, .record = {}},
                       "both headers are damaged", acknowledged_end);
    return 0;
  }
  const std::uint64_t begin = from > segment.base ? from - segment.base : 0;
  SegmentReader reader(*segment.file, *segment.header, begin, view.end - segment.base);
  std::uint64_t visited_end = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<SegmentReader::Piece> piece, reader.Next());
    if (!piece.has_value()) return visited_end;
    if (piece->is_corrupt) {
      report_.AddCorrupt(segment, *piece,
                         piece->is_unreadable ? "cannot be read from the disk" : "wrong checksum",
                         acknowledged_end);
      continue;
    }
    visited_end = segment.base + piece->end;
    if (piece->is_unknown) {
      report_.AddUnknown(segment, *piece);
      continue;
    }
    TRY(visit({{segment.base + piece->begin}, {visited_end}}, piece->record));
  }
}

Status LocalLog::CheckReachable() const {
  TRY(directory_->CheckReachable());
  for (const SegmentSet::View& view : segments_.From(0)) TRY(view.segment->file->CheckReachable());
  return queue_->CheckTakes();
}

// Else what stands in the directory is another's. Under held_mutex_, which goes on being held until
// what follows is written.
Status LocalLog::CheckHeld() {
  if (queue_->is_closed()) return base::Unavailable("the log is closed");
  return directory_->CheckReachable();
}

Status LocalLog::Commit(std::string_view consumer, Position position) {
  if (position > end()) {
    return base::InvalidArgument("log consumer {} cannot commit {}: the log ends at {}", consumer,
                                 position.offset, end().offset);
  }
  const std::shared_lock writing(held_mutex_);
  TRY(CheckHeld());
  TRY(checkpoints_.Advance(consumer, position.offset));
  DeleteConsumed();
  return {};
}

Position LocalLog::Committed(std::string_view consumer) const {
  return {std::max(checkpoints_.Find(consumer).value_or(0), segments_.begin())};
}

std::vector<std::string> LocalLog::Consumers() const {
  std::vector<std::string> names;
  for (const auto& [name, position] : checkpoints_.All()) names.push_back(name);
  return names;
}

Status LocalLog::Forget(std::string_view consumer) {
  const std::shared_lock writing(held_mutex_);
  TRY(CheckHeld());
  TRY(checkpoints_.Forget(consumer));
  DeleteConsumed();
  return {};
}

void LocalLog::SkipTo(Position position) {
  segments_.RaiseAcknowledgedEnd(position.offset);
  const std::uint64_t end = segments_.end();
  if (position.offset <= end) return;
  const std::optional<SegmentSet::View> newest = segments_.newest();
  report_.Add({.path = options_.directory + '/' + SegmentFileName(end),
               .offset = end,
               .size_bytes = position.offset - end,
               .what = "a segment was removed or cut, or is an older copy that was put back",
               .kind = Damage::Kind::kMissing,
               .path_before = newest.has_value() ? newest->segment->path : std::string()});
  segments_.RaiseEnd(position.offset);
  writer_->SkipTo(position.offset + PaddingAfter(position.offset));
}

std::vector<LostPiece> LocalLog::Lost(std::string_view consumer) const {
  const auto committed = committed_at_opening_.find(consumer);
  return lost_.From({committed == committed_at_opening_.end() ? 0 : committed->second});
}

void LocalLog::DeleteConsumed() {
  const std::optional<std::uint64_t> least = checkpoints_.Least();
  if (!least.has_value()) return;
  for (const std::shared_ptr<const Segment>& segment : segments_.TakeBefore(*least)) {
    if (const Status status = files_.Remove(segment->path); !status.has_value()) {
      // It is found again, and deleted, when the log is opened the next time.
      base::Log(base::LogLevel::kWarn, "log: cannot delete a segment",
                {{"file", segment->path}, {"error", status.error().message}});
      continue;
    }
    deleted_segments_.Increment();
  }
}

prometheus::Gauge& LocalLog::LagOf(const std::string& consumer) {
  return metrics_.Gauge("clew_log_consumer_lag_bytes", "Bytes that a consumer has not committed.",
                        {{"consumer", consumer}});
}

void LocalLog::Collect() {
  metrics_.Gauge("clew_log_bytes", "Bytes of all segments on disk.")
      .Set(static_cast<double>(segments_.size_bytes()));
  metrics_.Gauge("clew_log_bytes_limit", "Bytes past which the log refuses.")
      .Set(static_cast<double>(options_.bytes_max));
  metrics_.Gauge("clew_log_segments", "Segment files.").Set(static_cast<double>(segments_.count()));
  const AppendQueue::Counts counts = queue_->counts();
  metrics_.Gauge("clew_log_queued_bytes", "Bytes that wait for the disk or are being written.")
      .Set(static_cast<double>(counts.queued_bytes));
  metrics_.Gauge("clew_log_pending_records", "Records whose senders wait for the disk.")
      .Set(static_cast<double>(counts.pending_records));
  const std::uint64_t end = segments_.end();
  const auto positions = checkpoints_.All();
  for (const auto& [consumer, position] : positions) {
    LagOf(consumer).Set(end > position ? static_cast<double>(end - position) : 0);
  }
  // The series outlive a consumer that was forgotten.
  std::erase_if(shown_consumers_, [&](const std::string& consumer) {
    const bool is_gone = !positions.contains(consumer);
    if (is_gone) LagOf(consumer).Set(0);
    return is_gone;
  });
  for (const auto& [consumer, position] : positions) shown_consumers_.insert(consumer);
}

void LocalLog::Close() {
  const std::scoped_lock closing(close_mutex_);
  if (queue_ != nullptr) queue_->Close();
  segments_.WakeAll();
  collect_handle_.reset();
  const std::unique_lock nobody_writes(held_mutex_);
  if (directory_ != nullptr) directory_->Release();
}

}  // namespace

Result<std::unique_ptr<Log>> OpenLocalLog(const LocalLogOptions& options, FileSystem& files,
                                          const Clock& clock, base::Metrics& metrics) {
  auto log = std::make_unique<LocalLog>(options, files, clock, metrics);
  if (Status status = log->Open(); !status.has_value()) {
    return std::unexpected(
        std::move(status).error().Annotate("opening the log in " + options.directory));
  }
  return log;
}

Result<std::unique_ptr<Log>> OpenLocalLog(const LocalLogOptions& options, const Clock& clock,
                                          base::Metrics& metrics) {
  return OpenLocalLog(options, SystemFiles(), clock, metrics);
}

}  // namespace clew::log
