#include "api/tempo/search_endpoint.h"

#include <memory>
#include <string>
#include <utility>

#include "api/naming_param.h"
#include "api/tempo/search_json.h"
#include "api/tempo/search_params.h"
#include "api/tempo/trace_params.h"
#include "api/text_source.h"
#include "query/traceql_plan.h"
#include "traceql/naming.h"
#include "traceql/parse.h"

namespace clew::api::tempo {
namespace {

// Writes each trace as it comes, so that only its text stays.
class TraceListSink final : public query::Sink {
 public:
  explicit TraceListSink(const query::QueryContext& context) : context_(context) {}

  Status Take(query::Row row) override {
    const auto* const trace = std::get_if<query::MatchedTrace>(&row);
    if (trace == nullptr) return base::Internal("a plan gives rows of another type");
    const std::string text = TraceJson(*trace);
    TRY(context_.TakeMemory(text.size()));
    if (count > 0) json += ',';
    json += text;
    ++count;
    return {};
  }
  bool keeps_rows() const override { return false; }

  std::string json;
  std::size_t count = 0;

 private:
  const query::QueryContext& context_;
};

}  // namespace

Result<net::HttpResponse> ServeSearch(query::QueryService& query, const QueryCall& call,
                                      const net::HttpRequest& request, std::size_t limit_max) {
  if (AcceptedType(request.headers.Get("Accept")) != MediaType::kJson) {
    return base::InvalidArgument("only JSON is served here, accept application/json");
  }
  ASSIGN_OR_RETURN(const SearchParams params,
                   ParseSearchParams(request, limit_max, call.hold().clock->Now()));
  ASSIGN_OR_RETURN(traceql::Query parsed,
                   traceql::Parse(params.query ? *params.query : QueryOf(params)));
  ASSIGN_OR_RETURN(const bool finds_all_names, FindsAllNames(request));
  if (!finds_all_names) parsed.hints.push_back(traceql::AsAskedHint());
  ASSIGN_OR_RETURN(const query::Plan plan,
                   query::TraceQlPlan(parsed, {.limit = params.limit,
                                               .spans_per_set = params.spans_per_set,
                                               .start_min = params.start_min,
                                               .start_max = params.start_max}));
  query::QueryStats stats;
  query::QueryContext context = call.context();
  context.stats = &stats;
  TraceListSink sink(context);
  TRY(query.Run(plan, context, sink));
  net::HttpResponse response;
  response.content_type = "application/json";
  call.AddWarning(&response);
  std::string body = "{\"traces\":[" + std::move(sink.json) +
                     "],\"metrics\":" + SearchMetricsJson(stats, sink.count) + "}";
  auto whole = [memory = call.hold().memory, body = std::move(body)](std::string* out) {
    *out += body;
    return Result<bool>(false);
  };
  TRY(SetBody(std::move(whole), &response));
  return response;
}

}  // namespace clew::api::tempo
