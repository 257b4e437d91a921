#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api::tempo {

enum class MediaType { kJson, kProtobuf, kLlm };

/// What `Accept` asks for: the first of protobuf, JSON and Grafana's LLM form that it names, else
/// JSON; quality values are ignored (tempo-api.md section 1.4).
MediaType AcceptedType(std::string_view accept);

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
