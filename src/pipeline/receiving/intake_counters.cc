#include "pipeline/receiving/intake_counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/item_counter.h"
#include "wire/otlp/rejected_spans.h"

namespace clew::pipeline::receiving {
namespace {

using wire::otlp::PartialSuccess;
using wire::otlp::RejectedSpan;
using wire::otlp::RequestFacts;
using wire::otlp::SpanFault;

struct RejectReason {
  const char* name;
  std::uint64_t RequestFacts::* count;
  SpanFault fault;
  const char* description;
};

constexpr std::array<RejectReason, 4> kRejectReasons = {{
    {"bad_trace_id", &RequestFacts::bad_trace_id_count, SpanFault::kTraceId,
     "an invalid trace id (16 bytes, not all zero)"},
    {"bad_span_id", &RequestFacts::bad_span_id_count, SpanFault::kSpanId,
     "an invalid span id (8 bytes, not all zero)"},
    {"bad_parent_id", &RequestFacts::bad_parent_span_id_count, SpanFault::kParentSpanId,
     "an invalid parent span id (8 bytes, or none)"},
    {"bad_link_id", &RequestFacts::bad_link_id_count, SpanFault::kLinkId,
     "a link with an invalid trace id (16 bytes, or none) or span id (8 bytes, or none)"},
}};

void Append(const std::string& more, std::string& message) {
  if (!more.empty()) {
    message += message.empty() ? more : "; " + more;
  }
}

/// Whatever was sent as an id, to be found by it.
std::string IdText(std::string_view bytes) {
  constexpr std::size_t kShownBytes = 16;
  if (bytes.empty()) return "none";
  std::string text;
  for (const char byte : bytes.substr(0, kShownBytes)) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return bytes.size() > kShownBytes ? fmt::format("{}… ({} bytes)", text, bytes.size()) : text;
}

}  // namespace

std::string DescribeRejected(const RequestFacts& facts, std::string_view body) {
  if (facts.rejected_count() == 0) return {};
  const std::vector<RejectedSpan> firsts = wire::otlp::FirstRejectedSpans(body);
  std::string text;
  for (const RejectReason& reason : kRejectReasons) {
    const auto first = std::ranges::find(firsts, reason.fault, &RejectedSpan::fault);
    if (first == firsts.end()) continue;
    text += fmt::format(
        "{}{} with {}, the first is number {} of the request (trace id {}, span id {})",
        text.empty() ? "rejected spans: " : "; ", facts.*reason.count, reason.description,
        first->number, IdText(first->trace_id), IdText(first->span_id));
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
