#include "pipeline/graph/inlet.h"

#include <chrono>
#include <memory>
#include <utility>

#include "base/worker_pool.h"

namespace clew::pipeline {
namespace {

constexpr auto kWaitMax = std::chrono::seconds(2);

}  // namespace

/// Counts a call from the moment it has a target, under the inlet's lock, to its end.
class Inlet::Call {
 public:
  explicit Call(Inlet& inlet) : inlet_(inlet) { ++inlet_.call_count_; }
  ~Call() {
    // What the call was the last owner of goes before it counts as ended. It has been stopped by
    // then, when a reload could not wait for the call.
    target = nullptr;
    const std::scoped_lock lock(inlet_.mutex_);
    if (--inlet_.call_count_ == 0) inlet_.idle_.notify_all();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  std::shared_ptr<Consumer> target;

 private:
  Inlet& inlet_;
};

LaterReceipt Inlet::Consume(const model::BatchPtr& batch, const Context& context) {
  std::unique_ptr<Call> call;
  {
    std::unique_lock lock(mutex_);
    const auto is_decided = [this] { return target_ != nullptr || is_closed_for_good_; };
    if (!is_decided()) {
      const base::WorkerPool::BlockingScope waiting;
      clock_.WaitUntil(lock, opened_, clock_.In(kWaitMax), is_decided);
    }
    if (target_) {
      call = std::make_unique<Call>(*this);
      call->target = target_;
    }
  }
  if (call != nullptr) {
    Consumer& target = *call->target;
    return target.Consume(batch, context)
        .MapBy([call = std::move(call)](Result<Receipt> receipt) mutable {
          call.reset();
          return receipt;
        });
  }
  return std::unexpected(Error{Code::kUnavailable,
                               "the pipelines are being started, stopped or reloaded, try again",
                               std::chrono::seconds(1)});
}

void Inlet::Open(std::shared_ptr<Consumer> target) {
  const std::scoped_lock lock(mutex_);
  target_ = std::move(target);
  is_closed_for_good_ = false;
  opened_.notify_all();
}

void Inlet::Close(Closing closing) {
  std::shared_ptr<Consumer> closed;  // outlives the lock: it may be the last owner
  const std::scoped_lock lock(mutex_);
  closed = std::exchange(target_, nullptr);
  is_closed_for_good_ = closing == Closing::kForGood;
  opened_.notify_all();
}

bool Inlet::WaitUntilIdle(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return clock_.WaitUntil(lock, idle_, deadline, [this] { return call_count_ == 0; });
}

}  // namespace clew::pipeline
