#pragma once

#include <cstddef>

#include "api/query_call.h"
#include "net/http_server.h"
#include "query/query_service.h"

namespace clew::api::tempo {

/// `/api/search`: the newest traces of which a TraceQL query keeps spans, or that have some tags
/// (tempo-api.md section 4). At most `limit_max` may be asked for.
Result<net::HttpResponse> ServeSearch(query::QueryService& query, const QueryCall& call,
                                      const net::HttpRequest& request, std::size_t limit_max);

}  // namespace clew::api::tempo
