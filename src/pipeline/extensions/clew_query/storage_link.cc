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

Status StorageLink::Run(const query::Plan& plan, const query::QueryContext& context,
                        query::Sink& sink) {
  ASSIGN_OR_RETURN(const auto lease, Lease());
  return lease->Run(plan, context, sink);
}

}  // namespace clew::pipeline::extensions::clew_query
