#include "pipeline/testing/recording_consumer.h"

#include <limits>
#include <utility>

namespace clew::pipeline::testing {

LaterReceipt RecordingConsumer::Consume(const model::BatchPtr& batch, const Context& context) {
  if (const Status admitted = Admit(); !admitted) return std::unexpected(admitted.error());
  Remember(batch, context);
  const std::scoped_lock lock(mutex_);
  return receipt_;
}

Status RecordingConsumer::Admit() {
  const std::scoped_lock lock(mutex_);
  if (failures_left_ == 0) return {};
  --failures_left_;
  ++refused_count_;
  changed_.notify_all();
  return std::unexpected(*error_);
}

void RecordingConsumer::Remember(const model::BatchPtr& batch, const Context& context) {
  const std::scoped_lock lock(mutex_);
  entries_.push_back({batch, context});
  span_count_ += batch->item_count();
  changed_.notify_all();
}

void RecordingConsumer::FailNext(std::size_t count, Error error) {
  const std::scoped_lock lock(mutex_);
  failures_left_ = count;
  error_ = std::move(error);
}

void RecordingConsumer::FailAlways(Error error) {
  FailNext(std::numeric_limits<std::size_t>::max(), std::move(error));
}

void RecordingConsumer::Succeed(Receipt receipt) {
  const std::scoped_lock lock(mutex_);
  failures_left_ = 0;
  receipt_ = std::move(receipt);
}

void RecordingConsumer::ReleaseDeliveries() {
  std::vector<DeliveryTokenPtr> released;  // let go outside the lock: a release may call anything
  const std::scoped_lock lock(mutex_);
  for (Entry& entry : entries_) released.push_back(std::move(entry.context.delivery));
}

void RecordingConsumer::AbandonDeliveries() {
  for (const Entry& entry : entries()) {
    if (entry.context.delivery) entry.context.delivery->Abandon();
  }
  ReleaseDeliveries();
}

std::vector<RecordingConsumer::Entry> RecordingConsumer::entries() const {
  const std::scoped_lock lock(mutex_);
  return entries_;
}

std::size_t RecordingConsumer::batch_count() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

std::size_t RecordingConsumer::span_count() const {
  const std::scoped_lock lock(mutex_);
  return span_count_;
}

std::size_t RecordingConsumer::refused_count() const {
  const std::scoped_lock lock(mutex_);
  return refused_count_;
}

bool RecordingConsumer::WaitForSpans(std::size_t count, Nanos limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return span_count_ >= count; });
}

bool RecordingConsumer::WaitForRefusals(std::size_t count, Nanos limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return refused_count_ >= count; });
}

}  // namespace clew::pipeline::testing
