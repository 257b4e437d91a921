#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/jaeger/jaeger_api.h"
#include "api/query_call.h"
#include "api/text_source.h"
#include "api/trace_pieces.h"

namespace clew::api::jaeger {

/// One request on its way through a handler.
struct Call {
  const net::HttpRequest& request;
  /// What stands in the path for "{…}", percent-encoding kept.
  std::span<const std::string_view> captures;
  const query::QueryContext& context;
  const QueryCall& query_call;
  UnixNanos now;
  const JaegerOptions& options;
  query::QueryService& query;
};

/// An entry of `errors` in the classic envelope.
struct EnvelopeError {
  int code = 0;  // left out when 0
  std::string message;
  std::string trace_id = {};  // left out when empty
};

struct Reply {
  /// Classic: what goes under `data`. v3: the whole body.
  std::string json = {};
  /// The same instead of `json`, when it may be large.
  TextSource source = {};
  std::uint64_t total = 0;
  std::vector<EnvelopeError> errors = {};
  std::uint64_t trace_count = 0;
  std::uint64_t span_count = 0;
};

/// INVALID_ARGUMENT, NOT_FOUND and what the query service says become the API's error forms.
using Handler = Result<Reply> (*)(const Call&);

Result<Reply> ClassicServices(const Call& call);
Result<Reply> ClassicServiceOperations(const Call& call);
Result<Reply> ClassicOperations(const Call& call);
Result<Reply> ClassicSearch(const Call& call);
Result<Reply> ClassicTrace(const Call& call);
Result<Reply> ClassicDependencies(const Call& call);
Result<Reply> ClassicArchive(const Call& call);
Result<Reply> ClassicTransform(const Call& call);
Result<Reply> ClassicMetrics(const Call& call);
Result<Reply> ClassicDeepDependencies(const Call& call);
Result<Reply> ClassicQualityMetrics(const Call& call);

Result<Reply> V3Services(const Call& call);
Result<Reply> V3Operations(const Call& call);
Result<Reply> V3Search(const Call& call);
Result<Reply> V3Trace(const Call& call);
Result<Reply> V3TraceSummaries(const Call& call);

/// Counts what will be shown of `traces` for the metrics.
void CountShown(const JaegerOptions& options, const std::vector<model::SpanColumnsPtr>& traces,
                Reply* reply);

/// The classic form of traces, each passed through `prepare`, if given, before it is written.
Reply TracesReply(const Call& call, std::vector<model::SpanColumnsPtr> traces,
                  TracePieces::Prepare prepare);

}  // namespace clew::api::jaeger
