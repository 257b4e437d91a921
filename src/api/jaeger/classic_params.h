#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/jaeger/search_params.h"
#include "query/search_terms.h"

/// Parameters of the classic API as values. INVALID_ARGUMENT in Jaeger's words.
namespace clew::api::jaeger {

/// What it says of a parameter that cannot be read.
std::unexpected<Error> Unparsable(std::string_view name, const Error& error);

/// Microseconds since 1970, as nanoseconds; nothing when absent.
Result<std::optional<UnixNanos>> ParseMicroseconds(const net::HttpRequest& request,
                                                   std::string_view name);
/// Of `tag` and `tags`; the last of a key counts.
Result<std::vector<query::Tag>> ParseClassicTags(const net::HttpRequest& request);
/// Of `traceID`: no more than one answer may hold.
Result<std::vector<TraceId>> ParseTraceIds(const net::HttpRequest& request,
                                           const SearchDefaults& defaults);

}  // namespace clew::api::jaeger
