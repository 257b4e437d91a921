#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "pipeline/component.h"
#include "pipeline/factory.h"
#include "pipeline/processors/memory_limiter/config.h"
#include "pipeline/processors/memory_limiter/memory_gate.h"

namespace clew::pipeline::processors::memory_limiter {

/// Refuses data while the process uses too much memory; never drops it. One thread measures.
class MemoryLimiter final : public Processor {
 public:
  /// `gate` decides; `next` outlives this.
  MemoryLimiter(const CreateSettings& settings, const Config& config,
                std::unique_ptr<MemoryGate> gate, Consumer& next);
  ~MemoryLimiter() override;

  Status Start(Host& host) override;
  void Stop(Deadline deadline) override;
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;

 private:
  void Run(const Clock& clock);
  void CheckAndLog(Nanos now);

  const std::string id_;
  const Nanos check_interval_;
  const std::unique_ptr<MemoryGate> gate_;
  Consumer& next_;
  /// What it lets the whole process hold for requests, answers and queues follows its limit, too.
  std::shared_ptr<void> budget_limit_;
  prometheus::Counter& accepted_items_;
  prometheus::Counter& refused_items_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool is_stopping_ = false;
};

}  // namespace clew::pipeline::processors::memory_limiter
