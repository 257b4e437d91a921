#include "log/segment_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/logging.h"

namespace clew::log {
namespace {

constexpr std::array<char, kRecordAlignment> kPadding{};

iovec PartOf(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

// Whatever the disk says, the sender still has the records and may send them again.
Error Retryable(Error error) {
  constexpr std::chrono::seconds kRetryAfter{1};
  if (error.code != Code::kResourceExhausted) error.code = Code::kUnavailable;
  error.retry_after = kRetryAfter;
  return error;
}

}  // namespace

SegmentWriter::SegmentWriter(Options options, std::uint64_t begin, FileSystem& files,
                             SegmentSet& segments, const Clock& clock, base::Metrics& metrics)
    : options_(std::move(options)),
      files_(files),
      segments_(segments),
      clock_(clock),
      appended_records_(metrics.Counter("clew_log_appended_records_total",
                                        "Records that were appended durably.")),
      appended_bytes_(metrics.Counter("clew_log_appended_bytes_total",
                                      "Bytes of the records that were appended durably.")),
      syncs_(metrics.Counter("clew_log_syncs_total", "How often the log was synced to disk.")),
      sync_seconds_(metrics.Histogram(
          "clew_log_sync_duration_seconds", "How long syncing the log to disk took.", {},
          {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5})),
      next_base_(begin) {
  const std::optional<SegmentSet::View> newest = segments_.newest();
  if (!newest.has_value() || !newest->segment->header.has_value() || newest->end < begin ||
      newest->segment->is_closed || newest->segment->header->salt != options_.salt) {
    return;
  }
  segment_ = newest->segment;
  size_ = newest->end - segment_->base;
}

void SegmentWriter::SkipTo(std::uint64_t begin) {
  next_base_ = std::max(next_base_, begin);
  if (segment_ == nullptr || segment_->base + size_ >= begin) return;
  segment_.reset();
  size_ = 0;
}

void SegmentWriter::Write(std::span<const std::unique_ptr<PendingRecord>> pending) {
  while (!pending.empty()) {
    const Status room = MakeRoom();
    std::size_t count = 0;
    std::uint64_t run_size = 0;
    for (; count < pending.size(); ++count) {
      const std::uint64_t more = pending[count]->total_size;
      if (count > 0 && size_ + run_size + more > options_.segment_bytes) break;
      run_size += more;
    }
    const auto run = pending.first(count);
    Status status = room.has_value() ? WriteRun(run) : room;
    if (!status.has_value()) {
      status = std::unexpected(Retryable(std::move(status).error()));
      for (const std::unique_ptr<PendingRecord>& record : run) {
        record->result = std::unexpected(status.error());
      }
      failed_size_ = run_size;
    }
    SetStatus(std::move(status));
    pending = pending.subspan(count);
  }
}

void SegmentWriter::TryAgain() {
  constexpr std::uint64_t kTriedBytesMax = 1u << 20;
  const std::string zeros(std::min(failed_size_, kTriedBytesMax), '\0');
  const auto write = [&]() -> Status {
    TRY(MakeRoom());
    parts_.assign(1, PartOf(zeros));
    TRY(WriteAndSync(zeros.size()));
    CutBack(zeros.size());
    return {};
  };
  Status status = write();
  if (!status.has_value()) status = std::unexpected(Retryable(std::move(status).error()));
  SetStatus(std::move(status));
}

// One line when it begins to fail and one when it works again: senders try often.
void SegmentWriter::SetStatus(Status status) {
  const bool has_changed = status.has_value() != status_.has_value();
  status_ = std::move(status);
  if (!has_changed) return;
  if (!status_.has_value()) {
    base::Log(base::LogLevel::kError, "log: cannot write, refusing until it works again",
              {{"directory", options_.directory}, {"error", status_.error().message}});
  } else {
    base::Log(base::LogLevel::kInfo, "log: writes again", {{"directory", options_.directory}});
  }
}

Status SegmentWriter::MakeRoom() {
  const bool is_full = size_ >= options_.segment_bytes;
  if (segment_ != nullptr && !is_full) return {};
  if (segment_ != nullptr) next_base_ = segment_->base + size_;
  return NewSegment();
}

std::optional<std::uint64_t> SegmentWriter::GapBefore(std::uint64_t base) const {
  const std::uint64_t end = segments_.acknowledged_end();
  return base - std::min(base, end + PaddingAfter(end));
}

Status SegmentWriter::NewSegment() {
  segment_.reset();
  size_ = 0;
  auto segment = std::make_shared<Segment>();
  segment->base = next_base_;
  segment->header = SegmentHeader{next_base_, options_.salt, GapBefore(next_base_)};
  segment->path = options_.directory + '/' + SegmentFileName(next_base_);
  const std::string header = EncodeSegmentHeader(*segment->header);
  const Status status = [&]() -> Status {
    TRY(options_.held_directory.CheckReachable());
    ASSIGN_OR_RETURN(segment->file, files_.Create(segment->path));
    std::array<iovec, 1> parts = {PartOf(header)};
    TRY(segment->file->WriteAt(0, parts));
    TRY(Sync(*segment->file));
    return files_.SyncDirectory(options_.directory);
  }();
  if (!status.has_value()) {
    // Holds no record; if it cannot be removed either, the next try makes it anew.
    if (segment->file != nullptr) static_cast<void>(files_.Remove(segment->path));
    return status;
  }
  segments_.Add(segment, header.size());
  segment_ = std::move(segment);
  size_ = header.size();
  return {};
}

Status SegmentWriter::WriteRun(std::span<const std::unique_ptr<PendingRecord>> run) {
  parts_.clear();
  std::uint64_t end = segment_->base + size_;
  for (const std::unique_ptr<PendingRecord>& pending : run) {
    SealRecordPrefix(pending->prefix, end, options_.salt);
    const std::string_view body = pending->record.body.view();
    parts_.push_back(PartOf(pending->prefix));
    if (!body.empty()) parts_.push_back(PartOf(body));
    const std::size_t padding = PaddingAfter(pending->prefix.size() + body.size());
    if (padding > 0) parts_.push_back(PartOf({kPadding.data(), padding}));
    pending->result = Appended{{end}, {end + pending->total_size}};
    end += pending->total_size;
  }
  const std::uint64_t run_size = end - segment_->base - size_;
  TRY(WriteAndSync(run_size));
  size_ += run_size;
  options_.extent_mark.Set({segments_.begin(), end});
  segments_.SetDurable(end);
  appended_records_.Increment(static_cast<double>(run.size()));
  appended_bytes_.Increment(static_cast<double>(run_size));
  return {};
}

Status SegmentWriter::WriteAndSync(std::uint64_t run_size) {
  File& file = *segment_->file;
  if (Status status = file.WriteAt(size_, parts_); !status.has_value()) {
    CutBack(run_size);
    return status;
  }
  if (Status status = Sync(file); !status.has_value()) {
    next_base_ = segment_->base + size_ + run_size;
    // Best effort: what stays is either found to be sound when the log is opened again, or skipped.
    static_cast<void>(file.Truncate(size_));
    segment_.reset();
    return status;
  }
  if (Status status = file.CheckReachable(); !status.has_value()) {
    next_base_ = segment_->base + size_ + run_size;
    segment_.reset();
    return status;
  }
  return {};
}

void SegmentWriter::CutBack(std::uint64_t run_size) {
  next_base_ = segment_->base + size_ + run_size;
  if (!segment_->file->Truncate(size_).has_value()) segment_.reset();
}

Status SegmentWriter::Sync(File& file) {
  if (!options_.sync) return {};
  const Nanos begin = clock_.Monotonic();
  TRY(file.Sync());
  syncs_.Increment();
  sync_seconds_.Observe(std::chrono::duration<double>(clock_.Monotonic() - begin).count());
  return {};
}

}  // namespace clew::log
