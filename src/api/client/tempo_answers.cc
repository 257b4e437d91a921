#include "api/client/tempo_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/client/answer_json.h"
#include "base/excerpt.h"

namespace clew::api::client {
namespace {

std::string ValueText(const JsonValue& value);

std::string ListText(const JsonValue& list) {
  std::string text = "[";
  // An element that is none is shown as empty.
  static_cast<void>(ForEach(list, "values", [&text](const JsonValue& element) -> Status {
    text += (text.size() > 1 ? ", " : "") + ValueText(element);
    return {};
  }));
  return text + "]";
}

/// Of {"stringValue": …} and its like.
std::string ValueText(const JsonValue& value) {
  bool truth = false;
  if (const auto member = MemberOf(value, "boolValue")) {
    return member->get(truth) == simdjson::SUCCESS && truth ? "true" : "false";
  }
  if (const auto member = MemberOf(value, "intValue")) {
    std::int64_t number = 0;
    return member->get(number) == simdjson::SUCCESS ? std::to_string(number)
                                                    : TextOf(value, "intValue");
  }
  if (MemberOf(value, "doubleValue")) {
    return fmt::format("{}", DoubleOf(value, "doubleValue"));
  }
  if (const auto member = MemberOf(value, "arrayValue")) return ListText(*member);
  return TextOf(value, "stringValue");
}

Result<std::vector<Label>> LabelsOf(const JsonValue& object, std::string_view name) {
  std::vector<Label> labels;
  TRY(ForEach(object, name, [&labels](const JsonValue& label) -> Status {
    const auto value = MemberOf(label, "value");
    labels.push_back({.key = TextOf(label, "key"), .value = value ? ValueText(*value) : ""});
    return {};
  }));
  return labels;
}

Result<FoundSpan> SpanOf(const JsonValue& value) {
  FoundSpan span;
  span.span_id = TextOf(value, "spanID");
  span.name = TextOf(value, "name");
  span.duration = Nanos(static_cast<std::int64_t>(NumberOf(value, "durationNanos")));
  ASSIGN_OR_RETURN(span.attributes, LabelsOf(value, "attributes"));
  return span;
}

Result<FoundSet> SetOf(const JsonValue& value) {
  FoundSet set;
  set.span_count = NumberOf(value, "matched");
  ASSIGN_OR_RETURN(set.attributes, LabelsOf(value, "attributes"));
  TRY(ForEach(value, "spans", [&set](const JsonValue& each) -> Status {
    ASSIGN_OR_RETURN(FoundSpan span, SpanOf(each));
    set.spans.push_back(std::move(span));
    return {};
  }));
  return set;
}

Result<FoundTrace> TraceOf(const JsonValue& value) {
  FoundTrace trace;
  const std::string id = TextOf(value, "traceID");
  const auto trace_id = TraceId::FromHex(id);
  if (!trace_id.has_value()) {
    return DataLoss("the server's answer has a trace id \"{}\"", base::Excerpt(id));
  }
  trace.trace_id = *trace_id;
  trace.root_service = TextOf(value, "rootServiceName");
  trace.root_name = TextOf(value, "rootTraceName");
  trace.start = static_cast<UnixNanos>(NumberOf(value, "startTimeUnixNano"));
  // A number of 32 bits; more is no duration.
  constexpr std::uint64_t kMillisMax = ~std::uint32_t{0};
  trace.duration = std::chrono::milliseconds(std::min(NumberOf(value, "durationMs"), kMillisMax));
  TRY(ForEach(value, "spanSets", [&trace](const JsonValue& each) -> Status {
    ASSIGN_OR_RETURN(FoundSet set, SetOf(each));
    trace.sets.push_back(std::move(set));
    return {};
  }));
  return trace;
}

Result<Series> SeriesOf(const JsonValue& value, bool is_instant) {
  Series series;
  ASSIGN_OR_RETURN(series.labels, LabelsOf(value, "labels"));
  if (is_instant) series.samples = {{.value = DoubleOf(value, "value")}};
  TRY(ForEach(value, "samples", [&series](const JsonValue& sample) -> Status {
    const auto time = static_cast<std::int64_t>(NumberOf(sample, "timestampMs"));
    series.samples.push_back({.time_ms = time, .value = DoubleOf(sample, "value")});
    return {};
  }));
  std::ranges::sort(series.samples, {}, &Sample::time_ms);
  return series;
}

Result<SeriesAnswer> ReadSeries(std::string_view json, bool is_instant) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  SeriesAnswer answer;
  answer.message = TextOf(document.root(), "message");
  TRY(ForEach(document.root(), "series", [&answer, is_instant](const JsonValue& value) -> Status {
    ASSIGN_OR_RETURN(Series series, SeriesOf(value, is_instant));
    answer.series.push_back(std::move(series));
    return {};
  }));
  return answer;
}

}  // namespace

Result<std::vector<FoundTrace>> ParseFoundTraces(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  std::vector<FoundTrace> traces;
  TRY(ForEach(document.root(), "traces", [&traces](const JsonValue& value) -> Status {
    ASSIGN_OR_RETURN(FoundTrace trace, TraceOf(value));
    traces.push_back(std::move(trace));
    return {};
  }));
  return traces;
}

Result<SeriesAnswer> ParseSeries(std::string_view json) { return ReadSeries(json, false); }

Result<SeriesAnswer> ParseInstant(std::string_view json) { return ReadSeries(json, true); }

Result<std::vector<ListedTag>> ParseTags(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  std::vector<ListedTag> tags;
  TRY(ForEach(document.root(), "scopes", [&tags](const JsonValue& scope) {
    return ForEach(scope, "tags", [&](const JsonValue& tag) -> Status {
      std::string_view name;
      if (tag.get(name) != simdjson::SUCCESS) {
        return DataLoss("the server's answer has a tag that is no text");
      }
      tags.push_back({.scope = TextOf(scope, "name"), .name = std::string(name)});
      return {};
    });
  }));
  return tags;
}

Result<std::vector<ListedValue>> ParseTagValues(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseAnswer(json));
  std::vector<ListedValue> values;
  TRY(ForEach(document.root(), "tagValues", [&values](const JsonValue& value) -> Status {
    values.push_back({.type = TextOf(value, "type"), .value = TextOf(value, "value")});
    return {};
  }));
  return values;
}

}  // namespace clew::api::client
