#include "pipeline/receiving/intake.h"

#include <utility>

#include "pipeline/receiving/item_count.h"

namespace clew::pipeline::receiving {
namespace {

using wire::otlp::PartialSuccess;
using wire::otlp::RequestFacts;

Result<RequestFacts> Inspect(std::string_view body, const wire::otlp::DecodeLimits& limits) {
  ASSIGN_OR_RETURN(const RequestFacts facts, wire::otlp::InspectRequest(body, limits));
  TRY(CheckHasResources(model::Signal::kTraces, facts.resource_spans_count, body));
  return facts;
}

}  // namespace

Intake::Intake(Options options, const wire::otlp::OtlpCodec& codec, Host& host, Consumer& next)
    : options_(std::move(options)),
      cutting_(options_.applies_limits ? Cutting::kHere : Cutting::kElsewhere),
      codec_(codec),
      memory_(host.memory().account(base::MemoryUse::kRequests)),
      next_(next),
      counters_(host.metrics(), options_.receiver_id, options_.transport, options_.signals) {}

std::unexpected<Error> Intake::RefuseMalformed(Error error) {
  counters_.CountRefusedRequest("malformed");
  return std::unexpected(std::move(error));
}

Intake::LaterAnswer Intake::Take(model::Signal signal, Bytes body,
                                 std::optional<model::ReceivedBody> received,
                                 const Context& context, base::MemoryHold hold) {
  return signal == model::Signal::kTraces
             ? TakeSpans(std::move(body), std::move(received), context, std::move(hold))
             : TakeItems(signal, std::move(body), std::move(received), context, std::move(hold));
}

Intake::LaterAnswer Intake::TakeSpans(Bytes body, std::optional<model::ReceivedBody> received,
                                      const Context& context, base::MemoryHold hold) {
  auto facts = Inspect(body.view(), codec_.limits());
  if (!facts.has_value()) return RefuseMalformed(std::move(facts).error());
  PartialSuccess answer{.rejected_items = static_cast<std::int64_t>(facts->rejected_count()),
                        .error_message = DescribeRejected(*facts, body.view())};
  const std::uint64_t span_count = facts->span_count - facts->rejected_count();
  if (span_count == 0) {
    counters_.CountRejected(*facts);
    return answer;
  }
  // A body that was neither unpacked nor made here is held by the server.
  const std::uint64_t besides = hold.bytes() == 0 ? body.size() : hold.bytes();
  Result<SharedHold> decoding =
      ReserveDecoding(memory_, *facts, codec_.limits(), cutting_, body.size(), besides);
  if (!decoding.has_value()) {
    counters_.CountRefusedRequest(NameOfRefusal(decoding.error()));
    return std::unexpected(std::move(decoding).error());
  }
  if (facts->rejected_count() > 0) {
    body = Bytes(wire::otlp::RemoveRejectedSpans(body.view()));
    received.reset();
  }
  auto batch = MakeBatch(std::move(body), *facts, std::move(received), *decoding);
  if (!batch.has_value()) return RefuseMalformed(std::move(batch).error());
  return next_.Consume(*batch, context)
      .MapBy([this, facts = *std::move(facts), answer = std::move(answer), span_count,
              decoding = *std::move(decoding),
              hold = std::move(hold)](const Result<Receipt>& receipt) mutable {
        // Before the sender hears: what it sends next finds room.
        decoding.reset();
        hold.Release();
        // Only when it is taken: a request that the sender repeats must not count them twice.
        if (receipt.has_value()) counters_.CountRejected(facts);
        return counters_.AnswerTo(receipt, model::Signal::kTraces, span_count, std::move(answer));
      });
}

Intake::LaterAnswer Intake::TakeItems(model::Signal signal, Bytes body,
                                      std::optional<model::ReceivedBody> received,
                                      const Context& context, base::MemoryHold hold) {
  auto item_count = CountItems(signal, body.view());
  if (!item_count.has_value()) return RefuseMalformed(std::move(item_count).error());
  if (*item_count == 0) return PartialSuccess{};
  std::vector<Bytes> pieces;
  pieces.push_back(std::move(body));
  const model::BatchPtr batch = model::Batch::FromWire(
      std::move(pieces), *item_count, wire::otlp::ItemCodecOf(signal), std::move(received));
  return next_.Consume(batch, context)
      .MapBy([this, signal, count = *item_count,
              hold = std::move(hold)](const Result<Receipt>& receipt) mutable {
        hold.Release();
        return counters_.AnswerTo(receipt, signal, count, PartialSuccess{});
      });
}

Result<model::BatchPtr> Intake::MakeBatch(Bytes body, const RequestFacts& facts,
                                          std::optional<model::ReceivedBody> received,
                                          const SharedHold& decoding) const {
  auto settle = SettleDecoding(decoding, facts, cutting_, body.size());
  std::vector<Bytes> pieces;
  pieces.push_back(std::move(body));
  if (cutting_ == Cutting::kElsewhere) {
    return model::Batch::FromWire(std::move(pieces), facts.rows(), codec_, std::move(received),
                                  std::move(settle));
  }
  const Result<model::SpanColumnsPtr> columns = codec_.Decode(pieces, facts.rows());
  settle(columns);
  if (!columns.has_value()) return std::unexpected(columns.error());
  return model::Batch::FromColumns(*columns, codec_);
}

}  // namespace clew::pipeline::receiving
