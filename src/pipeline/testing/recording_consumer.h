#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "pipeline/component.h"

namespace clew::pipeline::testing {

/// Remembers what it is given, in order, and answers as it was told. Any thread.
class RecordingConsumer : public Consumer {
 public:
  struct Entry {
    model::BatchPtr batch;
    Context context;
  };

  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;
  /// The two halves of it: refuses when it is told to, and remembers.
  Status Admit();
  void Remember(const model::BatchPtr& batch, const Context& context);

  /// The next `count` calls are refused with `error` and not remembered.
  void FailNext(std::size_t count, Error error);
  /// Every call is refused with `error`, until Succeed.
  void FailAlways(Error error);
  /// Takes batches again and answers with `receipt`.
  void Succeed(Receipt receipt = {});
  /// Lets go of the delivery tokens of all remembered batches.
  void ReleaseDeliveries();
  /// The same, but gives the data back first.
  void AbandonDeliveries();

  std::vector<Entry> entries() const;
  std::size_t batch_count() const;
  std::size_t span_count() const;
  /// Calls that were refused.
  std::size_t refused_count() const;

  /// Wait until it has seen that much; false after `limit`, so that a broken test ends.
  bool WaitForSpans(std::size_t count, Nanos limit = std::chrono::seconds(20));
  bool WaitForRefusals(std::size_t count, Nanos limit = std::chrono::seconds(20));

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> entries_;
  std::size_t span_count_ = 0;
  std::size_t refused_count_ = 0;
  std::optional<Error> error_;
  std::size_t failures_left_ = 0;
  Receipt receipt_;
};

}  // namespace clew::pipeline::testing
