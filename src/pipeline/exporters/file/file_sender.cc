#include "pipeline/exporters/file/file_sender.h"

#include <utility>

#include "base/logging.h"

namespace clew::pipeline::exporters::file {

FileSender::FileSender(std::string exporter_id, const Config& config, OutputFile file,
                       const Clock& clock, const ExporterCounters& counters)
    : id_(std::move(exporter_id)),
      format_(config.format == "json" ? Format::kJson : Format::kProto),
      is_compressed_(!config.compression.empty()),
      flush_interval_(config.flush_interval),
      clock_(clock),
      file_(std::move(file)),
      counters_(counters),
      thread_([this] { Run(); }) {}

FileSender::~FileSender() { Close(); }

Result<Receipt> FileSender::Send(const model::BatchPtr& batch, const Context& context, Deadline) {
  ASSIGN_OR_RETURN(const std::string record, EncodeRecord(*batch, format_, is_compressed_));
  const std::scoped_lock lock(mutex_);
  if (is_closed_) {
    return base::Unavailable("the file is closed");
  }
  // What is taken now would wait behind what cannot be written, and be lost with it.
  if (is_failing_) TRY(FlushLocked());
  const Status appended = file_.Append(record);
  // It writes what waits when that is much, or begins another file.
  if (file_.waiting_bytes() == (appended.has_value() ? record.size() : 0)) SettleLocked();
  TRY(appended);
  waiting_.push_back({.span_count = batch->item_count(), .delivery = context.delivery});
  return Receipt{};
}

void FileSender::Run() {
  std::unique_lock lock(mutex_);
  Nanos next_flush = clock_.Monotonic() + flush_interval_;
  while (!is_closed_) {
    if (clock_.Monotonic() < next_flush) {
      clock_.Wait(lock, stop_, next_flush);
      continue;
    }
    static_cast<void>(FlushLocked());
    next_flush = clock_.Monotonic() + flush_interval_;
  }
}

Status FileSender::FlushLocked() {
  Status flushed = file_.Flush();
  if (flushed.has_value()) {
    SettleLocked();
  } else if (!std::exchange(is_failing_, true)) {
    base::Log(base::LogLevel::kError,
              "Cannot write the file. Takes nothing more until what waits is written.",
              {{"otelcol.component.id", id_}, {"error", flushed.error().message}});
  }
  return flushed;
}

void FileSender::SettleLocked() {
  for (const Waiting& written : waiting_) {
    counters_.sent_spans.Increment(static_cast<double>(written.span_count));
  }
  waiting_.clear();
  if (std::exchange(is_failing_, false)) {
    base::Log(base::LogLevel::kInfo, "Writes the file again.", {{"otelcol.component.id", id_}});
  }
}

void FileSender::Close() {
  {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
    stop_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  const std::scoped_lock lock(mutex_);
  if (!FlushLocked().has_value()) GiveBackLocked();
  file_.Close();
}

void FileSender::GiveBackLocked() {
  std::uint64_t lost_spans = 0;
  for (const Waiting& unwritten : waiting_) {
    if (unwritten.delivery != nullptr) {
      unwritten.delivery->Abandon();
    } else {
      lost_spans += unwritten.span_count;
    }
  }
  counters_.send_failed_spans.Increment(static_cast<double>(lost_spans));
  if (!waiting_.empty()) {
    base::Log(base::LogLevel::kError,
              lost_spans > 0 ? "Stopped before the file was written. Dropping data."
                             : "Stopped before the file was written. The data stays in the log.",
              {{"otelcol.component.id", id_},
               {"bytes", std::to_string(file_.waiting_bytes())},
               {"dropped_items", std::to_string(lost_spans)}});
  }
  waiting_.clear();
}

}  // namespace clew::pipeline::exporters::file
