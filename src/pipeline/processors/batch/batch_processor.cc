#include "pipeline/processors/batch/batch_processor.h"

#include <fmt/core.h>

#include <utility>

#include "base/logging.h"
#include "pipeline/item_counter.h"
#include "pipeline/sending/cut.h"

namespace clew::pipeline::processors::batch {
namespace {

const std::vector<double> kSizeBuckets = {10,   25,   50,   75,   100,  250,  500,  750,
                                          1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000,
                                          9000, 1e4,  2e4,  3e4,  5e4,  1e5};

/// "dropped_spans", …
std::string DroppedName(const model::Batch& batch) {
  return fmt::format("dropped_{}", ItemsMetricName(batch.signal()));
}

}  // namespace

BatchProcessor::BatchProcessor(const CreateSettings& settings, const Config& config, Consumer& next)
    : id_(settings.id),
      config_(config),
      queue_section_(config.ToQueue()),
      next_(next),
      clock_(settings.host.clock()),
      queue_(queue_section_, clock_, settings.host.memory().account(base::MemoryUse::kQueues),
             config.metadata_cardinality_limit),
      send_size_(settings.host.metrics().Histogram("otelcol_processor_batch_batch_send_size",
                                                   "Items of each batch handed on.",
                                                   {{"processor", id_}}, kSizeBuckets)),
      size_triggers_(settings.host.metrics().Counter(
          "otelcol_processor_batch_batch_size_trigger_send",
          "Batches handed on because they were large enough.", {{"processor", id_}})),
      time_triggers_(settings.host.metrics().Counter(
          "otelcol_processor_batch_timeout_trigger_send",
          "Batches handed on because their time was over.", {{"processor", id_}})),
      dropped_items_(ItemCounter(
          settings.host.metrics(), "clew_processor_batch_dropped_", settings.signal(),
          "lost because the next stage refused them after they were taken.", {{"processor", id_}})),
      pending_bytes_(settings.host.metrics().Gauge("clew_processor_batch_pending_bytes",
                                                   "Bytes that wait or are being handed on.",
                                                   {{"processor", id_}})),
      cardinality_(settings.host.metrics().Gauge("otelcol_processor_batch_metadata_cardinality",
                                                 "Batches that form at the same time.",
                                                 {{"processor", id_}})) {}

BatchProcessor::~BatchProcessor() {
  Stop(base::kAtOnce);
  LeaveTo(nullptr);
}

Status BatchProcessor::Start(Host& host) {
  collecting_ = host.metrics().OnCollect([this] {
    pending_bytes_.Set(static_cast<double>(queue_.size()));
    cardinality_.Set(static_cast<double>(queue_.partition_count()));
  });
  thread_ = std::thread([this] { Run(); });
  return {};
}

void BatchProcessor::Stop(Deadline deadline) {
  stop_deadline_ = deadline;
  queue_.Close();
  if (thread_.joinable()) {
    thread_.join();
  }
  // Metrics outlive a component that a reload removes.
  if (collecting_ != nullptr) {
    collecting_.reset();
    pending_bytes_.Set(0);
    cardinality_.Set(0);
  }
}

void BatchProcessor::LeaveTo(LeftoverHeir* heir) {
  queue_.Close();
  // Of one that was never started: what it inherited itself.
  while (std::optional<sending::SendJob> job = queue_.Take()) {
    for (sending::QueueItem& item : job->items) {
      leftovers_.push_back({.batch = item.batch, .context = std::move(item.context)});
    }
    queue_.Release(*std::move(job));
  }
  keeps_leftovers_ = false;
  for (const Leftover& leftover : std::exchange(leftovers_, {})) {
    const Status left = heir ? heir->Inherit(leftover.batch, leftover.context)
                             : base::Unavailable("stopped before the data was handed on");
    if (!left.has_value()) OnRefused(leftover.batch, leftover.context, left.error());
  }
}

Status BatchProcessor::Inherit(const model::BatchPtr& batch, const Context& context) {
  return queue_.Offer({.batch = batch, .context = context, .may_wait = false});
}

LaterReceipt BatchProcessor::Consume(const model::BatchPtr& batch, const Context& context) {
  if (batch->item_count() > 0) {
    TRY(queue_.Offer({.batch = batch, .context = context}));
  }
  return Receipt{};
}

void BatchProcessor::Run() {
  while (std::optional<sending::SendJob> job = queue_.Take()) {
    (job->trigger == sending::SendTrigger::kSize ? size_triggers_ : time_triggers_).Increment();
    HandOn(sending::JoinItems(*job, queue_section_));
    queue_.Release(*std::move(job));
  }
}

void BatchProcessor::HandOn(const sending::Joined& joined) {
  const auto parts = sending::CutToSize(joined.batch, config_.send_batch_max_size, "items");
  if (!parts.has_value()) {
    return OnRefused(joined.batch, joined.context, parts.error());
  }
  for (const model::BatchPtr& part : *parts) {
    if (const Status handed_on = HandOnPart(part, joined.context); !handed_on.has_value()) {
      OnRefused(part, joined.context, handed_on.error());
    }
  }
}

Status BatchProcessor::HandOnPart(const model::BatchPtr& part, const Context& context) {
  if (clock_.HasPassed(stop_deadline_)) {
    return base::Unavailable("stopped before the data was handed on");
  }
  send_size_.Observe(static_cast<double>(part->item_count()));
  ASSIGN_OR_RETURN(const Receipt receipt, next_.Consume(part, context).Wait());
  if (receipt.rejected_items > 0) {
    dropped_items_.Increment(static_cast<double>(receipt.rejected_items));
    base::Log(base::LogLevel::kWarn,
              fmt::format("Next stage rejected {}.", ItemsName(part->signal())),
              {{"otelcol.component.id", id_},
               {"message", receipt.message},
               {DroppedName(*part), std::to_string(receipt.rejected_items)}});
  }
  return {};
}

void BatchProcessor::OnRefused(const model::BatchPtr& part, const Context& context,
                               const Error& error) {
  if (keeps_leftovers_ && context.delivery == nullptr && error.is_retryable()) {
    leftovers_.push_back({.batch = part, .context = context});
    return;
  }
  const bool is_given_back = context.delivery != nullptr && error.is_retryable();
  if (is_given_back) {
    context.delivery->Abandon();
  } else {
    dropped_items_.Increment(static_cast<double>(part->item_count()));
  }
  base::Log(is_given_back ? base::LogLevel::kInfo : base::LogLevel::kError,
            is_given_back ? "Sender failed. The data stays in the log." : "Sender failed",
            {{"otelcol.component.id", id_},
             {"error", error.message},
             {is_given_back ? std::string(ItemsMetricName(part->signal())) : DroppedName(*part),
              std::to_string(part->item_count())}});
}

}  // namespace clew::pipeline::processors::batch
