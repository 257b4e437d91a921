#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace clew::base {

/// A value that is exchanged as a whole while others take it, and lives as long as somebody has it.
/// Any thread. The lock is held for the copy of a pointer, never for work, nor for the end of the
/// value before. (As std::atomic<std::shared_ptr>, which does the same by a bit that waiters spin
/// on, and which the thread sanitizer does not understand in GCC 12.)
template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  std::shared_ptr<const T> Take() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }
  /// Gives the value before, which ends where the caller has it end: without locks of its own,
  /// best.
  std::shared_ptr<const T> Exchange(std::shared_ptr<const T> next) {
    {
      const std::scoped_lock lock(mutex_);
      value_.swap(next);
    }
    return next;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace clew::base
