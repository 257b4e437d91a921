#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <utility>

#include "base/metrics.h"
#include "base/vocabulary.h"

namespace clew::base {

/// What memory is held for. Each use has a share of the process's limit, so that one that is full
/// never starves another: queries that nobody reads do not stop ingestion.
enum class MemoryUse {
  /// Requests on their way in: bodies as sent and unpacked, and what decoding makes of them.
  kRequests,
  /// Answers on their way out: rows joined for them, encoded text, bytes not sent yet.
  kAnswers,
  /// Batches that wait for a back end.
  kQueues,
  /// Of these, what was read from the log and can be read again: at most half, so that the queues
  /// of pipelines without a log have the other half.
  kFollowers,
  /// What is known of stored blocks without reading their pages.
  kDirectories,
};

/// The bytes that one use holds; they count against the account that it is a part of, too. Any
/// thread.
class MemoryAccount {
 public:
  /// False, and nothing is taken, when a limit would be passed.
  [[nodiscard]] bool TryTake(std::uint64_t bytes);
  void GiveBack(std::uint64_t bytes);
  /// Waits until there is room for `bytes`, `deadline` of `clock` or `stop` is requested; may
  /// return early. True when there was room: nothing is taken, and somebody else may be quicker.
  [[nodiscard]] bool WaitForRoom(std::uint64_t bytes, Deadline deadline, const Clock& clock,
                                 const std::stop_token& stop = {});
  /// Where what is held while somebody outside is waited for counts once more: a part of this one,
  /// so that the rest is for what makes progress by itself. Null when there is none.
  MemoryAccount* waiting() const { return waiting_; }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  /// Tells `watcher` the limit now and whenever it changes, as long as the handle lives; it is not
  /// under way any more when the handle is gone. Short, and does not use accounts or budget.
  [[nodiscard]] std::shared_ptr<void> WatchLimit(std::function<void(std::uint64_t)> watcher);

 private:
  friend class MemoryBudget;
  void SetLimit(std::uint64_t bytes);
  bool HasRoom(std::uint64_t bytes) const;
  bool TryTakeHere(std::uint64_t bytes);
  void GiveBackHere(std::uint64_t bytes);
  void WakeWaiting();

  // Sequentially consistent, as is the count of waiters: whoever gives back sees the waiter, or the
  // waiter sees what was given back.
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> limit_{0};
  MemoryAccount* whole_ = nullptr;    // what it is a part of
  MemoryAccount* waiting_ = nullptr;  // which is no part in that sense: it counts apart
  // Those who wait for room in this account or a part of it.
  std::atomic<int> waiting_count_{0};
  std::mutex waiting_mutex_;
  std::condition_variable given_back_;
  std::mutex watchers_mutex_;
  std::list<std::function<void(std::uint64_t)>> watchers_;
};

/// A part of an account, given back when it is destroyed. One thread at a time; the account
/// outlives it.
class MemoryHold {
 public:
  MemoryHold() = default;
  explicit MemoryHold(MemoryAccount& account) : account_(&account) {}
  ~MemoryHold() { Release(); }
  MemoryHold(MemoryHold&& other) noexcept
      : account_(other.account_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryHold& operator=(MemoryHold&& other) noexcept;
  MemoryHold(const MemoryHold&) = delete;
  MemoryHold& operator=(const MemoryHold&) = delete;

  /// False, and nothing more is held, when the account has no room. A hold without an account
  /// takes anything.
  [[nodiscard]] bool TryGrow(std::uint64_t bytes);
  /// Gives back all but `bytes`.
  void ShrinkTo(std::uint64_t bytes);
  void Release() { ShrinkTo(0); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  MemoryAccount* account_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// The memory of the process, divided among its uses: a quarter for requests, a quarter for
/// answers, an eighth for queues (half of that at most for followers of the log), an eighth for
/// directories of blocks; the rest is for the head, caches and the program itself, which have
/// limits of their own. Of what requests hold five eighths may wait for their senders. Gauges:
/// clew_memory_used_bytes and clew_memory_limit_bytes by use. Any thread.
class MemoryBudget {
 public:
  /// `total` counts until somebody sets a lower limit. `metrics` outlives the budget.
  MemoryBudget(std::uint64_t total, Metrics& metrics);

  MemoryAccount& account(MemoryUse use);
  /// The least of the limits set now, or the total of the constructor when that is less.
  std::uint64_t total() const;
  /// Lowers the total to `bytes` as long as the handle lives; what is held beyond it already stays.
  /// The budget outlives the handle.
  std::shared_ptr<void> Limit(std::uint64_t bytes);

 private:
  void Divide();  // under mutex_
  std::uint64_t TotalLocked() const;

  const std::uint64_t machine_total_;
  mutable std::mutex mutex_;
  std::multiset<std::uint64_t> limits_;
  MemoryAccount requests_;
  MemoryAccount waiting_requests_;  // of these what waits for its sender
  MemoryAccount answers_;
  MemoryAccount queues_;
  MemoryAccount followers_;  // a part of queues_
  MemoryAccount directories_;
  std::shared_ptr<void> gauges_;
};

}  // namespace clew::base
