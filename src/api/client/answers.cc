#include "api/client/answers.h"

#include <algorithm>

#include "api/client/answer_json.h"
#include "base/excerpt.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"

namespace clew::api::client {
namespace {

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

Result<analysis::TraceSummary> SummaryOf(const JsonValue& value) {
  analysis::TraceSummary summary;
  const std::string id = TextOf(value, "traceId");
  const auto trace_id = TraceId::FromHex(id);
  if (!trace_id.has_value()) {
    return DataLoss("the server's answer has a trace id \"{}\"", base::Excerpt(id));
  }
  summary.trace_id = *trace_id;
  summary.root_service = TextOf(value, "rootServiceName");
  summary.root_operation = TextOf(value, "rootOperationName");
  summary.start_min = static_cast<UnixNanos>(NumberOf(value, "minStartTimeUnixNano"));
  summary.end_max = static_cast<UnixNanos>(NumberOf(value, "maxEndTimeUnixNano"));
  summary.span_count = NumberOf(value, "spanCount");
  summary.error_span_count = NumberOf(value, "errorSpanCount");
  summary.orphan_span_count = NumberOf(value, "orphanSpanCount");
  TRY(ForEach(value, "services", [&summary](const JsonValue& service) -> Status {
    summary.services.push_back({.name = TextOf(service, "name"),
                                .span_count = NumberOf(service, "spanCount"),
                                .error_span_count = NumberOf(service, "errorSpanCount")});
    return {};
  }));
  return summary;
}

}  // namespace

bool MendCutTrace(std::string* json) {
  // Outside of texts, depth 4 is an element: of the list, in the result, in the answer.
  constexpr std::size_t kElementDepth = 4;
  std::size_t depth = 0;
  std::size_t whole = 0;
  bool is_in_text = false;
  for (std::size_t i = 0; i < json->size(); ++i) {
    const char c = (*json)[i];
    if (is_in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_in_text = !is_in_text;
    } else if (!is_in_text && (c == '{' || c == '[')) {
      ++depth;
    } else if (!is_in_text && (c == '}' || c == ']') && depth-- == kElementDepth) {
      whole = i + 1;
    }
  }
  if (whole == 0) return false;
  json->resize(whole);
  json->append("]}}");
  return true;
}

Result<std::string> ResultObject(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  const auto result = MemberOf(document.root(), "result");
  if (!result || !result->is_object()) {
    return DataLoss("the server's answer has no \"result\"");
  }
  return simdjson::minify(*result);
}

Result<model::TraceData> ParseTrace(std::string_view json) {
  ASSIGN_OR_RETURN(const std::string object, ResultObject(json));
  auto protobuf = wire::otlp::TracesFromJson(object);
  if (!protobuf.has_value()) {
    return DataLoss("the server's answer is not a trace: {}", protobuf.error().message);
  }
  wire::otlp::DecodeCounts counts;
  ASSIGN_OR_RETURN(
      const model::SpanColumnsPtr columns,
      wire::otlp::DecodeRequest({Bytes(*std::move(protobuf))}, wire::otlp::kNothingCut, counts));
  return wire::otlp::MaterializeSpans(*columns);
}

Result<std::vector<analysis::TraceSummary>> ParseSummaries(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  std::vector<analysis::TraceSummary> summaries;
  TRY(ForEach(document.root(), "summaries", [&summaries](const JsonValue& value) -> Status {
    ASSIGN_OR_RETURN(analysis::TraceSummary summary, SummaryOf(value));
    summaries.push_back(std::move(summary));
    return {};
  }));
  return summaries;
}

Result<std::vector<std::string>> ParseServices(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  std::vector<std::string> services;
  TRY(ForEach(document.root(), "services", [&services](const JsonValue& value) -> Status {
    auto name = api::TextOf(value);
    if (!name) {
      return DataLoss("the server's answer has a service that is no text");
    }
    services.push_back(*std::move(name));
    return {};
  }));
  return services;
}

Result<std::vector<query::Operation>> ParseOperations(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  std::vector<query::Operation> operations;
  TRY(ForEach(document.root(), "operations", [&operations](const JsonValue& value) -> Status {
    operations.push_back(
        {.name = TextOf(value, "name"), .kind = KindOf(TextOf(value, "spanKind"))});
    return {};
  }));
  return operations;
}

std::string ParseErrorMessage(std::string_view json) {
  const auto document = ParseAnswer(json);
  if (!document.has_value()) {
    return {};
  }
  const auto error = MemberOf(document->root(), "error");
  return error ? TextOf(*error, "message") : std::string();
}

std::string WarningText(std::string_view header) {
  const std::size_t begin = header.find('"');
  if (begin == std::string_view::npos) return std::string(header);
  std::string text;
  for (std::size_t i = begin + 1; i < header.size() && header[i] != '"'; ++i) {
    if (header[i] == '\\' && i + 1 < header.size()) ++i;
    text += header[i];
  }
  return text;
}

std::string FirstLine(std::string_view body) {
  constexpr std::size_t kShownBytes = 200;
  return body.starts_with('<')
             ? std::string()
             : std::string(body.substr(0, std::min(body.find('\n'), kShownBytes)));
}

}  // namespace clew::api::client
