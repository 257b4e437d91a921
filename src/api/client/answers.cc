#include "api/client/answers.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>

#include "wire/otlp/decode.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"

namespace clew::api::client {
namespace {

using rapidjson::Value;

Result<rapidjson::Document> Parse(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return InvalidArgument("the server's answer is not a JSON object: {}", json.substr(0, 200));
  }
  return document;
}

/// The member `name`, or null.
const Value* Find(const Value& object, const char* name) {
  if (!object.IsObject()) {
    return nullptr;
  }
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::string TextOf(const Value& object, const char* name) {
  const Value* value = Find(object, name);
  return value != nullptr && value->IsString()
             ? std::string(value->GetString(), value->GetStringLength())
             : std::string();
}

/// A number, or the decimal text that protobuf's JSON form writes for 64 bits; 0 when absent.
std::uint64_t NumberOf(const Value& object, const char* name) {
  const Value* value = Find(object, name);
  if (value == nullptr) {
    return 0;
  }
  if (value->IsUint64()) {
    return value->GetUint64();
  }
  std::uint64_t number = 0;
  const std::string text = TextOf(object, name);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Calls `visit` for each member of the list `name`. An absent list is empty.
template <typename Visit>
Status ForEach(const Value& object, const char* name, const Visit& visit) {
  const Value* list = Find(object, name);
  if (list == nullptr || list->IsNull()) {
    return {};
  }
  if (!list->IsArray()) {
    return InvalidArgument("the server's answer has no list \"{}\"", name);
  }
  for (const Value& element : list->GetArray()) {
    TRY(visit(element));
  }
  return {};
}

model::SpanKind KindOf(std::string_view name) {
  for (const auto kind :
       {model::SpanKind::kInternal, model::SpanKind::kServer, model::SpanKind::kClient,
        model::SpanKind::kProducer, model::SpanKind::kConsumer}) {
    if (model::SpanKindName(kind) == name) {
      return kind;
    }
  }
  return model::SpanKind::kUnspecified;
}

Result<analysis::TraceSummary> SummaryOf(const Value& value) {
  analysis::TraceSummary summary;
  const std::string id = TextOf(value, "traceId");
  const auto trace_id = TraceId::FromHex(id);
  if (!trace_id.has_value()) {
    return InvalidArgument("the server's answer has a trace id \"{}\"", id);
  }
  summary.trace_id = *trace_id;
  summary.root_service = TextOf(value, "rootServiceName");
  summary.root_operation = TextOf(value, "rootOperationName");
  summary.start_min = static_cast<UnixNanos>(NumberOf(value, "minStartTimeUnixNano"));
  summary.end_max = static_cast<UnixNanos>(NumberOf(value, "maxEndTimeUnixNano"));
  summary.span_count = NumberOf(value, "spanCount");
  summary.error_span_count = NumberOf(value, "errorSpanCount");
  summary.orphan_span_count = NumberOf(value, "orphanSpanCount");
  TRY(ForEach(value, "services", [&summary](const Value& service) -> Status {
    summary.services.push_back({.name = TextOf(service, "name"),
                                .span_count = NumberOf(service, "spanCount"),
                                .error_span_count = NumberOf(service, "errorSpanCount")});
    return {};
  }));
  return summary;
}

}  // namespace

Result<std::string> ResultObject(std::string_view json) {
  ASSIGN_OR_RETURN(const rapidjson::Document document, Parse(json));
  const Value* result = Find(document, "result");
  if (result == nullptr || !result->IsObject()) {
    return InvalidArgument("the server's answer has no \"result\"");
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  result->Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

Result<model::TraceData> ParseTrace(std::string_view json) {
  ASSIGN_OR_RETURN(const std::string object, ResultObject(json));
  ASSIGN_OR_RETURN(std::string protobuf, wire::otlp::TracesFromJson(object));
  wire::otlp::DecodeCounts counts;
  ASSIGN_OR_RETURN(
      const model::SpanColumnsPtr columns,
      wire::otlp::DecodeRequest({Bytes(std::move(protobuf))}, wire::otlp::kNothingCut, counts));
  return wire::otlp::MaterializeSpans(*columns);
}

Result<std::vector<analysis::TraceSummary>> ParseSummaries(std::string_view json) {
  ASSIGN_OR_RETURN(const rapidjson::Document document, Parse(json));
  std::vector<analysis::TraceSummary> summaries;
  TRY(ForEach(document, "summaries", [&summaries](const Value& value) -> Status {
    ASSIGN_OR_RETURN(analysis::TraceSummary summary, SummaryOf(value));
    summaries.push_back(std::move(summary));
    return {};
  }));
  return summaries;
}

Result<std::vector<std::string>> ParseServices(std::string_view json) {
  ASSIGN_OR_RETURN(const rapidjson::Document document, Parse(json));
  std::vector<std::string> services;
  TRY(ForEach(document, "services", [&services](const Value& value) -> Status {
    if (!value.IsString()) {
      return InvalidArgument("the server's answer has a service that is no text");
    }
    services.emplace_back(value.GetString(), value.GetStringLength());
    return {};
  }));
  return services;
}

Result<std::vector<query::Operation>> ParseOperations(std::string_view json) {
  ASSIGN_OR_RETURN(const rapidjson::Document document, Parse(json));
  std::vector<query::Operation> operations;
  TRY(ForEach(document, "operations", [&operations](const Value& value) -> Status {
    operations.push_back(
        {.name = TextOf(value, "name"), .kind = KindOf(TextOf(value, "spanKind"))});
    return {};
  }));
  return operations;
}

std::string ParseErrorMessage(std::string_view json) {
  const auto document = Parse(json);
  if (!document.has_value()) {
    return {};
  }
  const Value* error = Find(*document, "error");
  return error == nullptr ? std::string() : TextOf(*error, "message");
}

std::string FirstLine(std::string_view body) {
  constexpr std::size_t kShownBytes = 200;
  return body.starts_with('<')
             ? std::string()
             : std::string(body.substr(0, std::min(body.find('\n'), kShownBytes)));
}

}  // namespace clew::api::client
