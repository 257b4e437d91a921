#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/trace_summary.h"
#include "api/client/http_api.h"
#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "query/query_service.h"
#include "query/search_terms.h"

namespace clew::api::client {

/// What to search for.
struct SearchCall {
  query::SearchTerms terms{};
  /// Both inclusive, on the start of the span.
  UnixNanos start_min = 0;
  UnixNanos start_max = 0;
  std::size_t limit = 20;
};

/// Asks a running server over Jaeger's HTTP API, version 3. Blocking; one thread. Errors:
/// UNAVAILABLE when nothing answers at the address, FAILED_PRECONDITION when what answers has no
/// query API, UNAUTHENTICATED when it wants a tenant, NOT_FOUND, else what the server says.
class QueryClient {
 public:
  static Result<std::unique_ptr<QueryClient>> Create(const HttpApiOptions& options);

  /// The first spans of a trace whose answer is larger than 64 MiB; see left_out().
  Result<model::TraceData> FindTrace(const TraceId& id);
  Result<std::vector<analysis::TraceSummary>> Search(const SearchCall& call);
  Result<std::vector<std::string>> Services();
  Result<std::vector<query::Operation>> Operations(const std::string& service);

  /// What the server says of a question instead of answering it: `mode` is "plan" or "run".
  Result<std::string> ExplainTrace(const TraceId& id, const std::string& mode);
  Result<std::string> ExplainSearch(const SearchCall& call, const std::string& mode);
  Result<std::string> ExplainServices(const std::string& mode);

  /// What the answers so far lack; see HttpApi.
  std::vector<std::string> left_out() const { return api_->left_out(); }

 private:
  explicit QueryClient(std::unique_ptr<HttpApi> api) : api_(std::move(api)) {}
  Result<std::string> Get(const std::string& path_and_query);

  const std::unique_ptr<HttpApi> api_;
};

/// The path and query of the call, e.g. "/api/v3/trace-summaries?query.serviceName=shop".
std::string SearchPath(const SearchCall& call);

}  // namespace clew::api::client
