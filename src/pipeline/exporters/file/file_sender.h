#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/exporter_counters.h"
#include "pipeline/exporters/file/config.h"
#include "pipeline/exporters/file/output_file.h"
#include "pipeline/exporters/file/record.h"
#include "pipeline/sending/sender.h"

namespace clew::pipeline::exporters::file {

/// Writes batches to a file. A batch is delivered, and its spans count as sent, when it is written,
/// not when it waits in the buffer. One thread flushes. As long as what waits cannot be written,
/// nothing more is taken.
class FileSender final : public sending::Sender {
 public:
  /// `clock` and what `counters` refers to outlive this.
  FileSender(std::string exporter_id, const Config& config, OutputFile file, const Clock& clock,
             const ExporterCounters& counters);
  ~FileSender() override;

  Result<Receipt> Send(const model::BatchPtr& batch, const Context& context,
                       Deadline deadline) override;
  /// Flushes; what cannot be written is given back to its source, or counted as failed and logged.
  void Close() override;

 private:
  void Run();
  /// Writes what waits. Logs the first of several failures in a row.
  Status FlushLocked();
  /// What waits is lost here.
  void GiveBackLocked();
  /// What waited is written.
  void SettleLocked();

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
  struct Waiting {
    std::uint64_t span_count;
    DeliveryTokenPtr delivery;  // null: it is in no log
  };
  std::vector<Waiting> waiting_;
  bool is_failing_ = false;  // since the last flush
  const ExporterCounters counters_;
  std::thread thread_;
};

}  // namespace clew::pipeline::exporters::file
