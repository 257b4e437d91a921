#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/exporters/file/config.h"
#include "pipeline/exporters/file/output_file.h"
#include "pipeline/exporters/file/record.h"
#include "pipeline/sending/sender.h"

namespace clew::pipeline::exporters::file {

/// Writes batches to a file. A batch's delivery counts when it is written, not when it waits in the
/// buffer. One thread flushes.
class FileSender final : public sending::Sender {
 public:
  /// `clock` outlives this.
  FileSender(std::string exporter_id, const Config& config, OutputFile file, const Clock& clock);
  ~FileSender() override;

  Result<Receipt> Send(const model::TraceBatchPtr& batch, const Context& context,
                       Deadline deadline) override;
  /// Flushes; what cannot be written is given back to its source.
  void Close() override;

 private:
  void Run();
  void FlushLocked();

  const std::string id_;
  const Format format_;
  const bool is_compressed_;
  const Nanos flush_interval_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool is_closed_ = false;
  OutputFile file_;
  // Of what waits in the buffer.
  std::vector<DeliveryTokenPtr> deliveries_;
  std::thread thread_;
};

}  // namespace clew::pipeline::exporters::file
