#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>

#include "net/loops.h"
#include "pipeline/graph/component_node.h"

namespace clew::pipeline {

/// What the process offers to its components. Any thread.
class ProcessHost final : public Host {
 public:
  /// `metrics`, `clock`, `loops` and `extensions` outlive it. `on_fatal_error` is called on the
  /// thread of the component that failed.
  ProcessHost(base::Metrics& metrics, const Clock& clock, net::Loops& loops,
              ExtensionSet& extensions, std::size_t worker_count,
              std::function<void(const Error&)> on_fatal_error);

  const Clock& clock() const override { return clock_; }
  base::Random& random() override { return random_; }
  base::Metrics& metrics() override { return metrics_; }
  base::MemoryBudget& memory() override { return memory_; }
  base::WorkerPool& workers() override { return workers_; }
  net::Loops& loops() override { return loops_; }
  std::shared_ptr<Extension> FindExtension(std::string_view id) override {
    return extensions_.Find(id);
  }
  Status CheckReady() const override { return extensions_.CheckReady(); }
  std::stop_token ending() const override { return ending_.get_token(); }
  /// The process is asked to end: starts give up.
  void BeginEnding() { ending_.request_stop(); }
  void ReportFatalError(const Error& error) override;

 private:
  base::Metrics& metrics_;
  const Clock& clock_;
  ExtensionSet& extensions_;
  const std::function<void(const Error&)> on_fatal_error_;
  std::stop_source ending_;
  base::SeededRandom random_;
  base::MemoryBudget memory_;
  net::Loops& loops_;
  base::WorkerPool workers_;
  // Last, so that it ends before what it reads.
  std::shared_ptr<void> gauges_;
};

}  // namespace clew::pipeline
