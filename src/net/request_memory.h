#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/memory_budget.h"
#include "base/vocabulary.h"

namespace clew::net {

// How the requests of the process share their memory (base::MemoryUse::kRequests), on all ports and
// in both protocols. While less than half of it is used a request gets what it announces with its
// first bytes; beyond that it counts what it has brought, so that whoever sends nothing keeps
// nobody out.
//
// - A small request (128 KiB) that comes in one piece is taken as long as there is room at all. A
//   larger one may use only three quarters of the memory, and hold no more than twice what it
//   leaves free of them: alone it gets half of all, two of them a quarter each or so, and it is the
//   largest that are refused when memory gets scarce. The last quarter is never theirs.
// - The calls of one gRPC connection count as one request: what a client gets does not depend on
//   how many streams it opens.
// - When half of the memory is used, a request must come on: 16 KiB/s and an eighth of what it
//   holds, each second; four times that when three quarters are used. Who holds most and comes on
//   least gives way after a second, whatever the time-outs are.
// - Requests that did not come in one piece, and answers that are not taken, may hold five eighths
//   of it together, so that those that come whole are handled however many others wait.
//
// Who gives way is asked to come again (503, UNAVAILABLE) with a time to retry. Who could never
// fit is told so (413, RESOURCE_EXHAUSTED) without.

/// The most that one request may hold of `account`; no limit for null.
std::uint64_t LargestRequest(const base::MemoryAccount* account);
/// Says so of a request that is larger, and what to do.
std::string TooLargeForMemory(const base::MemoryAccount& account);

/// What the requests of one connection hold together, in bytes. Any thread.
using ConnectionTotal = std::atomic<std::uint64_t>;

/// The part of it that one request holds. One thread at a time.
class ConnectionPart {
 public:
  /// Null: the request is the only one of its connection.
  explicit ConnectionPart(std::shared_ptr<ConnectionTotal> total) : total_(std::move(total)) {}
  ~ConnectionPart() { Set(0); }
  ConnectionPart(ConnectionPart&& other) noexcept
      : total_(other.total_), bytes_(std::exchange(other.bytes_, 0)) {}
  ConnectionPart& operator=(ConnectionPart&& other) noexcept;

  void Set(std::uint64_t bytes);
  /// Of the whole connection.
  std::uint64_t total() const { return total_ == nullptr ? bytes_ : total_->load(); }

 private:
  std::shared_ptr<ConnectionTotal> total_;
  std::uint64_t bytes_ = 0;
};

/// What one request holds. One thread at a time.
class RequestHold {
 public:
  /// Null: nothing is counted and everything is taken. `account` outlives the hold. `connection` is
  /// null where a connection has one request at a time.
  explicit RequestHold(base::MemoryAccount* account,
                       std::shared_ptr<ConnectionTotal> connection = nullptr)
      : account_(account),
        connection_(std::move(connection)),
        hold_(account == nullptr ? base::MemoryHold() : base::MemoryHold(*account)),
        waiting_(account == nullptr || account->waiting() == nullptr
                     ? base::MemoryHold()
                     : base::MemoryHold(*account->waiting())) {}

  /// The peer says that the request will have so many bytes: it is as large as that from the start.
  void Announce(std::uint64_t bytes);
  /// Whether less than half of the memory would be used with so many bytes more.
  bool HasPlenty(std::uint64_t bytes) const;
  /// False, and nothing more is held, when these bytes must give way.
  [[nodiscard]] bool Grow(std::uint64_t bytes);
  /// True when a request of so many bytes could not be held even if it were alone: asking it to
  /// come again would be in vain.
  bool CanNeverHold(std::uint64_t bytes) const { return bytes > largest(); }
  /// The most that one may hold.
  std::uint64_t largest() const { return LargestRequest(account_); }
  /// Says that a request is larger than that, and what to do.
  std::string TooLargeText() const { return TooLargeForMemory(*account_); }
  /// The peer is waited for from now on: with its next bytes, or to take some. False, and nothing
  /// changes, when too much waits already. Idempotent.
  [[nodiscard]] bool Wait();
  bool is_waiting() const { return is_waiting_; }
  /// It is not waited for any more.
  void EndWait();
  /// Gives back all but `bytes`.
  void ShrinkTo(std::uint64_t bytes);
  void Release();
  std::uint64_t bytes() const { return hold_.bytes(); }
  /// True when a request that has brought `bytes` in the last `time` comes too slowly for now.
  bool IsTooSlow(std::uint64_t bytes, Nanos time) const;

 private:
  base::MemoryAccount* account_;
  ConnectionPart connection_;
  base::MemoryHold hold_;
  base::MemoryHold waiting_;  // as much, while it waits
  bool is_large_ = false;
  bool is_waiting_ = false;
};

}  // namespace clew::net
