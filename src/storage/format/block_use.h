#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace clew::storage {

/// That somebody may be reading a block: held by its handle and by each of its sources, so it ends
/// with the last of them.
class BlockUse {
 public:
  BlockUse() = default;
  /// On the thread of whoever had it last.
  ~BlockUse() {
    if (on_end_) on_end_();
  }
  BlockUse(const BlockUse&) = delete;
  BlockUse& operator=(const BlockUse&) = delete;

  /// Called when it ends; short, throws nothing. To be set once, by one who holds it.
  void OnEnd(std::function<void()> on_end) { on_end_ = std::move(on_end); }

 private:
  std::function<void()> on_end_;
};
using BlockUsePtr = std::shared_ptr<BlockUse>;

}  // namespace clew::storage
