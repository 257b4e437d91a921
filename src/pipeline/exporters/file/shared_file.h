#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/delivery.h"
#include "pipeline/exporter_counters.h"
#include "pipeline/exporters/file/config.h"
#include "pipeline/exporters/file/output_file.h"
#include "pipeline/exporters/file/record.h"

namespace clew::pipeline::exporters::file {

/// Writes the batches of an exporter, of all its signals, to a file. A batch is delivered, and its
/// items count as sent, when it is written, not when it waits in the buffer. One thread flushes. As
/// long as what waits cannot be written, nothing more is taken. Any thread.
class SharedFile {
 public:
  /// Opens the file, or gives the one that others have opened under this path: whoever comes last
  /// closes it. `clock` outlives it.
  static Result<std::shared_ptr<SharedFile>> Open(const std::string& exporter_id,
                                                  const Config& config, const Clock& clock);

  SharedFile(std::string exporter_id, const Config& config, OutputFile file, const Clock& clock);
  /// Flushes; what cannot be written is given back to its source, or counted as failed and logged.
  ~SharedFile();

  /// What `counters` refers to outlives this.
  Status Append(const model::Batch& batch, const DeliveryTokenPtr& delivery,
                const ExporterCounters& counters);
  /// Writes what waits, when that is possible now.
  void Flush();

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
    std::uint64_t item_count;
    ExporterCounters counters;
    DeliveryTokenPtr delivery;  // null: it is in no log
  };
  std::vector<Waiting> waiting_;
  bool is_failing_ = false;  // since the last flush
  std::thread thread_;
};

}  // namespace clew::pipeline::exporters::file
