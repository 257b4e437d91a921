#pragma once

#include <memory>
#include <mutex>

#include "query/query_provider.h"

namespace clew::pipeline::extensions::clew_query {

/// The query service of a storage extension that may not be there yet, or replays its log: until
/// then every question is answered with UNAVAILABLE. Any thread.
class StorageLink final : public query::QueryService {
 public:
  /// `provider` may be null: then there are no answers yet.
  void Connect(std::shared_ptr<query::QueryProvider> provider);
  bool is_connected() const;
  /// UNAVAILABLE says why there are no answers yet.
  Status CheckReady() const;

  Result<model::TraceData> FindTrace(const query::QueryContext& context,
                                     const TraceId& id) override;
  Result<query::TraceList> FindTraces(const query::QueryContext& context,
                                      std::span<const TraceId> ids) override;
  Result<query::SearchResult> Search(const query::QueryContext& context,
                                     const query::SearchRequest& request) override;
  Result<std::vector<std::string>> Services(const query::QueryContext& context) override;
  Result<std::vector<query::Operation>> Operations(const query::QueryContext& context,
                                                   const std::string& service) override;
  Result<std::vector<query::DependencyLink>> Dependencies(const query::QueryContext& context,
                                                          UnixNanos start_min,
                                                          UnixNanos start_max) override;

 private:
  /// For one call.
  Result<std::shared_ptr<query::QueryService>> Lease() const;

  mutable std::mutex mutex_;
  std::shared_ptr<query::QueryProvider> provider_;
};

}  // namespace clew::pipeline::extensions::clew_query
