#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace clew::api {

/// One endpoint of an API. docs/reference/http-endpoints.md is checked against these.
struct Endpoint {
  std::string_view method;
  /// Below the API's prefix; "{name}" stands for one segment that is not empty.
  std::string_view path;
  /// Query parameters it knows, by their canonical names; others are ignored.
  std::vector<std::string_view> parameters;
  /// What stands for its only "{name}" may hold '/': clients are known that leave it unescaped.
  bool may_hold_slash = false;
};

struct EndpointMatch {
  std::size_t index = 0;
  /// What stood for each "{name}", percent-encoding kept.
  std::vector<std::string_view> captures;
  /// False: the path exists, with another method.
  bool is_method_served = false;
};

/// Nothing when no endpoint has this path. HEAD counts as GET. `path` outlives the match.
std::optional<EndpointMatch> FindEndpoint(std::span<const Endpoint> endpoints,
                                          std::string_view method, std::string_view path);

/// An answer with what the self metrics need to know of it.
struct Answer {
  net::HttpResponse response;
  /// Endpoint::path, or "other".
  std::string_view route = "other";
  std::uint64_t trace_count = 0;
  std::uint64_t span_count = 0;
};

/// The path below `prefix` ("" or "/jaeger"), or nothing when it lies elsewhere.
std::optional<std::string_view> StripPrefix(std::string_view path, std::string_view prefix);

}  // namespace clew::api
