#include "base/memory_budget.h"

#include <algorithm>

namespace clew::base {

bool MemoryAccount::TryTake(std::uint64_t bytes) {
  if (!TryTakeHere(bytes)) return false;
  if (whole_ == nullptr || whole_->TryTakeHere(bytes)) return true;
  GiveBackHere(bytes);
  return false;
}

bool MemoryAccount::TryTakeHere(std::uint64_t bytes) {
  // Compared before it is added: a refused taker must not make others fail meanwhile.
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    const std::uint64_t limit = limit_.load(std::memory_order_relaxed);
    if (used > limit || bytes > limit - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

void MemoryAccount::GiveBack(std::uint64_t bytes) {
  GiveBackHere(bytes);
  if (whole_ != nullptr) whole_->GiveBackHere(bytes);
}

void MemoryAccount::GiveBackHere(std::uint64_t bytes) {
  used_.fetch_sub(bytes);
  WakeWaiting();
}

void MemoryAccount::WakeWaiting() {
  if (waiting_count_ == 0) return;
  const std::scoped_lock lock(waiting_mutex_);
  given_back_.notify_all();
}

bool MemoryAccount::HasRoom(std::uint64_t bytes) const {
  const std::uint64_t used = used_;
  const std::uint64_t limit = limit_;
  return used <= limit && bytes <= limit - used && (whole_ == nullptr || whole_->HasRoom(bytes));
}

bool MemoryAccount::WaitForRoom(std::uint64_t bytes, Deadline deadline, const Clock& clock,
                                const std::stop_token& stop) {
  // What is given back to a part is given back to the whole last.
  MemoryAccount& last = whole_ != nullptr ? *whole_ : *this;
  ++last.waiting_count_;
  // Takes the lock: made before it is held here, gone after.
  const std::stop_callback wake(stop, [&last] { last.WakeWaiting(); });
  std::unique_lock lock(last.waiting_mutex_);
  if (!HasRoom(bytes) && !stop.stop_requested()) {
    clock.Wait(lock, last.given_back_, deadline.time_since_epoch());
  }
  --last.waiting_count_;
  return HasRoom(bytes);
}

std::shared_ptr<void> MemoryAccount::WatchLimit(std::function<void(std::uint64_t)> watcher) {
  const std::scoped_lock lock(watchers_mutex_);
  watcher(limit());
  const auto place = watchers_.insert(watchers_.end(), std::move(watcher));
  return {nullptr, [this, place](void*) {
            const std::scoped_lock erase_lock(watchers_mutex_);
            watchers_.erase(place);
          }};
}

void MemoryAccount::SetLimit(std::uint64_t bytes) {
  const std::scoped_lock lock(watchers_mutex_);
  if (limit_.exchange(bytes) == bytes) return;
  for (const auto& watcher : watchers_) watcher(bytes);
  WakeWaiting();
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
  followers_.whole_ = &queues_;
  requests_.waiting_ = &waiting_requests_;
  {
    const std::scoped_lock lock(mutex_);
    Divide();
  }
  const auto show = [&metrics](const char* use, const MemoryAccount& account) {
    prometheus::Gauge& used =
        metrics.Gauge("clew_memory_used_bytes", "Memory held, by what for.", {{"use", use}});
    prometheus::Gauge& limit = metrics.Gauge(
        "clew_memory_limit_bytes", "The share of the memory limit of each use.", {{"use", use}});
    return [&account, &used, &limit] {
      used.Set(static_cast<double>(account.used()));
      limit.Set(static_cast<double>(account.limit()));
    };
  };
  gauges_ = metrics.OnCollect(
      [requests = show("requests", requests_),
       waiting = show("waiting_requests", waiting_requests_), answers = show("answers", answers_),
       queues = show("queues", queues_), followers = show("followers", followers_),
       directories = show("directories", directories_)] {
        requests();
        waiting();
        answers();
        queues();
        followers();
        directories();
      });
}

MemoryAccount& MemoryBudget::account(MemoryUse use) {
  switch (use) {
    case MemoryUse::kRequests:
      return requests_;
    case MemoryUse::kAnswers:
      return answers_;
    case MemoryUse::kQueues:
      return queues_;
    case MemoryUse::kFollowers:
      return followers_;
    case MemoryUse::kDirectories:
      break;
  }
  return directories_;
}

std::uint64_t MemoryBudget::total() const {
  const std::scoped_lock lock(mutex_);
  return TotalLocked();
}

std::uint64_t MemoryBudget::TotalLocked() const {
  return limits_.empty() ? machine_total_ : std::min(machine_total_, *limits_.begin());
}

std::shared_ptr<void> MemoryBudget::Limit(std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  const auto place = limits_.insert(bytes);
  Divide();
  return {nullptr, [this, place](void*) {
            const std::scoped_lock erase_lock(mutex_);
            limits_.erase(place);
            Divide();
          }};
}

void MemoryBudget::Divide() {
  const std::uint64_t bytes = TotalLocked();
  requests_.SetLimit(bytes / 4);
  waiting_requests_.SetLimit(bytes / 4 / 8 * 5);
  answers_.SetLimit(bytes / 4);
  queues_.SetLimit(bytes / 8);
  followers_.SetLimit(bytes / 16);
  directories_.SetLimit(bytes / 8);
}

}  // namespace clew::base
