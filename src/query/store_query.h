#pragma once

#include <cstdint>
#include <memory>

#include "query/known_repeats.h"
#include "query/plan_inputs.h"
#include "query/query_service.h"
#include "query/scan.h"
#include "storage/storage.h"

namespace clew::query {

/// Room for a trace of 200,000 spans with 25 attributes.
inline constexpr std::uint64_t kAnswerBytesMax = 512u << 20;

/// What a search looks at beyond its limit, for traces that are not shown for what they were found
/// by.
inline constexpr std::size_t kMoreLookedAtMax = 10'000;

/// The traces that a search in TraceQL reads and judges beyond its limit. Some seconds of work.
inline constexpr std::size_t kSearchTracesMax = 100'000;

/// The query service over the embedded store. `storage` outlives it.
class StoreQuery : public QueryService {
 public:
  /// Answers whose spans take more than `answer_bytes_max` of memory are RESOURCE_EXHAUSTED.
  explicit StoreQuery(storage::Storage& storage, std::uint64_t answer_bytes_max = kAnswerBytesMax,
                      std::size_t more_looked_at_max = kMoreLookedAtMax,
                      std::size_t search_traces_max = kSearchTracesMax)
      : storage_(storage),
        answer_bytes_max_(answer_bytes_max),
        more_looked_at_max_(more_looked_at_max),
        search_traces_max_(search_traces_max) {}

  Status Run(const Plan& plan, const QueryContext& context, Sink& sink) override;

  /// What is kept of what queries found out. Any thread.
  std::uint64_t known_bytes() const { return known_repeats_.memory_bytes(); }

 private:
  Status Run(const Plan& plan, const Scan& scan, PlanInputs& inputs, Sink& sink);
  /// What is read is counted in `reads`, unless it is null. Sources tell `notes` of damage.
  /// UNAVAILABLE while the store is not complete.
  Result<PlanInputs> InputsOf(const Plan& plan, const QueryContext& context,
                              const std::shared_ptr<scan::ReadTotals>& reads,
                              const std::shared_ptr<DamageNotes>& notes) const;

  storage::Storage& storage_;
  KnownRepeats known_repeats_;
  const std::uint64_t answer_bytes_max_;
  const std::size_t more_looked_at_max_;
  const std::size_t search_traces_max_;
};

}  // namespace clew::query
