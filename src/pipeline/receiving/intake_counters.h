#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "model/signal.h"
#include "pipeline/component.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/response.h"

namespace clew::pipeline::receiving {

/// What the sender hears of spans of `body` that `facts` say cannot be taken: why, how many, and
/// which is the first. Empty when there is none.
std::string DescribeRejected(const wire::otlp::RequestFacts& facts, std::string_view body);

/// Counts what becomes of the requests of one receiver and transport, and of their items. Any
/// thread.
class IntakeCounters {
 public:
  /// `metrics` outlives it.
  IntakeCounters(base::Metrics& metrics, const std::string& receiver_id,
                 const std::string& transport, model::SignalSet signals);

  /// A request that was refused before its items were counted, e.g. "too_large".
  void CountRefusedRequest(const std::string& reason);
  /// Spans that were left out of a request that was taken.
  void CountRejected(const wire::otlp::RequestFacts& facts);
  /// Counts items of the signal that the pipeline has answered with `receipt`, and gives what the
  /// sender hears of them, besides what `answer` says already.
  Result<wire::otlp::PartialSuccess> AnswerTo(const Result<Receipt>& receipt, model::Signal signal,
                                              std::uint64_t item_count,
                                              wire::otlp::PartialSuccess answer);

 private:
  struct ItemCounters {
    prometheus::Counter& accepted;
    prometheus::Counter& refused;
    prometheus::Counter& rejected_by_pipeline;
  };

  ItemCounters CountersOf(model::Signal signal) const;
  prometheus::Counter& RejectedItems(model::Signal signal, const char* reason) const;

  base::Metrics& metrics_;
  const base::Labels labels_;  // receiver and transport
  std::map<model::Signal, ItemCounters> counters_;
  /// By the place of the reason in the table of reasons.
  std::vector<prometheus::Counter*> rejected_;
};

}  // namespace clew::pipeline::receiving
