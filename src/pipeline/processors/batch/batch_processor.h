#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/batch_holder.h"
#include "pipeline/component.h"
#include "pipeline/factory.h"
#include "pipeline/leftover_keeper.h"
#include "pipeline/processors/batch/config.h"
#include "pipeline/sending/joined.h"
#include "pipeline/sending/send_queue.h"

namespace clew::pipeline::processors::batch {

/// What one of several processors adds to a gauge that they share: each pipeline has its own, with
/// the same id. One thread at a time.
class GaugeShare {
 public:
  explicit GaugeShare(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) {
    gauge_.Increment(value - value_);
    value_ = value;
  }

 private:
  prometheus::Gauge& gauge_;
  double value_ = 0;
};

/// Puts small batches together and cuts large ones. Answers as soon as a batch waits: what the next
/// stage refuses later is given back to its source when it has one (pipeline/delivery.h), else
/// dropped, counted and logged. One thread hands on.
class BatchProcessor final : public Processor, public LeftoverKeeper, public BatchHolder {
 public:
  /// `next` outlives this.
  BatchProcessor(const CreateSettings& settings, const Config& config, Consumer& next);
  ~BatchProcessor() override;

  Status Start(Host& host) override;
  /// Hands everything on, whatever its size; after `deadline` the rest is treated as refused.
  void Stop(Deadline deadline) override;
  /// Waits while `max_pending_bytes` wait already.
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;

  bool HandOnSoon() override { return queue_.HandOut(); }

  void KeepLeftovers() override { keeps_leftovers_ = true; }
  void LeaveTo(LeftoverHeir* heir) override;
  Status Inherit(const model::BatchPtr& batch, const Context& context) override;

 private:
  struct Leftover {
    model::BatchPtr batch;
    Context context;
  };

  void Run();
  void HandOn(const sending::Joined& joined);
  Status HandOnPart(const model::BatchPtr& part, const Context& context);
  void OnRefused(const model::BatchPtr& part, const Context& context, const Error& error);

  const std::string id_;
  const Config config_;
  const settings::QueueSection queue_section_;
  Consumer& next_;
  const Clock& clock_;
  sending::SendQueue queue_;
  prometheus::Histogram& send_size_;
  prometheus::Counter& size_triggers_;
  prometheus::Counter& time_triggers_;
  prometheus::Counter& dropped_items_;
  GaugeShare pending_bytes_;
  GaugeShare cardinality_;
  std::shared_ptr<void> collecting_;
  std::thread thread_;
  std::atomic<Deadline> stop_deadline_{Deadline::max()};
  std::atomic<bool> keeps_leftovers_ = false;
  /// The thread's, then whose who stopped it. No more than the queue may hold.
  std::vector<Leftover> leftovers_;
};

}  // namespace clew::pipeline::processors::batch
