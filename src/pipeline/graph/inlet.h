#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include "pipeline/component.h"

namespace clew::pipeline {

enum class Closing { kForReload, kForGood };

/// Where a receiver's data enters the pipelines. What is behind it can be exchanged while the
/// receiver runs: in between, callers wait up to two seconds, then are told to try again.
/// Any thread.
class Inlet final : public Consumer {
 public:
  /// `clock` outlives it.
  explicit Inlet(const Clock& clock) : clock_(clock) {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;
  /// Calls under way keep `target` alive.
  void Open(std::shared_ptr<Consumer> target);
  /// Calls under way go on. New ones wait for the next Open, but not when closed for good.
  void Close(Closing closing);
  /// Waits until no call is under way behind it, or `deadline`; true when there is none. Close it
  /// first.
  bool WaitUntilIdle(Deadline deadline);

 private:
  class Call;

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable opened_;
  std::condition_variable idle_;
  std::size_t call_count_ = 0;  // behind it
  std::shared_ptr<Consumer> target_;
  bool is_closed_for_good_ = false;
};

}  // namespace clew::pipeline
