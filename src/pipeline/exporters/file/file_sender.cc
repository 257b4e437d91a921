#include "pipeline/exporters/file/file_sender.h"

#include <utility>

#include "base/logging.h"

namespace clew::pipeline::exporters::file {

FileSender::FileSender(std::string exporter_id, const Config& config, OutputFile file,
                       const Clock& clock)
    : id_(std::move(exporter_id)),
      format_(config.format == "json" ? Format::kJson : Format::kProto),
      is_compressed_(!config.compression.empty()),
      flush_interval_(config.flush_interval),
      clock_(clock),
      file_(std::move(file)),
      thread_([this] { Run(); }) {}

FileSender::~FileSender() { Close(); }

Result<Receipt> FileSender::Send(const model::TraceBatchPtr& batch, const Context& context,
                                 Deadline) {
  ASSIGN_OR_RETURN(const std::string record, EncodeRecord(*batch, format_, is_compressed_));
  const std::scoped_lock lock(mutex_);
  if (is_closed_) {
    return base::Unavailable("the file is closed");
  }
  TRY(file_.Append(record));
  if (context.delivery != nullptr) {
    deliveries_.push_back(context.delivery);
  }
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
    FlushLocked();
    next_flush = clock_.Monotonic() + flush_interval_;
  }
}

void FileSender::FlushLocked() {
  if (const Status flushed = file_.Flush(); !flushed.has_value()) {
    base::Log(base::LogLevel::kError, "Cannot write the file.",
              {{"otelcol.component.id", id_}, {"error", flushed.error().message}});
    return;
  }
  deliveries_.clear();
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
  FlushLocked();
  if (file_.waiting_bytes() > 0) {
    base::Log(base::LogLevel::kError,
              "Stopped before the file was written. What no log keeps is lost.",
              {{"otelcol.component.id", id_}, {"bytes", std::to_string(file_.waiting_bytes())}});
  }
  for (const DeliveryTokenPtr& delivery : deliveries_) {
    delivery->Abandon();
  }
  deliveries_.clear();
}

}  // namespace clew::pipeline::exporters::file
