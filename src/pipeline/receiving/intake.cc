#include "pipeline/receiving/intake.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/memory.h"
#include "wire/otlp/decoded_size.h"

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

std::string DescribeRejected(const RequestFacts& facts) {
  std::string text;
  for (const RejectReason& reason : kRejectReasons) {
    if (facts.*reason.count == 0) continue;
    text += fmt::format("{}{} with {}", text.empty() ? "rejected spans: " : ", ",
                        facts.*reason.count, reason.description);
  }
  return text;
}

/// Bytes that happen to read as unknown fields and nothing else, as some compressed ones do, must
/// not be acknowledged as an empty request.
Result<RequestFacts> Inspect(std::string_view body, const wire::otlp::DecodeLimits& limits) {
  ASSIGN_OR_RETURN(const RequestFacts facts, wire::otlp::InspectRequest(body, limits));
  if (facts.resource_spans_count == 0 && !body.empty()) {
    return base::InvalidArgument(
        "the body of {} bytes holds no resource spans: send an ExportTraceServiceRequest, and over "
        "gRPC one that is not compressed or with gzip, deflate, zstd or snappy",
        body.size());
  }
  return facts;
}

void Append(const std::string& more, std::string& message) {
  if (!more.empty()) {
    message += message.empty() ? more : "; " + more;
  }
}

}  // namespace

Intake::Intake(Options options, const wire::otlp::OtlpCodec& codec, Host& host, Consumer& next)
    : options_(std::move(options)),
      codec_(codec),
      metrics_(host.metrics()),
      memory_(host.memory().account(base::MemoryUse::kRequests)),
      next_(next),
      accepted_spans_(metrics_.Counter(
          "otelcol_receiver_accepted_spans", "Spans that the pipeline took.",
          {{"receiver", options_.receiver_id}, {"transport", options_.transport}})),
      refused_spans_(metrics_.Counter(
          "otelcol_receiver_refused_spans",
          "Spans that the pipeline refused; the sender was told so.",
          {{"receiver", options_.receiver_id}, {"transport", options_.transport}})),
      rejected_by_pipeline_(RejectedSpans("pipeline")) {
  for (const RejectReason& reason : kRejectReasons) {
    rejected_.push_back(&RejectedSpans(reason.name));
  }
}

void Intake::CountRejected(const RequestFacts& facts) {
  for (std::size_t i = 0; i < kRejectReasons.size(); ++i) {
    rejected_[i]->Increment(static_cast<double>(facts.*kRejectReasons[i].count));
  }
}

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

Intake::LaterAnswer Intake::Take(Bytes body, std::optional<model::ReceivedBody> received,
                                 const Context& context, base::MemoryHold hold) {
  auto facts = Inspect(body.view(), codec_.limits());
  if (!facts.has_value()) {
    CountRefusedRequest("malformed");
    return std::unexpected(facts.error());
  }
  PartialSuccess answer{.rejected_items = static_cast<std::int64_t>(facts->rejected_count()),
                        .error_message = DescribeRejected(*facts)};
  const std::uint64_t span_count = facts->span_count - facts->rejected_count();
  if (span_count == 0) {
    CountRejected(*facts);
    return answer;
  }
  // A body that was neither unpacked nor made here is held by the server.
  const std::uint64_t besides = hold.bytes() == 0 ? body.size() : hold.bytes();
  ASSIGN_OR_RETURN(SharedHold decoding, ReserveDecoding(*facts, body.size(), besides));
  if (facts->rejected_count() > 0) {
    body = Bytes(wire::otlp::RemoveRejectedSpans(body.view()));
    received.reset();
  }
  const auto batch = MakeBatch(std::move(body), *facts, std::move(received), decoding);
  if (!batch.has_value()) {
    CountRefusedRequest("malformed");
    return std::unexpected(batch.error());
  }
  return next_.Consume(*batch, context)
      .MapBy([this, facts = *std::move(facts), answer = std::move(answer), span_count,
              decoding = std::move(decoding),
              hold = std::move(hold)](const Result<Receipt>& receipt) mutable {
        // Before the sender hears: what it sends next finds room.
        decoding.reset();
        hold.Release();
        return AnswerTo(receipt, facts, span_count, std::move(answer));
      });
}

Result<PartialSuccess> Intake::AnswerTo(const Result<Receipt>& receipt, const RequestFacts& facts,
                                        std::uint64_t span_count, PartialSuccess answer) {
  if (!receipt.has_value()) {
    refused_spans_.Increment(static_cast<double>(span_count));
    return std::unexpected(receipt.error());
  }
  const std::uint64_t rejected = std::min(receipt->rejected_items, span_count);
  accepted_spans_.Increment(static_cast<double>(span_count - rejected));
  rejected_by_pipeline_.Increment(static_cast<double>(rejected));
  answer.rejected_items += static_cast<std::int64_t>(rejected);
  Append(receipt->message, answer.error_message);
  // Only now: a request that the sender repeats must not count them twice.
  CountRejected(facts);
  return answer;
}

const char* Intake::NameOfRefusal(const Error& error) {
  return error.code == Code::kUnavailable ? "memory" : "too_large";
}

Status Intake::Reserve(base::MemoryHold& hold, std::uint64_t bytes, std::string_view what,
                       std::uint64_t besides) const {
  const std::uint64_t share = handling_bytes_max();
  const std::uint64_t needed = besides + hold.bytes() + bytes;
  if (needed > share) {
    return base::InvalidArgument(
        "{} takes up to {} bytes of memory, and all requests together may take {}: send smaller "
        "requests, or raise limit_mib of memory_limiter",
        what, needed, share);
  }
  if (memory_.used() + bytes <= share && hold.TryGrow(bytes)) return {};
  Error error{Code::kUnavailable,
              fmt::format("{} takes up to {} bytes of memory, and other requests leave no room for "
                          "it below {}: send again later",
                          what, needed, share)};
  error.retry_after = std::chrono::seconds(1);
  return std::unexpected(std::move(error));
}

Result<Intake::SharedHold> Intake::ReserveDecoding(const RequestFacts& facts, std::size_t body_size,
                                                   std::uint64_t besides) {
  std::uint64_t bytes = wire::otlp::DecodedBytesMax(facts, codec_.limits(), body_size);
  // Cut spans go on as columns, and whoever needs bytes makes them anew.
  if (options_.applies_limits) bytes += wire::otlp::EncodedBytesMax(facts, body_size);
  // What is left without them: for a moment a copy of a resource in it and of a scope in that too.
  if (facts.rejected_count() > 0) bytes += 3 * body_size;
  const auto hold = std::make_shared<base::MemoryHold>(memory_);
  const Status reserved = Reserve(
      *hold, bytes,
      fmt::format("decoding {} bytes (spans: {}, events: {}, links: {}, attributes: {})", body_size,
                  facts.span_count, facts.event_count, facts.link_count, facts.attribute_count),
      besides);
  if (!reserved.has_value()) {
    CountRefusedRequest(NameOfRefusal(reserved.error()));
    return std::unexpected(reserved.error());
  }
  return hold;
}

Result<model::BatchPtr> Intake::MakeBatch(Bytes body, const RequestFacts& facts,
                                          std::optional<model::ReceivedBody> received,
                                          const SharedHold& decoding) const {
  // The body is held already, unless it was made anew without what is rejected.
  const std::uint64_t held = facts.rejected_count() > 0 ? 0 : body.size();
  const std::uint64_t encoded = wire::otlp::EncodedBytesMax(facts, body.size());
  // Who decodes later than the request is answered, out of a queue, finds nothing to give back.
  auto settle = [weak = std::weak_ptr(decoding), held, encoded,
                 is_cut_here =
                     options_.applies_limits](const Result<model::SpanColumnsPtr>& columns) {
    const SharedHold hold = weak.lock();
    if (hold == nullptr) return;
    std::uint64_t needed = columns.has_value() ? model::MemoryOf(**columns) - held : 0;
    if (columns.has_value() && (is_cut_here || (*columns)->is_cut)) needed += encoded;
    hold->ShrinkTo(needed);
  };
  std::vector<Bytes> pieces;
  pieces.push_back(std::move(body));
  if (!options_.applies_limits) {
    return model::Batch::FromWire(std::move(pieces), facts.rows(), codec_, std::move(received),
                                  std::move(settle));
  }
  const Result<model::SpanColumnsPtr> columns = codec_.Decode(pieces, facts.rows());
  settle(columns);
  if (!columns.has_value()) return std::unexpected(columns.error());
  return model::Batch::FromColumns(*columns, codec_);
}

}  // namespace clew::pipeline::receiving
