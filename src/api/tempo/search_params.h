#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api::tempo {

/// What `/api/search` asks for (tempo-api.md section 4).
struct SearchParams {
  /// TraceQL. Absent: `tags` and durations say it.
  std::optional<std::string> query{};
  using Tags = std::vector<std::pair<std::string, std::string>>;
  /// In their order; each key once.
  Tags tags{};
  /// Of the trace.
  std::optional<Nanos> duration_min{};
  std::optional<Nanos> duration_max{};
  /// Of traces, at least 1.
  std::size_t limit = 20;
  /// Of the spans of a set that are shown, at least 1.
  std::size_t spans_per_set = 3;
  /// Both inclusive. Absent: all times.
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
};

/// INVALID_ARGUMENT in Tempo's words. `now` is what `since` goes back from.
Result<SearchParams> ParseSearchParams(const net::HttpRequest& request, std::size_t limit_max,
                                       UnixNanos now);

/// A search without TraceQL as TraceQL: a value that reads as a number or a truth finds that, too,
/// and of name and a few attributes a part is enough.
std::string QueryOf(const SearchParams& params);

}  // namespace clew::api::tempo
