#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace clew::storage {

/// Of which waiting blocks there are copies on disk, which answer. A copy has the name of its
/// block: what cannot be read of it says nothing of the block. Any thread.
class CopyNames {
 public:
  /// Before the copy answers.
  void Add(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    told_.emplace(name, false);
  }
  /// Once nobody reads it any more.
  void Remove(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    told_.erase(name);
  }

  enum class Telling { kIsNone, kFirst, kAgain };
  /// That something of `name` cannot be read; whether there is such a copy, and it was told before.
  Telling Tell(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    const auto found = told_.find(name);
    if (found == told_.end()) return Telling::kIsNone;
    return std::exchange(found->second, true) ? Telling::kAgain : Telling::kFirst;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, bool, std::less<>> told_;
};

}  // namespace clew::storage
