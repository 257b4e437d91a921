#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/trace_summary.h"
#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "net/http_client.h"
#include "query/query_context.h"
#include "query/query_service.h"
#include "query/search_terms.h"

namespace clew::api::client {

struct QueryClientOptions {
  /// Base address of the query API, e.g. "http://localhost:16686".
  std::string server;
  /// Sent as X-Scope-OrgID when it is not empty.
  std::string tenant;
  Nanos timeout{std::chrono::seconds(60)};
};

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
  static Result<std::unique_ptr<QueryClient>> Create(const QueryClientOptions& options);

  /// The first spans of a trace whose answer is larger than 64 MiB; see left_out().
  Result<model::TraceData> FindTrace(const TraceId& id);
  Result<std::vector<analysis::TraceSummary>> Search(const SearchCall& call);
  Result<std::vector<std::string>> Services();
  Result<std::vector<query::Operation>> Operations(const std::string& service);

  /// What the server says of a question instead of answering it: `mode` is "plan" or "run".
  Result<std::string> ExplainTrace(const TraceId& id, const std::string& mode);
  Result<std::string> ExplainSearch(const SearchCall& call, const std::string& mode);
  Result<std::string> ExplainServices(const std::string& mode);

  /// What is not in the answers so far although it should be, in words, each once; see
  /// query::LeftOut::Texts. Empty when they are complete.
  std::vector<std::string> left_out() const { return left_out_.Texts(); }

 private:
  QueryClient(std::string server, std::unique_ptr<net::HttpClient> http)
      : server_(std::move(server)), http_(std::move(http)) {}
  Result<std::string> Get(const std::string& path_and_query);
  /// Keeps what an answer lacks; nothing when that is empty.
  void Note(std::string left_out);

  const std::string server_;
  const std::unique_ptr<net::HttpClient> http_;
  query::LeftOut left_out_;
};

/// The path and query of the call, e.g. "/api/v3/trace-summaries?query.serviceName=shop".
std::string SearchPath(const SearchCall& call);

}  // namespace clew::api::client
