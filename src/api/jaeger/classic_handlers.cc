#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "api/jaeger/handlers.h"
#include "api/jaeger/list_source.h"
#include "api/jaeger/params.h"
#include "api/jaeger/search_params.h"
#include "api/jaeger/show_trace.h"
#include "api/jaeger/trace_json.h"
#include "api/jaeger/transform.h"
#include "query/collect.h"

namespace clew::api::jaeger {
namespace {

constexpr std::int64_t kMillisecondsMax = std::numeric_limits<std::int64_t>::max() / 1'000'000;
constexpr std::int64_t kDayMilliseconds = 86'400'000;

/// Collects what goes under `data`, when it is small.
class DataWriter {
 public:
  DataWriter() : json_(buffer_) { json_.StartArray(); }
  JsonWriter& json() { return json_; }

  Reply Finish() {
    json_.EndArray();
    reply_.json = TakeJson(buffer_);
    return std::move(reply_);
  }
  Reply& reply() { return reply_; }

 private:
  rapidjson::StringBuffer buffer_;
  JsonWriter json_;
  Reply reply_;
};

/// A list of traces, a few spans at a time.
class TraceListWriter {
 public:
  /// `memory` is that of the pieces.
  TraceListWriter(TracePieces pieces, const std::shared_ptr<query::AnswerMemory>& memory)
      : pieces_(std::move(pieces)), memory_(memory), json_(buffer_) {
    json_.StartArray();
  }
  Result<bool> Next(std::string* out) {
    ASSIGN_OR_RETURN(const std::optional<TracePieces::Part> part, pieces_.Next());
    if (!part) {
      json_.EndArray();
    } else {
      if (!trace_) trace_.emplace(json_);
      trace_->Add(part->spans, part->warnings);
      TRY(CountKept());
      if (part->is_last) {
        trace_->Finish();
        trace_.reset();
        // The text of it is on its way, as that of pieces is.
        memory_->GiveBack(std::exchange(kept_bytes_, 0));
      }
    }
    out->append(buffer_.GetString(), buffer_.GetSize());
    buffer_.Clear();
    return part.has_value();
  }

 private:
  // Kept, written, and cut into what is sent. Little is not counted, as with pieces.
  Status CountKept() {
    constexpr std::uint64_t kLittle = 64u << 10;
    const std::uint64_t bytes = 4 * trace_->kept_bytes();
    if (bytes < kept_bytes_ + kLittle) return {};
    if (!memory_->TryTake(bytes - kept_bytes_)) return std::unexpected(NoMemoryError());
    kept_bytes_ = bytes;
    return {};
  }

  TracePieces pieces_;
  const std::shared_ptr<query::AnswerMemory> memory_;
  std::uint64_t kept_bytes_ = 0;
  rapidjson::StringBuffer buffer_;
  JsonWriter json_;
  std::optional<TraceJsonWriter> trace_;  // that is being written
};

Reply TextList(const Call& call, std::vector<std::string> texts) {
  Reply reply;
  reply.total = texts.size();
  reply.source = ListSource<std::string>(
      call.query_call.hold().memory, std::move(texts),
      [](JsonWriter& json, const std::string& text) { WriteText(json, text); });
  return reply;
}

std::string_view Param(const Call& call, std::string_view name) {
  return call.request.Param(name).value_or(std::string_view());
}

Result<std::int64_t> Milliseconds(const Call& call, std::string_view name,
                                  std::int64_t default_value) {
  const std::string_view text = Param(call, name);
  if (text.empty()) {
    return default_value;
  }
  auto number = ParseInteger(text, 0, kMillisecondsMax);
  if (!number) {
    return base::InvalidArgument("unable to parse param '{}': {}", name, number.error().message);
  }
  return number;
}

Result<TraceId> TraceIdOf(const Call& call) {
  auto id = ParseTraceId(net::PercentDecode(call.captures[0], false));
  if (!id) {
    return base::InvalidArgument("unable to parse param 'traceID': {}", id.error().message);
  }
  return id;
}

TracePieces::Prepare Preparation(const Call& call, bool is_raw) {
  if (is_raw && call.options.trace_span_count_max == 0) return nullptr;
  return [options = call.options, is_raw](analysis::ShownTrace* trace) {
    PrepareTrace(options, is_raw, trace);
  };
}

Result<Reply> FindTraces(const Call& call, const TraceQuery& query) {
  ASSIGN_OR_RETURN(
      query::TraceList found,
      query::CollectTraces(call.query, query::TracesPlan(query.trace_ids), call.context));
  Reply reply = TracesReply(call, std::move(found.traces), Preparation(call, query.is_raw));
  for (const TraceId& id : found.absent) {
    reply.errors.push_back({.message = "trace not found", .trace_id = TraceIdText(id)});
  }
  return reply;
}

}  // namespace

void CountShown(const JaegerOptions& options, const std::vector<model::SpanColumnsPtr>& traces,
                Reply* reply) {
  const std::uint64_t count_max = options.trace_span_count_max;
  reply->trace_count = traces.size();
  for (const model::SpanColumnsPtr& trace : traces) {
    const std::uint64_t count = trace->span_count();
    reply->span_count += count_max == 0 ? count : std::min(count, count_max);
  }
}

Reply TracesReply(const Call& call, std::vector<model::SpanColumnsPtr> traces,
                  TracePieces::Prepare prepare) {
  Reply reply;
  CountShown(call.options, traces, &reply);
  const AnswerHold hold = call.query_call.hold();
  auto writer = std::make_shared<TraceListWriter>(
      TracePieces(std::move(traces), std::move(prepare), hold, TakeStoredWarnings), hold.memory);
  reply.source = [writer = std::move(writer)](std::string* out) { return writer->Next(out); };
  return reply;
}

Result<Reply> ClassicServices(const Call& call) {
  ASSIGN_OR_RETURN(auto services,
                   query::Collect<std::string>(call.query, query::ServicesPlan(), call.context));
  return TextList(call, std::move(services));
}

Result<Reply> ClassicServiceOperations(const Call& call) {
  const std::string service = net::PercentDecode(call.captures[0], true);
  ASSIGN_OR_RETURN(auto operations, query::Collect<query::Operation>(
                                        call.query, query::OperationsPlan(service), call.context));
  // In order of name, then kind.
  std::vector<std::string> names;
  for (query::Operation& operation : operations) {
    if (names.empty() || names.back() != operation.name) names.push_back(std::move(operation.name));
  }
  return TextList(call, std::move(names));
}

Result<Reply> ClassicOperations(const Call& call) {
  const std::string service(Param(call, "service"));
  if (service.empty()) {
    return base::InvalidArgument("parameter 'service' is required");
  }
  const std::string_view wanted_kind = Param(call, "spanKind");
  ASSIGN_OR_RETURN(auto operations, query::Collect<query::Operation>(
                                        call.query, query::OperationsPlan(service), call.context));
  std::erase_if(operations, [wanted_kind](const query::Operation& operation) {
    return !wanted_kind.empty() && model::SpanKindName(operation.kind) != wanted_kind;
  });
  Reply reply;
  reply.total = operations.size();
  reply.source = ListSource<query::Operation>(
      call.query_call.hold().memory, std::move(operations),
      [](JsonWriter& json, const query::Operation& operation) {
        json.StartObject();
        WriteMember(json, "name", operation.name);
        WriteMember(json, "spanKind", model::SpanKindName(operation.kind));
        json.EndObject();
      });
  return reply;
}

Result<Reply> ClassicSearch(const Call& call) {
  ASSIGN_OR_RETURN(
      const TraceQuery query,
      ParseClassicSearch(call.request, {.now = call.now, .limit_max = call.options.limit_max}));
  if (!query.trace_ids.empty()) {
    return FindTraces(call, query);
  }
  ASSIGN_OR_RETURN(auto traces, query::Collect<model::SpanColumnsPtr>(
                                    call.query, query::SearchPlan(query.search), call.context));
  return TracesReply(call, std::move(traces), Preparation(call, query.is_raw));
}

Result<Reply> ClassicTrace(const Call& call) {
  ASSIGN_OR_RETURN(const TraceId id, TraceIdOf(call));
  TRY(CheckClassicTimeHints(call.request));
  ASSIGN_OR_RETURN(const bool is_raw, ClassicBoolParam(call.request, "raw"));
  ASSIGN_OR_RETURN(query::TraceList found,
                   query::CollectTraces(call.query, query::TracePlan(id), call.context));
  if (found.traces.empty()) return base::NotFound("trace not found");
  return TracesReply(call, std::move(found.traces), Preparation(call, is_raw));
}

Result<Reply> ClassicDependencies(const Call& call) {
  ASSIGN_OR_RETURN(const std::int64_t end, Milliseconds(call, "endTs", call.now / 1'000'000));
  ASSIGN_OR_RETURN(const std::int64_t lookback, Milliseconds(call, "lookback", kDayMilliseconds));
  const std::string_view service = Param(call, "service");
  ASSIGN_OR_RETURN(
      const auto links,
      query::Collect<query::DependencyLink>(
          call.query, query::DependenciesPlan((end - lookback) * 1'000'000, end * 1'000'000),
          call.context));
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> counts;
  for (const query::DependencyLink& link : links) {
    if (service.empty() || link.parent == service || link.child == service) {
      counts[{link.parent, link.child}] += link.call_count;
    }
  }
  DataWriter data;
  for (const auto& [pair, count] : counts) {
    data.json().StartObject();
    WriteMember(data.json(), "parent", pair.first);
    WriteMember(data.json(), "child", pair.second);
    WriteMember(data.json(), "callCount", count);
    data.json().EndObject();
  }
  return data.Finish();
}

Result<Reply> ClassicArchive(const Call& call) {
  TRY(TraceIdOf(call));
  TRY(CheckClassicTimeHints(call.request));
  return base::Internal("archive span storage was not configured");
}

Result<Reply> ClassicMetrics(const Call&) {
  // Jaeger's own words when it has no storage for metrics.
  return base::MakeError(Code::kUnimplemented, "metrics querying is currently disabled");
}

// The next two are demonstrations in Jaeger, too, for pages of its UI: here they are empty.
Result<Reply> ClassicDeepDependencies(const Call&) {
  return Reply{.json = R"({"dependencies":[]})"};
}

Result<Reply> ClassicQualityMetrics(const Call&) {
  return Reply{.json = R"({"traceQualityDocumentationLink":"",)"
                       R"("bannerText":{"value":"Trace quality is not computed here.",)"
                       R"("styling":{}},"scores":[],"metrics":[],"clients":[]})"};
}

Result<Reply> ClassicTransform(const Call& call) {
  ASSIGN_OR_RETURN(TransformedTraces transformed,
                   TransformOtlpJson(call.context, call.request.body));
  Reply reply = TracesReply(call, std::move(transformed.traces), nullptr);
  if (transformed.rejected_span_count > 0) {
    reply.errors.push_back(
        {.message = fmt::format("{} spans are left out: their trace id or span id is not valid",
                                transformed.rejected_span_count)});
  }
  return reply;
}

}  // namespace clew::api::jaeger
