#pragma once

#include <atomic>

#include "query/query_provider.h"

namespace clew::pipeline::extensions::clew_query {

/// The query service of a storage extension that may not be there yet, or replays its log: until
/// then every question is answered with UNAVAILABLE. Any thread.
class StorageLink final : public query::QueryService {
 public:
  /// `provider` outlives the link.
  void Connect(query::QueryProvider& provider) { provider_ = &provider; }
  bool is_connected() const { return provider_ != nullptr; }
  /// UNAVAILABLE says why there are no answers yet.
  Status CheckReady() const;

  Result<model::TraceData> FindTrace(const TenantId& tenant, const TraceId& id,
                                     Deadline deadline) override;
  Result<query::SearchResult> Search(const TenantId& tenant, const query::SearchRequest& request,
                                     Deadline deadline) override;
  Result<std::vector<std::string>> Services(const TenantId& tenant, Deadline deadline) override;
  Result<std::vector<query::Operation>> Operations(const TenantId& tenant,
                                                   const std::string& service,
                                                   Deadline deadline) override;
  Result<std::vector<query::DependencyLink>> Dependencies(const TenantId& tenant,
                                                          UnixNanos start_min, UnixNanos start_max,
                                                          Deadline deadline) override;

 private:
  std::atomic<query::QueryProvider*> provider_ = nullptr;
};

}  // namespace clew::pipeline::extensions::clew_query
