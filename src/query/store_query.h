#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "query/query_service.h"
#include "storage/storage.h"

namespace clew::query {

/// Room for a trace of 200,000 spans with 25 attributes.
inline constexpr std::uint64_t kAnswerBytesMax = 512u << 20;

/// What a search looks at beyond its limit, for traces that are not shown for what they were found
/// by.
inline constexpr std::size_t kMoreLookedAtMax = 10'000;

/// The query service over the embedded store. `storage` outlives it.
class StoreQuery final : public QueryService {
 public:
  /// Answers whose spans take more than `answer_bytes_max` of memory are RESOURCE_EXHAUSTED.
  explicit StoreQuery(storage::Storage& storage, std::uint64_t answer_bytes_max = kAnswerBytesMax,
                      std::size_t more_looked_at_max = kMoreLookedAtMax)
      : storage_(storage),
        answer_bytes_max_(answer_bytes_max),
        more_looked_at_max_(more_looked_at_max) {}

  Result<model::TraceData> FindTrace(const QueryContext& context, const TraceId& id) override;
  Result<TraceList> FindTraces(const QueryContext& context, std::span<const TraceId> ids) override;
  Result<SearchResult> Search(const QueryContext& context, const SearchRequest& request) override;
  Result<std::vector<std::string>> Services(const QueryContext& context) override;
  Result<std::vector<Operation>> Operations(const QueryContext& context,
                                            const std::string& service) override;
  Result<std::vector<DependencyLink>> Dependencies(const QueryContext& context, UnixNanos start_min,
                                                   UnixNanos start_max) override;

 private:
  /// UNAVAILABLE while the store is not complete. Notes what it lacks: to be asked before sources.
  Status Begin(const QueryContext& context) const;
  /// The same read past what is damaged; for as long as `context` lives.
  std::vector<scan::SpanSourcePtr> PastDamage(const QueryContext& context,
                                              std::vector<scan::SpanSourcePtr> sources) const;
  /// Those of the tenant, read past what is damaged.
  Result<std::vector<scan::SpanSourcePtr>> Sources(const QueryContext& context) const;
  /// Those of them that may hold some of these traces.
  Result<std::vector<scan::SpanSourcePtr>> SourcesOf(const QueryContext& context,
                                                     std::span<const TraceId> ids) const;
  /// Those of blocks and row groups in which a span may meet `condition`.
  Status ForEachOperation(const QueryContext& context, const expr::Expression& condition,
                          const std::function<Status(const scan::OperationCount&)>& visit);

  storage::Storage& storage_;
  const std::uint64_t answer_bytes_max_;
  const std::size_t more_looked_at_max_;
};

}  // namespace clew::query
