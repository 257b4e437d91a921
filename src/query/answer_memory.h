#pragma once

#include <cstdint>
#include <stop_token>

#include "base/memory_budget.h"

namespace clew::query {

/// The memory of one answer, out of what all answers may take together: rows joined for it, text
/// not sent yet. Lives as long as anything of the answer. One thread at a time.
class AnswerMemory {
 public:
  /// Nothing is counted.
  AnswerMemory() = default;
  /// `account` outlives it.
  explicit AnswerMemory(base::MemoryAccount& account) : account_(&account), hold_(account) {}

  /// False, and nothing is taken, when the account has no room.
  [[nodiscard]] bool TryTake(std::uint64_t bytes) { return hold_.TryGrow(bytes); }
  /// As MemoryAccount::WaitForRoom.
  [[nodiscard]] bool WaitForRoom(std::uint64_t bytes, Deadline deadline, const Clock& clock,
                                 const std::stop_token& stop) {
    return account_ == nullptr || account_->WaitForRoom(bytes, deadline, clock, stop);
  }
  void GiveBack(std::uint64_t bytes) {
    hold_.ShrinkTo(bytes < hold_.bytes() ? hold_.bytes() - bytes : 0);
  }
  std::uint64_t bytes() const { return hold_.bytes(); }
  /// What all answers may take together; 0 when nothing is counted.
  std::uint64_t limit() const { return account_ == nullptr ? 0 : account_->limit(); }
  /// More than half of that is taken: whoever holds much should be on their way.
  bool IsScarce() const { return account_ != nullptr && account_->used() > account_->limit() / 2; }

 private:
  base::MemoryAccount* account_ = nullptr;
  base::MemoryHold hold_;
};

}  // namespace clew::query
