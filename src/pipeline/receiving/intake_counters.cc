#include "pipeline/receiving/intake_counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/item_counter.h"

namespace clew::pipeline::receiving {
namespace {

using wire::otlp::PartialSuccess;
using wire::otlp::RequestFacts;

struct RejectReason {
  const char* name;
  std::uint64_t RequestFacts::* count;
  const char* description;
};

constexpr std::array<RejectReason, 4> kRejectReasons = {{
    {"bad_trace_id", &RequestFacts::bad_trace_id_count,
     "an invalid trace id (16 bytes, not all zero)"},
    {"bad_span_id", &RequestFacts::bad_span_id_count, "an invalid span id (8 bytes, not all zero)"},
    {"bad_parent_id", &RequestFacts::bad_parent_span_id_count,
     "an invalid parent span id (8 bytes, or none)"},
    {"bad_link_id", &RequestFacts::bad_link_id_count,
     "a link with an invalid trace id (16 bytes, or none) or span id (8 bytes, or none)"},
}};

void Append(const std::string& more, std::string& message) {
  if (!more.empty()) {
    message += message.empty() ? more : "; " + more;
  }
}

}  // namespace

std::string DescribeRejected(const RequestFacts& facts) {
  std::string text;
  for (const RejectReason& reason : kRejectReasons) {
    if (facts.*reason.count == 0) continue;
    text += fmt::format("{}{} with {}", text.empty() ? "rejected spans: " : ", ",
                        facts.*reason.count, reason.description);
  }
  return text;
}

IntakeCounters::IntakeCounters(base::Metrics& metrics, const std::string& receiver_id,
                               const std::string& transport, model::SignalSet signals)
    : metrics_(metrics), labels_({{"receiver", receiver_id}, {"transport", transport}}) {
  for (const model::Signal signal : model::kSignals) {
    if (signals.Contains(signal)) counters_.emplace(signal, CountersOf(signal));
  }
  if (!signals.Contains(model::Signal::kTraces)) return;
  for (const RejectReason& reason : kRejectReasons) {
    rejected_.push_back(&RejectedItems(model::Signal::kTraces, reason.name));
  }
}

IntakeCounters::ItemCounters IntakeCounters::CountersOf(model::Signal signal) const {
  return {ItemCounter(metrics_, "otelcol_receiver_accepted_", signal, "that the pipeline took.",
                      labels_),
          ItemCounter(metrics_, "otelcol_receiver_refused_", signal,
                      "that the pipeline refused; the sender was told so.", labels_),
          RejectedItems(signal, "pipeline")};
}

void IntakeCounters::CountRejected(const RequestFacts& facts) {
  for (std::size_t i = 0; i < kRejectReasons.size(); ++i) {
    rejected_[i]->Increment(static_cast<double>(facts.*kRejectReasons[i].count));
  }
}

prometheus::Counter& IntakeCounters::RejectedItems(model::Signal signal, const char* reason) const {
  base::Labels labels = labels_;
  labels.emplace("reason", reason);
  return ItemCounter(metrics_, "clew_receiver_rejected_", signal,
                     "left out of requests that were taken, by reason.", labels);
}

void IntakeCounters::CountRefusedRequest(const std::string& reason) {
  base::Labels labels = labels_;
  labels.emplace("reason", reason);
  metrics_
      .Counter("clew_receiver_refused_requests_total",
               "Requests refused before their items were counted, by reason.", labels)
      .Increment();
}

Result<PartialSuccess> IntakeCounters::AnswerTo(const Result<Receipt>& receipt,
                                                model::Signal signal, std::uint64_t item_count,
                                                PartialSuccess answer) {
  const ItemCounters& counters = counters_.at(signal);
  if (!receipt.has_value()) {
    counters.refused.Increment(static_cast<double>(item_count));
    return std::unexpected(receipt.error());
  }
  const std::uint64_t rejected = std::min(receipt->rejected_items, item_count);
  counters.accepted.Increment(static_cast<double>(item_count - rejected));
  counters.rejected_by_pipeline.Increment(static_cast<double>(rejected));
  answer.rejected_items += static_cast<std::int64_t>(rejected);
  Append(receipt->message, answer.error_message);
  return answer;
}

}  // namespace clew::pipeline::receiving
