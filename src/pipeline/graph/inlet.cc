#include "pipeline/graph/inlet.h"

#include <chrono>
#include <utility>

namespace clew::pipeline {
namespace {

constexpr auto kWaitMax = std::chrono::seconds(2);

}  // namespace

Result<Receipt> Inlet::Consume(const model::TraceBatchPtr& batch, const Context& context) {
  std::shared_ptr<TraceConsumer> target;
  {
    std::unique_lock lock(mutex_);
    opened_.wait_for(lock, kWaitMax, [this] { return target_ != nullptr || is_closed_for_good_; });
    target = target_;
  }
  if (target) return target->Consume(batch, context);
  return std::unexpected(Error{Code::kUnavailable,
                               "the pipelines are being started, stopped or reloaded, try again",
                               std::chrono::seconds(1)});
}

void Inlet::Open(std::shared_ptr<TraceConsumer> target) {
  const std::scoped_lock lock(mutex_);
  target_ = std::move(target);
  is_closed_for_good_ = false;
  opened_.notify_all();
}

void Inlet::Close(Closing closing) {
  std::shared_ptr<TraceConsumer> closed;  // outlives the lock: it may be the last owner
  const std::scoped_lock lock(mutex_);
  closed = std::exchange(target_, nullptr);
  is_closed_for_good_ = closing == Closing::kForGood;
  opened_.notify_all();
}

}  // namespace clew::pipeline
