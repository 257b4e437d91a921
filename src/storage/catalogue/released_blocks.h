#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace clew::storage {

/// Names of condemned blocks that nobody reads any more, on their way from whoever had one last to
/// the thread that deletes: a reader does no work of the disk. Any thread.
class ReleasedBlocks {
 public:
  /// `wake` is called when there is one; may be empty.
  explicit ReleasedBlocks(std::function<void()> wake) : wake_(std::move(wake)) {}

  void Add(std::string name) {
    const std::scoped_lock lock(mutex_);
    names_.push_back(std::move(name));
    if (wake_) wake_();
  }
  std::vector<std::string> Take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(names_, {});
  }
  /// Nobody is woken any more.
  void Close() {
    const std::scoped_lock lock(mutex_);
    wake_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> names_;
  std::function<void()> wake_;
};

}  // namespace clew::storage
