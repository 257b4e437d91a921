#pragma once

#include <memory>
#include <mutex>

#include "pipeline/exporter_counters.h"
#include "pipeline/exporters/file/shared_file.h"
#include "pipeline/sending/sender.h"

namespace clew::pipeline::exporters::file {

/// Hands the batches of one signal to the file of its exporter.
class FileSender final : public sending::Sender {
 public:
  FileSender(std::shared_ptr<SharedFile> file, const ExporterCounters& counters);
  Result<Receipt> Send(const model::BatchPtr& batch, const Context& context,
                       Deadline deadline) override;
  /// Writes what waits; the last of all signals closes the file.
  void Close() override;

 private:
  std::mutex mutex_;
  std::shared_ptr<SharedFile> file_;  // null when closed
  const ExporterCounters counters_;
};

}  // namespace clew::pipeline::exporters::file
