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

  Result<model::TraceData> FindTrace(const query::QueryContext& context,
                                     const TraceId& id) override;
  Result<query::SearchResult> Search(const query::QueryContext& context,
                                     const query::SearchRequest& request) override;
  Result<std::vector<std::string>> Services(const query::QueryContext& context) override;
  Result<std::vector<query::Operation>> Operations(const query::QueryContext& context,
                                                   const std::string& service) override;
  Result<std::vector<query::DependencyLink>> Dependencies(const query::QueryContext& context,
                                                          UnixNanos start_min,
                                                          UnixNanos start_max) override;

 private:
  std::atomic<query::QueryProvider*> provider_ = nullptr;
};

}  // namespace clew::pipeline::extensions::clew_query
