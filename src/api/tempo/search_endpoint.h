#pragma once

#include <cstddef>

#include "api/query_call.h"
#include "api/tempo/answer_form.h"
#include "net/http_server.h"
#include "query/query_service.h"

namespace clew::api::tempo {

/// `/api/search`: the newest traces of which a TraceQL query keeps spans, or that have some tags
/// (tempo-api.md section 4). At most `limit_max` may be asked for. In protobuf what is found goes
/// to `early`, when there is one: each time as much as before, so that there are few messages. The
/// answer is the rest then.
Result<Written> ServeSearch(query::QueryService& query, const QueryCall& call,
                            const net::HttpRequest& request, std::size_t limit_max,
                            const EarlyMessages& early = {});

}  // namespace clew::api::tempo
