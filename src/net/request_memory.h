#pragma once

#include <cstdint>

#include "base/memory_budget.h"
#include "base/vocabulary.h"

namespace clew::net {

// How the requests of the process share their memory (base::MemoryUse::kRequests), on all ports and
// in both protocols. A request counts what it has brought, never what it announces, so that whoever
// sends nothing keeps nobody out.
//
// - A small request is taken as long as there is room at all. A larger one may hold no more than it
//   leaves free: alone it gets half of the memory, n large ones get 1/(n+1) each, and a part of
//   that size stays free for others. So it is the largest that are refused when memory gets scarce.
// - When half of the memory is used, a request must come on: 16 KiB/s and an eighth of what it
//   holds, each second; four times that when three quarters are used. Who holds most and comes on
//   least gives way after a second, whatever the time-outs are.
//
// Who gives way is asked to come again (503, UNAVAILABLE) with a time to retry.

/// What one request holds. One thread at a time.
class RequestHold {
 public:
  /// Null: nothing is counted and everything is taken. `account` outlives the hold.
  explicit RequestHold(base::MemoryAccount* account)
      : account_(account),
        hold_(account == nullptr ? base::MemoryHold() : base::MemoryHold(*account)) {}

  /// False, and nothing more is held, when these bytes must give way.
  [[nodiscard]] bool Grow(std::uint64_t bytes);
  void Release() { hold_.Release(); }
  std::uint64_t bytes() const { return hold_.bytes(); }
  /// True when a request that has brought `bytes` in the last `time` comes too slowly for now.
  bool IsTooSlow(std::uint64_t bytes, Nanos time) const;

 private:
  base::MemoryAccount* account_;
  base::MemoryHold hold_;
};

}  // namespace clew::net
