#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api::tempo {

/// 1 to 32 hex digits; INVALID_ARGUMENT in Tempo's words.
Result<TraceId> ParseTraceId(std::string_view text);

/// The parameter `name` in unix seconds; nothing when it is absent.
Result<std::optional<std::int64_t>> UnixSeconds(const net::HttpRequest& request,
                                                std::string_view name);
/// The moment, or the one nearest to it that nanoseconds can say.
UnixNanos NanosOfSeconds(std::int64_t seconds);
/// `start` and `end` are unix seconds, and in this order.
Status CheckTimes(const net::HttpRequest& request);

/// Checks the parameters of trace by id. `start`, `end`, `mode` and the block range say where a
/// trace is looked for; here everything is looked at, so they do not change the answer.
Status CheckTraceParams(const net::HttpRequest& request);

}  // namespace clew::api::tempo
