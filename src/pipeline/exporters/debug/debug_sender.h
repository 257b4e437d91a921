#pragma once

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "pipeline/exporters/debug/config.h"
#include "pipeline/sending/sender.h"

namespace clew::pipeline::exporters::debug {

/// Chooses what is shown: the first few of each second, then every so manieth. Any thread.
class Sampler {
 public:
  Sampler(std::uint64_t initial, std::uint64_t thereafter, const Clock& clock);
  bool Takes();

 private:
  const std::uint64_t initial_;
  const std::uint64_t thereafter_;
  const Clock& clock_;
  std::mutex mutex_;
  Nanos second_start_{0};
  std::uint64_t count_ = 0;
};

/// Shows batches in the log, or in files.
class DebugSender final : public sending::Sender {
 public:
  /// Opens the output paths. `clock` outlives the sender.
  static Result<std::unique_ptr<sending::Sender>> Create(std::string exporter_id,
                                                         const Config& config, const Clock& clock);

  Result<Receipt> Send(const model::BatchPtr& batch, const Context& context,
                       Deadline deadline) override;

 private:
  using File = std::unique_ptr<FILE, int (*)(FILE*)>;

  DebugSender(std::string exporter_id, const Config& config, const Clock& clock);
  struct Count {
    std::string_view name;
    std::uint64_t value;
  };

  Status ShowTraces(const model::Batch& batch);
  /// Of other signals: beyond the counts there is their JSON.
  Status ShowItems(const model::Batch& batch);
  void ShowCounts(const std::string& title, const std::vector<Count>& counts);
  void Write(const std::string& text);

  const std::string id_;
  const Config config_;
  Sampler sampler_;
  std::mutex mutex_;
  std::vector<File> outputs_;
};

}  // namespace clew::pipeline::exporters::debug
