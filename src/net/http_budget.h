#pragma once

#include <atomic>
#include <cstdint>

namespace clew::net {

/// Body bytes that all connections of one server may hold while they read requests. A client gets
/// 503 beyond it.
constexpr std::uint64_t kBodyBytesTotalMax = 1u << 30;

/// One connection's part of that budget; given back when it is destroyed. One thread at a time.
class BodyBudget {
 public:
  explicit BodyBudget(std::atomic<std::uint64_t>& total) : total_(total) {}
  ~BodyBudget() { Release(); }
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  /// False, and nothing is taken, when the total would be passed.
  bool Take(std::uint64_t bytes) {
    if (total_.fetch_add(bytes) + bytes > kBodyBytesTotalMax) {
      total_ -= bytes;
      return false;
    }
    taken_ += bytes;
    return true;
  }

  void Release() {
    total_ -= taken_;
    taken_ = 0;
  }

 private:
  std::atomic<std::uint64_t>& total_;
  std::uint64_t taken_ = 0;
};

}  // namespace clew::net
