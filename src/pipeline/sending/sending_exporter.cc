#include "pipeline/sending/sending_exporter.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/excerpt.h"
#include "base/logging.h"
#include "base/worker_pool.h"
#include "pipeline/sending/cut.h"

namespace clew::pipeline::sending {
namespace {

constexpr auto kNoTimeout = std::chrono::hours(24);

/// A server is asked again after so long at the latest, whatever it says: what it asks for may be a
/// slip, and what waits for it fills the log.
constexpr Nanos kServerDelayMax = std::chrono::minutes(5);

constexpr Nanos kAnswerPause = std::chrono::minutes(1);

/// Half of what a pool of workers lets wait: the rest is for others, so that one destination that
/// does not answer holds up nobody else.
constexpr std::size_t kWaitingCallsMax = base::WorkerPool::kWaitingMax / 2;

/// Counts a call as long as it lives; null: none.
class WaitingCall {
 public:
  explicit WaitingCall(std::atomic<std::size_t>* count) : count_(count) {
    if (count_ != nullptr) ++*count_;
  }
  ~WaitingCall() {
    if (count_ != nullptr) --*count_;
  }
  WaitingCall(const WaitingCall&) = delete;
  WaitingCall& operator=(const WaitingCall&) = delete;

 private:
  std::atomic<std::size_t>* count_;
};

/// Whether data that failed is offered again by where it came from, so that it is not lost.
bool IsKeptBySource(const Context& context, const Error& error) {
  return context.delivery != nullptr && error.is_retryable();
}

}  // namespace

SendingExporter::Counters::Counters(const std::string& id, model::Signal signal,
                                    base::Metrics& metrics)
    : ExporterCounters(id, signal, metrics),
      enqueue_failed_items(ItemCounter(
          metrics, "otelcol_exporter_enqueue_failed_", signal,
          "that the sending queue refused, or for which too many requests waited already; "
          "the sender may send them again.",
          {{"exporter", id}})),
      rejected_items(ItemCounter(metrics, "clew_exporter_rejected_", signal,
                                 "that their destination rejected while it took the rest.",
                                 {{"exporter", id}})),
      remarks(metrics.Counter("clew_exporter_remarks_total",
                              "Answers that said success and no rejected item, but are none of "
                              "OTLP or came with a remark; the process log has both.",
                              {{"exporter", id}})),
      in_flight_requests(
          metrics.Gauge("otelcol_exporter_in_flight_requests", "Requests being sent now.",
                        {{"exporter", id}, {"data_type", std::string(NameOf(signal))}})) {}

SendingExporter::SendingExporter(const CreateSettings& settings, const SendingOptions& options,
                                 MakeSender make_sender)
    : id_(settings.id),
      options_(options),
      make_sender_(std::move(make_sender)),
      clock_(settings.host.clock()),
      signal_(settings.signal()),
      counters_(id_, signal_, settings.host.metrics()),
      rejection_pause_(kAnswerPause),
      remark_pause_(kAnswerPause),
      failures_(id_, signal_, clock_),
      retrier_([this](const Error& error, Nanos delay) { failures_.AddRetry(error, delay); },
               {.is_enabled = options.sections.is_retry_enabled, .section = options.sections.retry},
               settings.host.clock(), settings.host.random()),
      queue_(options.sections.queue, settings.host.clock(),
             settings.host.memory().account(base::MemoryUse::kQueues)) {}

SendingExporter::~SendingExporter() { Stop(base::kAtOnce); }

Status SendingExporter::Start(Host& host) {
  ASSIGN_OR_RETURN(sender_, make_sender_(counters_));
  if (!options_.sections.is_queue_enabled) {
    return {};
  }
  const base::Labels labels = {{"exporter", id_}, {"data_type", std::string(NameOf(signal_))}};
  prometheus::Gauge& size =
      host.metrics().Gauge("otelcol_exporter_queue_size",
                           "What waits to be sent, in units of the queue's sizer.", labels);
  host.metrics()
      .Gauge("otelcol_exporter_queue_capacity",
             "What the sending queue holds, in units of its sizer.", labels)
      .Set(static_cast<double>(queue_.capacity()));
  queue_size_ = &size;
  queue_bytes_ = &host.metrics().Gauge(
      "clew_exporter_queue_bytes",
      "Memory of what waits to be sent, in bytes; without what the log can give again.", labels);
  collecting_ = host.metrics().OnCollect([this] {
    queue_size_->Set(static_cast<double>(queue_.size()));
    queue_bytes_->Set(static_cast<double>(queue_.held_bytes()));
  });
  for (std::uint64_t i = 0; i < options_.sections.queue.num_consumers; ++i) {
    consumers_.emplace_back([this, active = Enter()]() mutable {
      RunConsumer();
      active.reset();
    });
  }
  return {};
}

void SendingExporter::Stop(Deadline deadline) {
  stop_deadline_ = deadline;
  retrier_.Stop();
  queue_.Close();
  {
    std::unique_lock lock(active_mutex_);
    const auto is_idle = [this] { return active_count_ == 0; };
    if (!clock_.WaitUntil(lock, active_changed_, deadline, is_idle)) {
      sender_->Cancel();
      active_changed_.wait(lock, is_idle);
    }
  }
  for (std::thread& consumer : consumers_) {
    consumer.join();
  }
  consumers_.clear();
  failures_.Finish();
  if (sender_ != nullptr) {
    sender_->Close();
  }
  // Metrics outlive a component that a reload removes.
  if (collecting_ != nullptr) {
    collecting_.reset();
    queue_size_->Set(0);
    queue_bytes_->Set(0);
  }
}

void SendingExporter::ReleaseCalls() {
  retrier_.Release();
  queue_.ReleaseOfferers();
}

LaterReceipt SendingExporter::Consume(const model::BatchPtr& batch, const Context& context) {
  if (batch->item_count() == 0) {
    return Receipt{};
  }
  const std::shared_ptr<void> active = Enter();
  const bool is_waiting = MayHoldUp(context);
  const WaitingCall waiting(is_waiting ? &waiting_count_ : nullptr);
  if (is_waiting && waiting_count_ > kWaitingCallsMax) {
    counters_.enqueue_failed_items.Increment(static_cast<double>(batch->item_count()));
    return std::unexpected(
        Error{Code::kUnavailable,
              fmt::format("{} requests wait for exporter {} already: try again later, or have its "
                          "sending_queue take them without a wait",
                          kWaitingCallsMax, id_),
              std::chrono::seconds(1)});
  }
  if (options_.sections.is_queue_enabled) {
    return Enqueue(batch, context);
  }
  // Who follows the log waits and tries again by itself: it knows when to stop.
  Result<Receipt> result = context.delivery
                               ? SendOnce(batch, context)
                               : SendUntilTaken(batch, context, Patience::kUntilReleased);
  if (!result.has_value() && !IsKeptBySource(context, result.error())) {
    counters_.send_failed_items.Increment(static_cast<double>(batch->item_count()));
  }
  return result;
}

bool SendingExporter::MayHoldUp(const Context& context) const {
  const settings::QueueSection& queue = options_.sections.queue;
  // Who has a thread of its own holds up only itself, and would lose what is refused: the batch
  // processor has answered its senders already. Who follows the log gives it again.
  return base::WorkerPool::IsWorker() && context.delivery == nullptr &&
         (!options_.sections.is_queue_enabled || queue.wait_for_result || queue.block_on_overflow);
}

Result<Receipt> SendingExporter::Enqueue(const model::BatchPtr& batch, const Context& context) {
  QueueItem item{.batch = batch, .context = context};
  // The token tells the outcome later; who follows the log must not be held up here.
  item.may_wait = context.delivery == nullptr;
  std::future<Result<Receipt>> outcome;
  if (options_.sections.queue.wait_for_result && context.delivery == nullptr) {
    item.outcome = std::make_shared<std::promise<Result<Receipt>>>();
    outcome = item.outcome->get_future();
  }
  if (Status offered = queue_.Offer(std::move(item)); !offered.has_value()) {
    if (!IsKeptBySource(context, offered.error())) {
      counters_.enqueue_failed_items.Increment(static_cast<double>(batch->item_count()));
    }
    return std::unexpected(std::move(offered).error());
  }
  if (!outcome.valid()) {
    return Receipt{};
  }
  const base::WorkerPool::BlockingScope waiting;
  return outcome.get();
}

std::shared_ptr<void> SendingExporter::Enter() {
  const std::scoped_lock lock(active_mutex_);
  ++active_count_;
  return {nullptr, [this](void*) {
            const std::scoped_lock leaving(active_mutex_);
            --active_count_;
            active_changed_.notify_all();
          }};
}

void SendingExporter::RunConsumer() {
  while (std::optional<SendJob> job = queue_.Take()) {
    {
      const Joined joined = JoinItems(*job, options_.sections.queue);
      const Result<Receipt> result = SendParts(joined);
      for (QueueItem& item : job->items) {
        if (item.outcome != nullptr) {
          item.outcome->set_value(result);
        }
      }
    }
    queue_.Release(*std::move(job));
  }
}

Result<Receipt> SendingExporter::SendParts(const Joined& joined) {
  const settings::QueueSection& queue = options_.sections.queue;
  const auto parts =
      CutToSize(joined.batch, queue.has_batch ? queue.batch.max_size : 0, queue.batch_sizer());
  if (!parts.has_value()) {
    CountFailure(*joined.batch, joined.context, parts.error());
    return std::unexpected(parts.error());
  }
  Result<Receipt> outcome = Receipt{};
  for (const model::BatchPtr& part : *parts) {
    const Patience patience =
        joined.context.delivery ? Patience::kEndless : Patience::kAsConfigured;
    const Result<Receipt> result = SendUntilTaken(part, joined.context, patience);
    if (!result.has_value()) {
      CountFailure(*part, joined.context, result.error());
      outcome = result;
    } else if (outcome.has_value()) {
      outcome->rejected_items += result->rejected_items;
      outcome->message = result->message.empty() ? outcome->message : result->message;
    }
  }
  return outcome;
}

Result<Receipt> SendingExporter::SendUntilTaken(const model::BatchPtr& batch,
                                                const Context& context, Patience patience) {
  return retrier_.Run([&] { return SendOnce(batch, context); }, patience);
}

Result<Receipt> SendingExporter::SendOnce(const model::BatchPtr& batch, const Context& context) {
  const Deadline deadline = AttemptDeadline();
  if (clock_.HasPassed(stop_deadline_)) {
    return base::Unavailable("stopped before the data was sent");
  }
  counters_.in_flight_requests.Increment();
  Result<Receipt> result = [&] {
    const base::WorkerPool::BlockingScope waiting;
    return sender_->Send(batch, context, deadline);
  }();
  counters_.in_flight_requests.Decrement();
  if (!result.has_value()) {
    if (auto& delay = result.error().retry_after) delay = std::min(*delay, kServerDelayMax);
    return result;
  }
  failures_.AddSuccess();
  const std::uint64_t rejected =
      std::min<std::uint64_t>(result->rejected_items, batch->item_count());
  if (!options_.is_counted_by_sender) {
    counters_.sent_items.Increment(static_cast<double>(batch->item_count() - rejected));
  }
  CountAnswer(rejected, result->message);
  return result;
}

void SendingExporter::CountAnswer(std::uint64_t rejected, std::string_view message) {
  if (rejected > 0) {
    counters_.rejected_items.Increment(static_cast<double>(rejected));
    if (!rejection_pause_.MayLog(clock_.Monotonic())) return;
    base::Log(base::LogLevel::kWarn,
              "Partial success response; those within the next minute are only counted",
              {{"otelcol.component.id", id_},
               {"message", base::Excerpt(message, base::kExplanationBytesMax)},
               {fmt::format("dropped_{}", ItemsMetricName(signal_)), std::to_string(rejected)}});
  } else if (!message.empty()) {
    counters_.remarks.Increment();
    if (!remark_pause_.MayLog(clock_.Monotonic())) return;
    base::Log(base::LogLevel::kWarn,
              "Success response with a remark; those within the next minute are only counted",
              {{"otelcol.component.id", id_},
               {"message", base::Excerpt(message, base::kExplanationBytesMax)}});
  }
}

Deadline SendingExporter::AttemptDeadline() const {
  const Nanos timeout = options_.timeout > Nanos(0) ? options_.timeout : Nanos(kNoTimeout);
  return std::min(clock_.In(timeout), stop_deadline_.load());
}

void SendingExporter::CountFailure(const model::Batch& batch, const Context& context,
                                   const Error& error) {
  const bool is_given_back = IsKeptBySource(context, error);
  if (is_given_back) {
    context.delivery->Abandon();
  } else {
    counters_.send_failed_items.Increment(static_cast<double>(batch.item_count()));
  }
  failures_.AddGivenUp(
      is_given_back ? FailureLog::Outcome::kKeptByLog : FailureLog::Outcome::kDropped, error,
      batch.item_count());
}

}  // namespace clew::pipeline::sending
