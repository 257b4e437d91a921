#include <limits>
#include <map>
#include <utility>

#include "api/jaeger/handlers.h"
#include "api/jaeger/list_source.h"
#include "api/jaeger/param_values.h"
#include "api/jaeger/params.h"
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

Reply TextList(const Call& call, std::vector<std::string> texts) {
  Reply reply;
  reply.total = texts.size();
  reply.source = ListSource<std::string>(
      call.query_call.hold().memory, std::move(texts),
      [](JsonWriter& json, const std::string& text) { WriteText(json, text); });
  return reply;
}

Result<std::int64_t> Milliseconds(const Call& call, std::string_view name,
                                  std::int64_t default_value) {
  const std::string_view text = Param(call.request, name);
  if (text.empty()) {
    return default_value;
  }
  auto number = ParseInteger(text, 0, kMillisecondsMax);
  if (!number) {
    return base::InvalidArgument("unable to parse param '{}': {}", name, number.error().message);
  }
  return number;
}

}  // namespace

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
  const std::string service(Param(call.request, "service"));
  if (service.empty()) {
    return base::InvalidArgument("parameter 'service' is required");
  }
  const std::string_view wanted_kind = Param(call.request, "spanKind");
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

Result<Reply> ClassicDependencies(const Call& call) {
  ASSIGN_OR_RETURN(const std::int64_t end, Milliseconds(call, "endTs", call.now / 1'000'000));
  ASSIGN_OR_RETURN(const std::int64_t lookback, Milliseconds(call, "lookback", kDayMilliseconds));
  const std::string_view service = Param(call.request, "service");
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

}  // namespace clew::api::jaeger
