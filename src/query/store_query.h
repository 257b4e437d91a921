#pragma once

#include <cstdint>
#include <functional>

#include "query/query_service.h"
#include "storage/storage.h"

namespace clew::query {

/// Room for a trace of 200,000 spans with 25 attributes.
inline constexpr std::uint64_t kAnswerBytesMax = 512u << 20;

/// The query service over the embedded store. `storage` outlives it.
class StoreQuery final : public QueryService {
 public:
  /// Answers whose spans take more than `answer_bytes_max` of memory are RESOURCE_EXHAUSTED.
  explicit StoreQuery(storage::Storage& storage, std::uint64_t answer_bytes_max = kAnswerBytesMax)
      : storage_(storage), answer_bytes_max_(answer_bytes_max) {}

  Result<model::TraceData> FindTrace(const TenantId& tenant, const TraceId& id,
                                     Deadline deadline) override;
  Result<SearchResult> Search(const TenantId& tenant, const SearchRequest& request,
                              Deadline deadline) override;
  Result<std::vector<std::string>> Services(const TenantId& tenant, Deadline deadline) override;
  Result<std::vector<Operation>> Operations(const TenantId& tenant, const std::string& service,
                                            Deadline deadline) override;
  Result<std::vector<DependencyLink>> Dependencies(const TenantId& tenant, UnixNanos start_min,
                                                   UnixNanos start_max, Deadline deadline) override;

 private:
  Result<std::vector<storage::SpanSourcePtr>> Sources(const TenantId& tenant) const;
  Status ForEachOperation(const TenantId& tenant, Deadline deadline,
                          const std::function<void(const storage::OperationCount&)>& visit);

  storage::Storage& storage_;
  const std::uint64_t answer_bytes_max_;
};

}  // namespace clew::query
