#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "pipeline/component.h"
#include "pipeline/follower/follower_place.h"

namespace clew::pipeline {

/// Tells everything that waits behind a log to wait no longer. Any thread.
class StopSignal {
 public:
  void Stop();
  bool is_stopped() const;
  /// False when the wait was ended by Stop.
  bool WaitFor(const Clock& clock, Nanos delay);

 private:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopped_ = false;
};

/// Offers a batch again and again until it is taken or refused for good: behind a log nothing needs
/// to be refused upwards, the log is the buffer. Waits between 100 ms and 5 s, longer each time, at
/// least as long as the consumer asks for. Once stopped it offers a batch only once and abandons
/// its delivery when that fails for a reason that passes. What has no delivery token does not come
/// out of a log: it is offered once. Any thread; blocks its caller.
class PatientConsumer final : public Consumer {
 public:
  /// `name` is for log lines, `way` for metrics. The others outlive this.
  PatientConsumer(std::string name, const PipelineWay& way, Consumer& next, StopSignal& stop,
                  Host& host);
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;

 private:
  Nanos DelayAfter(Nanos& backoff, const Error& error);

  const std::string name_;
  Consumer& next_;
  StopSignal& stop_;
  Host& host_;
  prometheus::Counter& retries_;
};

}  // namespace clew::pipeline
