#include "base/memory_budget.h"

#include <algorithm>

namespace clew::base {

bool MemoryAccount::TryTake(std::uint64_t bytes) {
  // Compared before it is added: a refused taker must not make others fail meanwhile.
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    const std::uint64_t limit = limit_.load(std::memory_order_relaxed);
    if (used > limit || bytes > limit - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

void MemoryAccount::GiveBack(std::uint64_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
}

MemoryHold& MemoryHold::operator=(MemoryHold&& other) noexcept {
  if (this == &other) return *this;
  Release();
  account_ = other.account_;
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

bool MemoryHold::TryGrow(std::uint64_t bytes) {
  if (account_ != nullptr && !account_->TryTake(bytes)) return false;
  bytes_ += bytes;
  return true;
}

void MemoryHold::ShrinkTo(std::uint64_t bytes) {
  if (bytes >= bytes_) return;
  if (account_ != nullptr) account_->GiveBack(bytes_ - bytes);
  bytes_ = bytes;
}

MemoryBudget::MemoryBudget(std::uint64_t total, Metrics& metrics) : machine_total_(total) {
  Divide();
  const auto show = [&metrics](const char* use, const MemoryAccount& account) {
    prometheus::Gauge& used = metrics.Gauge(
        "clew_memory_used_bytes", "Memory held for requests, answers and queues.", {{"use", use}});
    prometheus::Gauge& limit = metrics.Gauge(
        "clew_memory_limit_bytes", "The share of the memory limit of each use.", {{"use", use}});
    return [&account, &used, &limit] {
      used.Set(static_cast<double>(account.used()));
      limit.Set(static_cast<double>(account.limit()));
    };
  };
  gauges_ =
      metrics.OnCollect([requests = show("requests", requests_),
                         answers = show("answers", answers_), queues = show("queues", queues_)] {
        requests();
        answers();
        queues();
      });
}

MemoryAccount& MemoryBudget::account(MemoryUse use) {
  switch (use) {
    case MemoryUse::kRequests:
      return requests_;
    case MemoryUse::kAnswers:
      return answers_;
    case MemoryUse::kQueues:
      break;
  }
  return queues_;
}

std::uint64_t MemoryBudget::total() const {
  const std::scoped_lock lock(mutex_);
  return limits_.empty() ? machine_total_ : std::min(machine_total_, *limits_.begin());
}

std::shared_ptr<void> MemoryBudget::Limit(std::uint64_t bytes) {
  const auto place = [&] {
    const std::scoped_lock lock(mutex_);
    return limits_.insert(bytes);
  }();
  Divide();
  return {nullptr, [this, place](void*) {
            {
              const std::scoped_lock lock(mutex_);
              limits_.erase(place);
            }
            Divide();
          }};
}

void MemoryBudget::Divide() {
  const std::uint64_t bytes = total();
  requests_.limit_ = bytes / 4;
  answers_.limit_ = bytes / 4;
  queues_.limit_ = bytes / 8;
}

}  // namespace clew::base
