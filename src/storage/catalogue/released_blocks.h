#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace clew::storage {

/// Names of condemned blocks that nobody reads any more, on their way from whoever had one last to
/// the thread that deletes: a reader does no work of the disk. Any thread.
class ReleasedBlocks {
 public:
  /// `wake` is called when there is one and was none; may be empty.
  explicit ReleasedBlocks(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// What adds the name when it is called for the first time, and throws nothing: the place for it
  /// is made now.
  static std::function<void()> AdderOf(std::shared_ptr<ReleasedBlocks> released, std::string name) {
    auto one = std::make_shared<std::list<std::string>>();
    one->push_back(std::move(name));
    return [released = std::move(released), one = std::move(one)] { released->Add(*one); };
  }
  std::list<std::string> Take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(names_, {});
  }
  /// Nobody is woken any more.
  void Close() {
    const std::scoped_lock lock(mutex_);
    wake_ = nullptr;
  }

 private:
  void Add(std::list<std::string>& one) {
    const std::scoped_lock lock(mutex_);
    // Of those that are there already somebody was told.
    const bool is_first = names_.empty() && !one.empty();
    names_.splice(names_.end(), one);
    if (is_first && wake_) wake_();
  }

  std::mutex mutex_;
  std::list<std::string> names_;
  std::function<void()> wake_;
};

}  // namespace clew::storage
