#include "pipeline/receivers/otlp/intake.h"

#include <algorithm>
#include <utility>

#include "wire/otlp/inspect.h"

namespace clew::pipeline::receivers::otlp {
namespace {

using wire::otlp::PartialSuccess;
using wire::otlp::RequestFacts;

std::string DescribeRejected(const RequestFacts& facts) {
  std::string text;
  if (facts.bad_trace_id_count > 0) {
    text = fmt::format("{} with an invalid trace id (16 bytes, not all zero)",
                       facts.bad_trace_id_count);
  }
  if (facts.bad_span_id_count > 0) {
    text += fmt::format("{}{} with an invalid span id (8 bytes, not all zero)",
                        text.empty() ? "" : ", ", facts.bad_span_id_count);
  }
  return text.empty() ? text : "rejected spans: " + text;
}

void Append(const std::string& more, std::string& message) {
  if (!more.empty()) {
    message += message.empty() ? more : "; " + more;
  }
}

}  // namespace

Intake::Intake(Options options, const wire::otlp::OtlpCodec& codec, base::Metrics& metrics,
               TraceConsumer& next)
    : options_(std::move(options)),
      codec_(codec),
      metrics_(metrics),
      next_(next),
      accepted_spans_(
          metrics.Counter("otelcol_receiver_accepted_spans", "Spans that the pipeline took.",
                          {{"receiver", options_.receiver_id}, {"transport", options_.transport}})),
      refused_spans_(
          metrics.Counter("otelcol_receiver_refused_spans",
                          "Spans that the pipeline refused; the sender was told so.",
                          {{"receiver", options_.receiver_id}, {"transport", options_.transport}})),
      bad_trace_ids_(RejectedSpans("bad_trace_id")),
      bad_span_ids_(RejectedSpans("bad_span_id")),
      rejected_by_pipeline_(RejectedSpans("pipeline")) {}

prometheus::Counter& Intake::RejectedSpans(const char* reason) {
  return metrics_.Counter(
      "clew_receiver_rejected_spans", "Spans left out of requests that were taken, by reason.",
      {{"receiver", options_.receiver_id}, {"transport", options_.transport}, {"reason", reason}});
}

void Intake::CountRefusedRequest(const std::string& reason) {
  metrics_
      .Counter("clew_receiver_refused_requests_total",
               "Requests refused before their spans were counted, by reason.",
               {{"receiver", options_.receiver_id},
                {"transport", options_.transport},
                {"reason", reason}})
      .Increment();
}

Result<PartialSuccess> Intake::Take(Bytes body, std::optional<model::ReceivedBody> received,
                                    const Context& context) {
  const auto facts = wire::otlp::InspectRequest(body.view());
  if (!facts.has_value()) {
    CountRefusedRequest("malformed");
    return std::unexpected(facts.error());
  }
  PartialSuccess answer{.rejected_spans = static_cast<std::int64_t>(facts->rejected_count()),
                        .error_message = DescribeRejected(*facts)};
  const std::uint64_t span_count = facts->span_count - facts->rejected_count();
  if (span_count > 0) {
    if (facts->rejected_count() > 0) {
      body = Bytes(wire::otlp::RemoveRejectedSpans(body.view()));
      received.reset();
    }
    const auto batch = MakeBatch(std::move(body), span_count, std::move(received));
    if (!batch.has_value()) {
      CountRefusedRequest("malformed");
      return std::unexpected(batch.error());
    }
    const Result<Receipt> receipt = next_.Consume(*batch, context);
    if (!receipt.has_value()) {
      refused_spans_.Increment(static_cast<double>(span_count));
      return std::unexpected(receipt.error());
    }
    const std::uint64_t rejected = std::min(receipt->rejected_spans, span_count);
    accepted_spans_.Increment(static_cast<double>(span_count - rejected));
    rejected_by_pipeline_.Increment(static_cast<double>(rejected));
    answer.rejected_spans += static_cast<std::int64_t>(rejected);
    Append(receipt->message, answer.error_message);
  }
  // Only now: a request that the sender repeats must not count them twice.
  bad_trace_ids_.Increment(static_cast<double>(facts->bad_trace_id_count));
  bad_span_ids_.Increment(static_cast<double>(facts->bad_span_id_count));
  return answer;
}

Result<model::TraceBatchPtr> Intake::MakeBatch(Bytes body, std::size_t span_count,
                                               std::optional<model::ReceivedBody> received) const {
  std::vector<Bytes> pieces;
  pieces.push_back(std::move(body));
  if (!options_.applies_limits) {
    return model::TraceBatch::FromWire(std::move(pieces), span_count, codec_, std::move(received));
  }
  ASSIGN_OR_RETURN(model::SpanColumnsPtr columns, codec_.Decode(pieces));
  return model::TraceBatch::FromColumns(std::move(columns), codec_);
}

}  // namespace clew::pipeline::receivers::otlp
