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

  Status Run(const query::Plan& plan, const query::QueryContext& context,
             query::Sink& sink) override;

 private:
  /// For one call.
  Result<std::shared_ptr<query::QueryService>> Lease() const;

  mutable std::mutex mutex_;
  std::shared_ptr<query::QueryProvider> provider_;
};

}  // namespace clew::pipeline::extensions::clew_query
