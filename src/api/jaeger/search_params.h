#pragma once

#include <vector>

#include "base/vocabulary.h"
#include "net/http_server.h"
#include "query/query_service.h"

namespace clew::api::jaeger {

struct TraceQuery {
  query::SearchRequest search;
  /// Classic API only: when not empty, these traces are wanted and `search` says nothing.
  std::vector<TraceId> trace_ids;
  bool is_raw = false;
};

struct SearchDefaults {
  UnixNanos now = 0;
  /// Most traces that one answer may hold.
  std::size_t limit_max = 0;
};

/// The parameters of GET /api/traces (jaeger.md section 9). INVALID_ARGUMENT in Jaeger's words.
Result<TraceQuery> ParseClassicSearch(const net::HttpRequest& request,
                                      const SearchDefaults& defaults);

/// The parameters of GET /api/v3/traces and trace-summaries (jaeger.md section 12).
Result<TraceQuery> ParseV3Search(const net::HttpRequest& request, const SearchDefaults& defaults);

/// The first value of a parameter by its canonical camelCase name or its snake_case alias; empty
/// when absent.
std::string_view V3Param(const net::HttpRequest& request, std::string_view name);

/// A boolean parameter; false when absent.
Result<bool> ClassicBoolParam(const net::HttpRequest& request, std::string_view name);
Result<bool> V3BoolParam(const net::HttpRequest& request, std::string_view name);

/// Checks the time hints of trace look-ups; they do not change the answer.
Status CheckClassicTimeHints(const net::HttpRequest& request);
Status CheckV3TimeHints(const net::HttpRequest& request);

}  // namespace clew::api::jaeger
