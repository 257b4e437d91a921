#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace clew::pipeline {

class DeliveryToken;
using DeliveryTokenPtr = std::shared_ptr<DeliveryToken>;

enum class DeliveryOutcome {
  /// Delivered, or dropped for good and counted as such: the source may forget the data.
  kHandled,
  /// Given back: the source must offer the data again, now or after the next start.
  kAbandoned,
};

/// Responsibility for data that can be read again (a record of the log). Travels in
/// Context::delivery beside the batch. Any thread.
///
/// Who answers Consume before the data is delivered (a sending queue, the batch processor) keeps a
/// copy until it is delivered or dropped and counted. The source hears once, when the last copy is
/// released. Who must let go of data that is neither (at Stop; or a retryable refusal after Consume
/// was answered) calls Abandon() before it releases its copy. A consumer that answers with an
/// error just keeps no copy. Nor does a consumer that was handed a token wait for room or retry on
/// its caller's thread (batch, which waits for what stands behind it, excepted): the source does.
class DeliveryToken : public std::enable_shared_from_this<DeliveryToken> {
 public:
  /// `on_release` runs once, on the thread that releases the last copy; it must be short and must
  /// not call back into the pipeline.
  explicit DeliveryToken(std::function<void(DeliveryOutcome)> on_release);
  virtual ~DeliveryToken();
  DeliveryToken(const DeliveryToken&) = delete;
  DeliveryToken& operator=(const DeliveryToken&) = delete;

  /// One token for data that was put together: abandoning it abandons every part. Null parts are
  /// left out; null when nothing remains.
  static DeliveryTokenPtr Merge(std::vector<DeliveryTokenPtr> parts);

  void Abandon();

  /// The same responsibility for who keeps the data elsewhere, where it counts, for long (the
  /// store, until a block has the spans): the source counts memory as long as somebody has a copy
  /// of this token, and hears of the outcome when those and what this gave are all released.
  virtual DeliveryTokenPtr WithoutMemory();

 protected:
  bool is_abandoned() const { return is_abandoned_; }

 private:
  const std::function<void(DeliveryOutcome)> on_release_;
  std::vector<DeliveryTokenPtr> parts_;
  std::atomic<bool> is_abandoned_ = false;
};

}  // namespace clew::pipeline
