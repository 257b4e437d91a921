#include "pipeline/exporters/file/shared_file.h"

#include <map>
#include <utility>

#include "base/logging.h"

namespace clew::pipeline::exporters::file {

Result<std::shared_ptr<SharedFile>> SharedFile::Open(const std::string& exporter_id,
                                                     const Config& config, const Clock& clock) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<SharedFile>> files;
  const std::scoped_lock lock(mutex);
  std::weak_ptr<SharedFile>& known = files[config.path];
  if (std::shared_ptr<SharedFile> file = known.lock()) return file;
  ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(config, clock));
  auto file = std::make_shared<SharedFile>(exporter_id, config, std::move(output), clock);
  known = file;
  return file;
}

SharedFile::SharedFile(std::string exporter_id, const Config& config, OutputFile file,
                       const Clock& clock)
    : id_(std::move(exporter_id)),
      format_(config.format == "json" ? Format::kJson : Format::kProto),
      is_compressed_(!config.compression.empty()),
      flush_interval_(config.flush_interval),
      clock_(clock),
      file_(std::move(file)),
      thread_([this] { Run(); }) {}

SharedFile::~SharedFile() {
  {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
    stop_.notify_all();
  }
  thread_.join();
  const std::scoped_lock lock(mutex_);
  if (!FlushLocked().has_value()) GiveBackLocked();
  file_.Close();
}

void SharedFile::Flush() {
  const std::scoped_lock lock(mutex_);
  static_cast<void>(FlushLocked());
}

Status SharedFile::Append(const model::Batch& batch, const DeliveryTokenPtr& delivery,
                          const ExporterCounters& counters) {
  ASSIGN_OR_RETURN(const std::string record, EncodeRecord(batch, format_, is_compressed_));
  const std::scoped_lock lock(mutex_);
  // What is taken now would wait behind what cannot be written, and be lost with it.
  if (is_failing_) TRY(FlushLocked());
  const Status appended = file_.Append(record);
  // It writes what waits when that is much, or begins another file.
  if (file_.waiting_bytes() == (appended.has_value() ? record.size() : 0)) SettleLocked();
  TRY(appended);
  waiting_.push_back(
      {.item_count = batch.item_count(), .counters = counters, .delivery = delivery});
  return {};
}

void SharedFile::Run() {
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

Status SharedFile::FlushLocked() {
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

void SharedFile::SettleLocked() {
  for (const Waiting& written : waiting_) {
    written.counters.sent_items.Increment(static_cast<double>(written.item_count));
  }
  waiting_.clear();
  if (std::exchange(is_failing_, false)) {
    base::Log(base::LogLevel::kInfo, "Writes the file again.", {{"otelcol.component.id", id_}});
  }
}

void SharedFile::GiveBackLocked() {
  std::uint64_t lost_items = 0;
  for (const Waiting& unwritten : waiting_) {
    if (unwritten.delivery != nullptr) {
      unwritten.delivery->Abandon();
    } else {
      lost_items += unwritten.item_count;
      unwritten.counters.send_failed_items.Increment(static_cast<double>(unwritten.item_count));
    }
  }
  if (!waiting_.empty()) {
    base::Log(base::LogLevel::kError,
              lost_items > 0 ? "Stopped before the file was written. Dropping data."
                             : "Stopped before the file was written. The data stays in the log.",
              {{"otelcol.component.id", id_},
               {"bytes", std::to_string(file_.waiting_bytes())},
               {"dropped_items", std::to_string(lost_items)}});
  }
  waiting_.clear();
}

}  // namespace clew::pipeline::exporters::file
