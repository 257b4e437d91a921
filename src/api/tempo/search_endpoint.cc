#include "api/tempo/search_endpoint.h"

#include <string>
#include <utility>
#include <vector>

#include "api/naming_param.h"
#include "api/tempo/search_json.h"
#include "api/tempo/search_params.h"
#include "api/tempo/search_protobuf.h"
#include "query/traceql_plan.h"
#include "traceql/naming.h"
#include "traceql/parse.h"

namespace clew::api::tempo {
namespace {

// Writes each trace as it comes, so that only its text stays.
class TraceListSink : public query::Sink {
 public:
  explicit TraceListSink(const query::QueryContext& context) : context_(context) {}

  Status Take(query::Row row) final {
    const auto* const trace = std::get_if<query::MatchedTrace>(&row);
    if (trace == nullptr) return base::Internal("a plan gives rows of another type");
    const std::string text = Write(FoundTraceOf(*trace));
    TRY(context_.TakeMemory(text.size()));
    Add(text);
    ++count_;
    return {};
  }
  bool keeps_rows() const final { return false; }
  /// Once, when all traces were taken.
  virtual std::vector<std::string> Finish(const query::QueryStats& stats) = 0;

 protected:
  std::size_t count() const { return count_; }

 private:
  virtual std::string Write(const FoundTrace& trace) const = 0;
  virtual void Add(const std::string& text) = 0;

  const query::QueryContext& context_;
  std::size_t count_ = 0;
};

class JsonList final : public TraceListSink {
 public:
  using TraceListSink::TraceListSink;

  std::vector<std::string> Finish(const query::QueryStats& stats) override {
    return {std::move(json_) + "],\"metrics\":" + SearchMetricsJson(stats, count()) + "}"};
  }

 private:
  std::string Write(const FoundTrace& trace) const override { return TraceJson(trace); }
  void Add(const std::string& text) override {
    if (count() > 0) json_ += ',';
    json_ += text;
  }

  std::string json_ = "{\"traces\":[";
};

class ProtobufList final : public TraceListSink {
 public:
  ProtobufList(const query::QueryContext& context, const EarlyMessages& early)
      : TraceListSink(context), early_(early) {}

  std::vector<std::string> Finish(const query::QueryStats& stats) override {
    parts_.Add(SearchMetricsField(stats, count()));
    return std::move(parts_).Take();
  }

 private:
  std::string Write(const FoundTrace& trace) const override { return TraceField(trace); }
  void Add(const std::string& text) override {
    parts_.Add(text);
    if (!early_ || ++waiting_count_ < early_count_) return;
    early_count_ += std::exchange(waiting_count_, 0);
    parts_.Add(UnfinishedMetricsField(early_count_));
    for (std::string& part : std::exchange(parts_, {}).Take()) early_(std::move(part));
  }

  const EarlyMessages& early_;
  MessageParts parts_;
  std::size_t waiting_count_ = 0;
  std::size_t early_count_ = 0;
};

}  // namespace

Result<Written> ServeSearch(query::QueryService& query, const QueryCall& call,
                            const net::HttpRequest& request, std::size_t limit_max,
                            const EarlyMessages& early) {
  ASSIGN_OR_RETURN(const MediaType type, FormOf(request));
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
  JsonList as_json(context);
  ProtobufList as_protobuf(context, early);
  TraceListSink& sink =
      type == MediaType::kProtobuf ? static_cast<TraceListSink&>(as_protobuf) : as_json;
  TRY(query.Run(plan, context, sink));
  return WholeAnswer(call, type, sink.Finish(stats));
}

}  // namespace clew::api::tempo
