#pragma once

#include <vector>

#include "pipeline/component.h"

namespace clew::pipeline {

/// Gives each batch to every consumer, one after the other on the caller's thread, also when one
/// of them fails. Receipts are merged. One error: the messages of all; permanent when any is
/// permanent, else to be retried after the longest delay that was asked for. Of no consumers:
/// INTERNAL, since a batch that nobody has must not be acknowledged. Any thread.
class FanOut final : public Consumer {
 public:
  /// The consumers outlive this.
  explicit FanOut(std::vector<Consumer*> consumers) : consumers_(std::move(consumers)) {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;

 private:
  const std::vector<Consumer*> consumers_;
};

}  // namespace clew::pipeline
