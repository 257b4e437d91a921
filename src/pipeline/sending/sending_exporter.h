#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log_pause.h"
#include "pipeline/batch_holder.h"
#include "pipeline/call_holder.h"
#include "pipeline/component.h"
#include "pipeline/exporter_counters.h"
#include "pipeline/factory.h"
#include "pipeline/sending/failure_log.h"
#include "pipeline/sending/joined.h"
#include "pipeline/sending/retrier.h"
#include "pipeline/sending/send_queue.h"
#include "pipeline/sending/sender.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::sending {

/// What the file says of sending, whichever way the bytes go.
struct SendingOptions {
  /// For one attempt; 0 means none.
  Nanos timeout{std::chrono::seconds(5)};
  settings::SendingSections sections;
  /// The Sender hears only after Send what became of what it took: it counts as sent, and what is
  /// lost then as failed, in the counters that it was made with.
  bool is_counted_by_sender = false;
};

/// The exporter around a Sender: queue, batches, time-out, retries, counting, stop
/// (collector-config.md section 4, exporter helper).
///
/// With the queue Consume answers when the batch waits in it; without, when it is sent: on a worker
/// in a BlockingScope, and UNAVAILABLE when 500 workers wait already. Other threads, as that of the
/// batch processor, may always wait. Metrics:
/// otelcol_exporter_{sent,send_failed,enqueue_failed}_<items>, _queue_size, _queue_capacity,
/// _in_flight_requests, clew_exporter_rejected_<items> for what the other side refused,
/// clew_exporter_remarks_total for what else it says of what it took, and
/// clew_exporter_queue_bytes.
class SendingExporter final : public Exporter, public CallHolder, public BatchHolder {
 public:
  /// Called by Start; a failure there is the exporter's. The counters are the exporter's own.
  using MakeSender =
      std::function<Result<std::unique_ptr<Sender>>(const ExporterCounters& counters)>;

  SendingExporter(const CreateSettings& settings, const SendingOptions& options,
                  MakeSender make_sender);
  ~SendingExporter() override;

  Status Start(Host& host) override;
  /// Tries what waits once more, until `deadline`, when attempts under way are cancelled. What then
  /// fails is given back to its source when it has one (pipeline/delivery.h), else dropped, counted
  /// and logged. Returns when no call is under way.
  void Stop(Deadline deadline) override;
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;
  /// Not those that wait for the outcome of what the queue has taken (wait_for_result).
  void ReleaseCalls() override;
  bool HandOnSoon() override { return queue_.HandOut(); }

 private:
  struct Counters : ExporterCounters {
    Counters(const std::string& id, model::Signal signal, base::Metrics& metrics);

    prometheus::Counter& enqueue_failed_items;
    prometheus::Counter& rejected_items;
    prometheus::Counter& remarks;
    prometheus::Gauge& in_flight_requests;
  };

  /// Counts this thread as active while the result lives.
  std::shared_ptr<void> Enter();
  void RunConsumer();
  /// Whether Consume waits for the destination, or may, and a worker is missing meanwhile.
  bool MayHoldUp(const Context& context) const;
  Result<Receipt> Enqueue(const model::BatchPtr& batch, const Context& context);
  Result<Receipt> SendParts(const Joined& joined);
  // With retries, endless ones when a log keeps the data meanwhile; SendOnce is one attempt.
  Result<Receipt> SendUntilTaken(const model::BatchPtr& batch, const Context& context,
                                 Patience patience);
  Result<Receipt> SendOnce(const model::BatchPtr& batch, const Context& context);
  /// Counts and logs what an answer says although the data was taken.
  void CountAnswer(std::uint64_t rejected, std::string_view message);
  Deadline AttemptDeadline() const;
  void CountFailure(const model::Batch& batch, const Context& context, const Error& error);

  const std::string id_;
  const SendingOptions options_;
  const MakeSender make_sender_;
  const Clock& clock_;
  const model::Signal signal_;
  Counters counters_;
  // Apart: a remark with every answer must not hide why spans are rejected.
  base::LogPause rejection_pause_;
  base::LogPause remark_pause_;
  FailureLog failures_;
  Retrier retrier_;
  SendQueue queue_;
  std::unique_ptr<Sender> sender_;
  std::vector<std::thread> consumers_;
  prometheus::Gauge* queue_size_ = nullptr;
  prometheus::Gauge* queue_bytes_ = nullptr;
  std::shared_ptr<void> collecting_;
  std::atomic<Deadline> stop_deadline_{Deadline::max()};
  std::atomic<std::size_t> waiting_count_{0};  // calls of Consume on workers that may wait
  // Consumers, and callers of Consume.
  std::mutex active_mutex_;
  std::condition_variable active_changed_;
  std::size_t active_count_ = 0;
};

}  // namespace clew::pipeline::sending
