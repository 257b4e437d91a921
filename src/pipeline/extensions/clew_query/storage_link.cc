#include "pipeline/extensions/clew_query/storage_link.h"

#include <chrono>
#include <utility>

namespace clew::pipeline::extensions::clew_query {
namespace {

std::unexpected<Error> NotReady(const char* why) {
  return std::unexpected(Error{Code::kUnavailable, why, std::chrono::seconds(1)});
}

}  // namespace

void StorageLink::Connect(std::shared_ptr<query::QueryProvider> provider) {
  const std::scoped_lock lock(mutex_);
  provider_ = std::move(provider);
}

bool StorageLink::is_connected() const {
  const std::scoped_lock lock(mutex_);
  return provider_ != nullptr;
}

Result<std::shared_ptr<query::QueryService>> StorageLink::Lease() const {
  std::shared_ptr<query::QueryProvider> provider;
  {
    const std::scoped_lock lock(mutex_);
    provider = provider_;
  }
  std::shared_ptr<query::QueryService> service = provider ? provider->query() : nullptr;
  if (service == nullptr) return NotReady("the storage extension is not running");
  if (!provider->is_ready()) return NotReady("the log is being replayed, try again soon");
  return service;
}

Status StorageLink::CheckReady() const {
  TRY(Lease());
  return {};
}

Result<model::TraceData> StorageLink::FindTrace(const query::QueryContext& context,
                                                const TraceId& id) {
  ASSIGN_OR_RETURN(const auto lease, Lease());
  return lease->FindTrace(context, id);
}

Result<query::TraceList> StorageLink::FindTraces(const query::QueryContext& context,
                                                 std::span<const TraceId> ids) {
  ASSIGN_OR_RETURN(const auto lease, Lease());
  return lease->FindTraces(context, ids);
}

Result<query::SearchResult> StorageLink::Search(const query::QueryContext& context,
                                                const query::SearchRequest& request) {
  ASSIGN_OR_RETURN(const auto lease, Lease());
  return lease->Search(context, request);
}

Result<std::vector<std::string>> StorageLink::Services(const query::QueryContext& context) {
  ASSIGN_OR_RETURN(const auto lease, Lease());
  return lease->Services(context);
}

Result<std::vector<query::Operation>> StorageLink::Operations(const query::QueryContext& context,
                                                              const std::string& service) {
  ASSIGN_OR_RETURN(const auto lease, Lease());
  return lease->Operations(context, service);
}

Result<std::vector<query::DependencyLink>> StorageLink::Dependencies(
    const query::QueryContext& context, UnixNanos start_min, UnixNanos start_max) {
  ASSIGN_OR_RETURN(const auto lease, Lease());
  return lease->Dependencies(context, start_min, start_max);
}

}  // namespace clew::pipeline::extensions::clew_query
