#pragma once

#include <optional>
#include <string>

#include "base/later.h"
#include "base/memory_budget.h"
#include "model/batch.h"
#include "net/request_memory.h"
#include "pipeline/component.h"
#include "pipeline/receiving/decoding_room.h"
#include "pipeline/receiving/intake_counters.h"
#include "pipeline/receiving/request_room.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/response.h"

namespace clew::pipeline::receiving {

/// What both transports do with a request once it is protobuf. Any thread.
class Intake {
 public:
  struct Options {
    std::string receiver_id;
    /// "grpc" or "http": a metric label.
    std::string transport;
    /// Decode spans and cut them before handing on.
    bool applies_limits = false;
    /// What is taken.
    model::SignalSet signals = {model::Signal::kTraces};
  };

  using LaterAnswer = base::Later<Result<wire::otlp::PartialSuccess>>;

  /// All references outlive this; `codec`, for spans, outlives every batch.
  Intake(Options options, const wire::otlp::OtlpCodec& codec, Host& host, Consumer& next);

  model::SignalSet signals() const { return options_.signals; }

  /// Memory that a request holds while it is under way, from the budget of requests.
  base::MemoryHold NewHold() { return base::MemoryHold(memory_); }
  /// See request_room.h.
  std::uint64_t handling_bytes_max() const { return HandlingBytesMax(memory_); }
  /// The most that one request may hold of it before it is handled.
  std::uint64_t request_bytes_max() const { return net::LargestRequest(&memory_); }
  /// See ReserveForRequest.
  Status Reserve(base::MemoryHold& hold, std::uint64_t bytes, std::string_view what,
                 std::uint64_t besides = 0) const {
    return ReserveForRequest(memory_, hold, bytes, what, besides);
  }

  /// Takes an encoded request of one of signals(); `hold` has what it takes besides the body as it
  /// was received. A request without items never reaches the pipeline. `received`, when given, is
  /// what came over the wire and decompresses to `body`. INVALID_ARGUMENT names the byte offset
  /// where the body is malformed; other errors are Reserve's and the pipeline's. Until the answer
  /// is there this must live.
  ///
  /// Of spans what decoding can take is reserved besides, until the columns exist or the request is
  /// answered; then only what they take is held, until it is answered. Those with invalid ids are
  /// left out and reported as partial success. Of other signals all is looked at, and one bad id
  /// makes the request malformed.
  LaterAnswer Take(model::Signal signal, Bytes body, std::optional<model::ReceivedBody> received,
                   const Context& context, base::MemoryHold hold);

  /// Counts a request that was refused before it was protobuf, e.g. "too_large".
  void CountRefusedRequest(const std::string& reason) { counters_.CountRefusedRequest(reason); }

 private:
  LaterAnswer TakeSpans(Bytes body, std::optional<model::ReceivedBody> received,
                        const Context& context, base::MemoryHold hold);
  LaterAnswer TakeItems(model::Signal signal, Bytes body,
                        std::optional<model::ReceivedBody> received, const Context& context,
                        base::MemoryHold hold);
  std::unexpected<Error> RefuseMalformed(Error error);

  Result<model::BatchPtr> MakeBatch(Bytes body, const wire::otlp::RequestFacts& facts,
                                    std::optional<model::ReceivedBody> received,
                                    const SharedHold& decoding) const;

  const Options options_;
  const Cutting cutting_;
  const wire::otlp::OtlpCodec& codec_;
  base::MemoryAccount& memory_;
  Consumer& next_;
  IntakeCounters counters_;
};

}  // namespace clew::pipeline::receiving
