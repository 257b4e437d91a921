#include "pipeline/extensions/clew_query/storage_link.h"

#include <chrono>

namespace clew::pipeline::extensions::clew_query {
namespace {

std::unexpected<Error> NotReady(const char* why) {
  return std::unexpected(Error{Code::kUnavailable, why, std::chrono::seconds(1)});
}

}  // namespace

Status StorageLink::CheckReady() const {
  const query::QueryProvider* provider = provider_;
  if (provider == nullptr) {
    return NotReady("the storage extension is not running yet");
  }
  if (!provider->is_ready()) {
    return NotReady("the log is being replayed, try again soon");
  }
  return {};
}

Result<model::TraceData> StorageLink::FindTrace(const TenantId& tenant, const TraceId& id,
                                                Deadline deadline) {
  TRY(CheckReady());
  return provider_.load()->query().FindTrace(tenant, id, deadline);
}

Result<query::SearchResult> StorageLink::Search(const TenantId& tenant,
                                                const query::SearchRequest& request,
                                                Deadline deadline) {
  TRY(CheckReady());
  return provider_.load()->query().Search(tenant, request, deadline);
}

Result<std::vector<std::string>> StorageLink::Services(const TenantId& tenant, Deadline deadline) {
  TRY(CheckReady());
  return provider_.load()->query().Services(tenant, deadline);
}

Result<std::vector<query::Operation>> StorageLink::Operations(const TenantId& tenant,
                                                              const std::string& service,
                                                              Deadline deadline) {
  TRY(CheckReady());
  return provider_.load()->query().Operations(tenant, service, deadline);
}

Result<std::vector<query::DependencyLink>> StorageLink::Dependencies(const TenantId& tenant,
                                                                     UnixNanos start_min,
                                                                     UnixNanos start_max,
                                                                     Deadline deadline) {
  TRY(CheckReady());
  return provider_.load()->query().Dependencies(tenant, start_min, start_max, deadline);
}

}  // namespace clew::pipeline::extensions::clew_query
