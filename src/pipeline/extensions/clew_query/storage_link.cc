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

Result<model::TraceData> StorageLink::FindTrace(const query::QueryContext& context,
                                                const TraceId& id) {
  TRY(CheckReady());
  return provider_.load()->query().FindTrace(context, id);
}

Result<query::SearchResult> StorageLink::Search(const query::QueryContext& context,
                                                const query::SearchRequest& request) {
  TRY(CheckReady());
  return provider_.load()->query().Search(context, request);
}

Result<std::vector<std::string>> StorageLink::Services(const query::QueryContext& context) {
  TRY(CheckReady());
  return provider_.load()->query().Services(context);
}

Result<std::vector<query::Operation>> StorageLink::Operations(const query::QueryContext& context,
                                                              const std::string& service) {
  TRY(CheckReady());
  return provider_.load()->query().Operations(context, service);
}

Result<std::vector<query::DependencyLink>> StorageLink::Dependencies(
    const query::QueryContext& context, UnixNanos start_min, UnixNanos start_max) {
  TRY(CheckReady());
  return provider_.load()->query().Dependencies(context, start_min, start_max);
}

}  // namespace clew::pipeline::extensions::clew_query
