#include "pipeline/service/process_host.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "base/system_memory.h"

namespace clew::pipeline {
namespace {

// Tasks wait for their turn here when all workers are busy; past it the network says "try later".
constexpr std::size_t kQueueLimit = 1024;

/// More than cores, because workers wait too: for blocks, for a full queue.
std::size_t DefaultWorkerCount() {
  return std::max<std::size_t>(8, 4 * std::size_t{std::thread::hardware_concurrency()});
}

/// What the budget divides where no memory_limiter says less; the program needs some itself.
std::uint64_t MachineMemory() {
  constexpr std::uint64_t kUnknown = 1u << 30;
  return base::TotalBytes().value_or(kUnknown) / 4 * 3;
}

}  // namespace

ProcessHost::ProcessHost(base::Metrics& metrics, const Clock& clock, net::Loops& loops,
                         ExtensionSet& extensions, std::size_t worker_count,
                         std::function<void(const Error&)> on_fatal_error)
    : metrics_(metrics),
      clock_(clock),
      extensions_(extensions),
      on_fatal_error_(std::move(on_fatal_error)),
      random_(std::random_device()()),
      memory_(MachineMemory(), metrics),
      loops_(loops),
      workers_("clew-worker", worker_count == 0 ? DefaultWorkerCount() : worker_count,
               kQueueLimit) {
  gauges_ = metrics.OnCollect([this] {
    const base::WorkerPool::Counts counts = workers_.counts();
    metrics_.Gauge("clew_worker_threads", "Threads that run the tasks of requests.")
        .Set(static_cast<double>(counts.threads));
    metrics_.Gauge("clew_worker_queued_tasks", "Tasks that no thread has begun yet.")
        .Set(static_cast<double>(counts.queued));
    metrics_
        .Gauge("clew_worker_waiting_tasks",
               "Tasks that wait for a block or a back end and hold up no other; at most 1000.")
        .Set(static_cast<double>(counts.waiting));
  });
}

void ProcessHost::ReportFatalError(const Error& error) {
  base::Log(base::LogLevel::kError, "A component failed for good.", {{"error", error.message}});
  if (on_fatal_error_) on_fatal_error_(error);
}

}  // namespace clew::pipeline
