#include "pipeline/receiving/decoding_room.h"

#include <fmt/format.h>

#include "model/memory.h"
#include "pipeline/receiving/request_room.h"
#include "wire/otlp/decoded_size.h"

namespace clew::pipeline::receiving {

Result<SharedHold> ReserveDecoding(base::MemoryAccount& memory,
                                   const wire::otlp::RequestFacts& facts,
                                   const wire::otlp::DecodeLimits& limits, Cutting cutting,
                                   std::size_t body_size, std::uint64_t besides) {
  std::uint64_t bytes = wire::otlp::DecodedBytesMax(facts, limits, body_size);
  if (cutting == Cutting::kHere) bytes += wire::otlp::EncodedBytesMax(facts, body_size);
  // What is left without them: for a moment a copy of a resource in it and of a scope in that too.
  if (facts.rejected_count() > 0) bytes += 3 * body_size;
  auto hold = std::make_shared<base::MemoryHold>(memory);
  TRY(ReserveForRequest(
      memory, *hold, bytes,
      fmt::format("decoding {} bytes (spans: {}, events: {}, links: {}, attributes: {})", body_size,
                  facts.span_count, facts.event_count, facts.link_count, facts.attribute_count),
      besides));
  return hold;
}

model::Batch::OnDecoded SettleDecoding(const SharedHold& hold,
                                       const wire::otlp::RequestFacts& facts, Cutting cutting,
                                       std::size_t body_size) {
  // The body is held already, unless it was made anew without what is rejected.
  const std::uint64_t held = facts.rejected_count() > 0 ? 0 : body_size;
  const std::uint64_t encoded = wire::otlp::EncodedBytesMax(facts, body_size);
  // Who decodes later than the request is answered, out of a queue, finds nothing to give back.
  return [weak = std::weak_ptr(hold), held, encoded,
          cutting](const Result<model::SpanColumnsPtr>& columns) {
    const SharedHold decoding = weak.lock();
    if (decoding == nullptr) return;
    std::uint64_t needed = columns.has_value() ? model::MemoryOf(**columns) - held : 0;
    const bool may_be_encoded =
        columns.has_value() && (cutting == Cutting::kHere || (*columns)->is_cut);
    if (may_be_encoded) needed += encoded;
    decoding->ShrinkTo(needed);
  };
}

}  // namespace clew::pipeline::receiving
