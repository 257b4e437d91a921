#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/endpoint.h"
#include "api/query_call.h"
#include "api/tempo/answer_form.h"
#include "api/tenancy.h"
#include "base/vocabulary.h"
#include "query/query_service.h"

namespace clew::api::tempo {

struct TempoOptions {
  /// Put in front of every path below /api: "" or like "/tempo".
  std::string api_prefix;
  /// Most traces that a search may ask for.
  std::size_t limit_max = 10'000;
  QueryLimits limits = {};
  TenancyOptions tenancy;
  std::string version;
};

/// Tempo's trace by id, search, tags, metrics and status endpoints (tempo-api.md sections 2 to 7
/// and 10). Any thread; the query service outlives it.
class TempoApi {
 public:
  /// `readiness` says why the server is not ready yet; any thread.
  TempoApi(query::QueryService& query, TempoOptions options, std::function<Status()> readiness);

  /// Answers every path. Blocks as the query service does, unless IsImmediate.
  Answer Handle(const net::HttpRequest& request) const;
  /// True when the answer takes no query and next to no time: readiness, echo, status.
  bool IsImmediate(const net::HttpRequest& request) const;

  /// The messages of protobuf that answer a query of the endpoint with this path, `{tag}` and all,
  /// by the parameters and headers of `request`: for those who ask in another protocol. Of a search
  /// they are those that `early` has not taken. Blocks as the query service does.
  Result<TextSource> Messages(std::string_view endpoint, const std::string& tag,
                              const net::HttpRequest& request,
                              const EarlyMessages& early = {}) const;
  const Clock& clock() const { return *options_.limits.clock; }

  static std::vector<Endpoint> Endpoints();

 private:
  /// The path without the prefix; nothing when it lies elsewhere.
  std::optional<std::string_view> PathOf(const net::HttpRequest& request) const;
  net::HttpResponse Serve(const EndpointMatch& match, const net::HttpRequest& request,
                          Answer* answer) const;
  Result<net::HttpResponse> ServeTrace(const EndpointMatch& match, const net::HttpRequest& request,
                                       Answer* answer) const;
  Result<net::HttpResponse> ServeQuery(const EndpointMatch& match,
                                       const net::HttpRequest& request) const;
  net::HttpResponse NotFound(bool is_api) const;
  net::HttpResponse Ready() const;
  /// The pages below /status.
  net::HttpResponse Page(std::size_t route) const;

  query::QueryService& query_;
  const TempoOptions options_;
  const std::function<Status()> readiness_;
};

}  // namespace clew::api::tempo
