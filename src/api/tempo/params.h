#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/vocabulary.h"
#include "net/http_server.h"

/// Parameters of requests, as several endpoints read them. An empty one is as one that is absent.
namespace clew::api::tempo {

/// Empty when it is absent.
std::string_view Param(const net::HttpRequest& request, std::string_view name);

/// A whole number from 0 on; nothing when it is absent.
Result<std::optional<std::uint64_t>> WholeNumber(const net::HttpRequest& request,
                                                 std::string_view name);

/// `since`, as Prometheus writes durations: `15m`, `1d`; more than 0. Nothing when it is absent.
Result<std::optional<Nanos>> Since(const net::HttpRequest& request);

}  // namespace clew::api::tempo
