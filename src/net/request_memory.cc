#include "net/request_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace clew::net {
namespace {

/// Requests up to here are small; what such a one holds may be twice that, with its read buffer.
constexpr std::uint64_t kSmallBytes = 128u << 10;
/// Those that hold less are left alone: there is nothing to win.
constexpr std::uint64_t kTinyBytes = 4u << 10;
constexpr double kBytesPerSecondMin = 16 << 10;
/// Of what a request holds, what it must bring each second.
constexpr double kGrowthPerSecondMin = 1.0 / 8;
constexpr double kUrgentFactor = 4;

std::uint64_t OpenToLarge(std::uint64_t limit) { return limit - limit / 4; }

}  // namespace

std::uint64_t LargestRequest(const base::MemoryAccount* account) {
  if (account == nullptr) return std::numeric_limits<std::uint64_t>::max();
  // What is held is at most twice what that leaves free. A small request may have all, but what
  // comes in pieces, as all that is not tiny does, no more than those who wait.
  const std::uint64_t largest =
      std::max(OpenToLarge(account->limit()) / 3 * 2, std::min(account->limit(), 2 * kSmallBytes));
  const base::MemoryAccount* const waiting = account->waiting();
  return waiting == nullptr ? largest : std::min(largest, waiting->limit());
}

std::string TooLargeForMemory(const base::MemoryAccount& account) {
  return fmt::format(
      "request too large: one may hold {} bytes of the memory that there is for requests; send "
      "smaller ones, or raise limit_mib of memory_limiter",
      LargestRequest(&account));
}

ConnectionPart& ConnectionPart::operator=(ConnectionPart&& other) noexcept {
  if (this == &other) return *this;
  Set(0);
  total_ = other.total_;
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void ConnectionPart::Set(std::uint64_t bytes) {
  if (total_ != nullptr) *total_ += bytes - bytes_;
  bytes_ = bytes;
}

void RequestHold::Announce(std::uint64_t bytes) { is_large_ = bytes > kSmallBytes; }

bool RequestHold::HasPlenty(std::uint64_t bytes) const {
  return account_ == nullptr || (account_->used() + bytes) * 2 < account_->limit();
}

bool RequestHold::Grow(std::uint64_t bytes) {
  const std::uint64_t after = connection_.total() + bytes;
  if (account_ != nullptr && (is_large_ || after > 2 * kSmallBytes)) {
    const std::uint64_t open_to_large = OpenToLarge(account_->limit());
    const std::uint64_t taken = std::min(open_to_large, account_->used() + bytes);
    if (after > 2 * (open_to_large - taken)) return false;
  }
  if (!hold_.TryGrow(bytes)) return false;
  if (is_waiting_ && !waiting_.TryGrow(bytes)) {
    hold_.ShrinkTo(hold_.bytes() - bytes);
    return false;
  }
  connection_.Set(hold_.bytes());
  return true;
}

bool RequestHold::Wait() {
  if (is_waiting_) return true;
  // Who holds nothing does no harm, also beyond a limit that was lowered.
  is_waiting_ = hold_.bytes() == 0 || waiting_.TryGrow(hold_.bytes());
  return is_waiting_;
}

void RequestHold::EndWait() {
  waiting_.Release();
  is_waiting_ = false;
}

void RequestHold::ShrinkTo(std::uint64_t bytes) {
  hold_.ShrinkTo(bytes);
  waiting_.ShrinkTo(bytes);
  connection_.Set(hold_.bytes());
}

void RequestHold::Release() {
  EndWait();
  ShrinkTo(0);
  is_large_ = false;
}

bool RequestHold::IsTooSlow(std::uint64_t bytes, Nanos time) const {
  if (account_ == nullptr || hold_.bytes() < kTinyBytes) return false;
  const auto used = static_cast<double>(account_->used());
  const auto limit = static_cast<double>(account_->limit());
  if (used * 2 < limit) return false;
  const double factor = used * 4 < limit * 3 ? 1 : kUrgentFactor;
  const double wanted =
      kBytesPerSecondMin + static_cast<double>(hold_.bytes()) * kGrowthPerSecondMin;
  return static_cast<double>(bytes) < wanted * factor * std::chrono::duration<double>(time).count();
}

}  // namespace clew::net
