#include "pipeline/processors/memory_limiter/memory_limiter.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "pipeline/item_counter.h"

namespace clew::pipeline::processors::memory_limiter {

MemoryLimiter::MemoryLimiter(const CreateSettings& settings, const Config& config,
                             std::unique_ptr<MemoryGate> gate, Consumer& next)
    : id_(settings.id),
      check_interval_(config.check_interval),
      gate_(std::move(gate)),
      next_(next),
      accepted_items_(ItemCounter(settings.host.metrics(),
                                  "otelcol_processor_memory_limiter_accepted_", settings.signal(),
                                  "that the next stage took.", {{"processor", id_}})),
      refused_items_(ItemCounter(
          settings.host.metrics(), "otelcol_processor_memory_limiter_refused_", settings.signal(),
          "refused because of memory; the sender may send them again.", {{"processor", id_}})) {}

MemoryLimiter::~MemoryLimiter() { Stop(base::kAtOnce); }

Status MemoryLimiter::Start(Host& host) {
  TRY(gate_->Check(host.clock().Monotonic()));
  budget_limit_ = host.memory().Limit(gate_->thresholds().hard);
  thread_ = std::thread([this, &host] { Run(host.clock()); });
  return {};
}

void MemoryLimiter::Run(const Clock& clock) {
  std::unique_lock lock(mutex_);
  Nanos next_check = clock.Monotonic() + check_interval_;
  while (!is_stopping_) {
    if (clock.Monotonic() < next_check) {
      clock.Wait(lock, stop_, next_check);
      continue;
    }
    lock.unlock();
    CheckAndLog(clock.Monotonic());
    lock.lock();
    next_check = clock.Monotonic() + check_interval_;
  }
}

void MemoryLimiter::CheckAndLog(Nanos now) {
  const bool was_refusing = gate_->is_refusing();
  if (const Status checked = gate_->Check(now); !checked.has_value()) {
    base::Log(base::LogLevel::kError, "Cannot measure memory.",
              {{"otelcol.component.id", id_}, {"error", checked.error().message}});
    return;
  }
  if (gate_->is_refusing() == was_refusing) {
    return;
  }
  base::Log(
      was_refusing ? base::LogLevel::kInfo : base::LogLevel::kWarn,
      was_refusing ? "Memory usage back within limits. Resuming normal operation."
                   : "Memory usage is above soft limit. Refusing data.",
      {{"otelcol.component.id", id_}, {"cur_mem_mib", std::to_string(gate_->resident() >> 20)}});
}

void MemoryLimiter::Stop(Deadline) {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
    stop_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  budget_limit_.reset();
}

LaterReceipt MemoryLimiter::Consume(const model::BatchPtr& batch, const Context& context) {
  const auto item_count = static_cast<double>(batch->item_count());
  if (gate_->is_refusing()) {
    refused_items_.Increment(item_count);
    return std::unexpected(Error{Code::kUnavailable, "data refused due to high memory usage",
                                 std::max<Nanos>(check_interval_, std::chrono::seconds(1))});
  }
  return next_.Consume(batch, context).MapBy([this, item_count](Result<Receipt> receipt) {
    if (receipt.has_value()) accepted_items_.Increment(item_count);
    return receipt;
  });
}

}  // namespace clew::pipeline::processors::memory_limiter
