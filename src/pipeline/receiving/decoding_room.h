#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/memory_budget.h"
#include "model/batch.h"
#include "wire/otlp/inspect.h"

namespace clew::pipeline::receiving {

/// Memory that a request of spans holds for its columns, until it is answered.
using SharedHold = std::shared_ptr<base::MemoryHold>;

/// Whether spans are cut where they are received: then they go on as columns, and whoever needs
/// bytes makes them anew.
enum class Cutting : std::uint8_t { kElsewhere, kHere };

/// Reserves of `memory` what decoding a body with these facts takes at most. `besides`: what is
/// held for the same request already. Errors are those of ReserveForRequest.
Result<SharedHold> ReserveDecoding(base::MemoryAccount& memory,
                                   const wire::otlp::RequestFacts& facts,
                                   const wire::otlp::DecodeLimits& limits, Cutting cutting,
                                   std::size_t body_size, std::uint64_t besides);

/// Gives back of `hold` what the columns do not take, when they exist, unless the request is
/// answered by then. `body_size` is without the spans that were rejected.
model::Batch::OnDecoded SettleDecoding(const SharedHold& hold,
                                       const wire::otlp::RequestFacts& facts, Cutting cutting,
                                       std::size_t body_size);

}  // namespace clew::pipeline::receiving
