#include "pipeline/receiving/intake.h"

#include <fmt/format.h>

#include <utility>

#include "model/memory.h"
#include "pipeline/receiving/item_count.h"
#include "wire/otlp/decoded_size.h"

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
                        .error_message = DescribeRejected(*facts)};
  const std::uint64_t span_count = facts->span_count - facts->rejected_count();
  if (span_count == 0) {
    counters_.CountRejected(*facts);
    return answer;
  }
  // A body that was neither unpacked nor made here is held by the server.
  const std::uint64_t besides = hold.bytes() == 0 ? body.size() : hold.bytes();
  ASSIGN_OR_RETURN(SharedHold decoding, ReserveDecoding(*facts, body.size(), besides));
  if (facts->rejected_count() > 0) {
    body = Bytes(wire::otlp::RemoveRejectedSpans(body.view()));
    received.reset();
  }
  auto batch = MakeBatch(std::move(body), *facts, std::move(received), decoding);
  if (!batch.has_value()) return RefuseMalformed(std::move(batch).error());
  return next_.Consume(*batch, context)
      .MapBy([this, facts = *std::move(facts), answer = std::move(answer), span_count,
              decoding = std::move(decoding),
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
    counters_.CountRefusedRequest(NameOfRefusal(reserved.error()));
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
