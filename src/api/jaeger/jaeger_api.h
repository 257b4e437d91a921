#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/endpoint.h"
#include "api/query_call.h"
#include "api/tenancy.h"
#include "base/vocabulary.h"
#include "query/query_service.h"

namespace clew::api::jaeger {

struct JaegerOptions {
  /// Put in front of every path: "" or like "/jaeger".
  std::string base_path = {};
  /// Zero: clocks are not corrected, the trace says by how much they would be.
  Nanos clock_skew_adjust_max{0};
  /// Spans of one trace that are shown; 0: all.
  std::uint64_t trace_span_count_max = 0;
  /// Traces in one answer.
  std::size_t limit_max = 10'000;
  QueryLimits limits = {};
  TenancyOptions tenancy = {};
};

/// Jaeger's HTTP query API, classic and v3, over a query service (jaeger.md sections 9 to 12).
/// Any thread; both references outlive it.
class JaegerApi {
 public:
  JaegerApi(query::QueryService& query, const Clock& clock, JaegerOptions options);

  /// Answers every path. Blocks as the query service does, unless IsImmediate.
  Answer Handle(const net::HttpRequest& request) const;
  /// True when the answer takes no query and next to no time: the page at "/", unknown paths.
  bool IsImmediate(const net::HttpRequest& request) const;

  static std::vector<Endpoint> Endpoints();

 private:
  query::QueryService& query_;
  const Clock& clock_;
  const JaegerOptions options_;
  const Bytes start_page_;
};

}  // namespace clew::api::jaeger
