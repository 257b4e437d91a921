#include <simdjson.h>
#include <protozero/pbf_reader.hpp>

#include "wire/otlp/json.h"
#include "wire/otlp/json_transcode.h"

namespace clew::wire::otlp {
namespace {

namespace ondemand = simdjson::ondemand;

/// What an outermost member is called, and what that makes of the document.
struct Member {
  std::string_view name;
  JsonForm form;
  bool is_around = false;  // the traces are within it
};

constexpr Member kMembers[] = {
    {"resourceSpans", JsonForm::kOtlp},  {"resource_spans", JsonForm::kOtlp},
    {"batches", JsonForm::kAnswer},      {"trace", JsonForm::kAnswer, true},
    {"result", JsonForm::kAnswer, true}, {"data", JsonForm::kJaeger},
    {"traceID", JsonForm::kJaeger},      {"spans", JsonForm::kJaeger},
    {"processes", JsonForm::kJaeger},
};

/// The first member that is known.
Member FirstKnown(std::string_view json) {
  constexpr Member kUnreadable = {"", JsonForm::kOtlp};
  const simdjson::padded_string padded(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  if (first != json.npos && json[first] == '[') return {"", JsonForm::kUnknown};
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return kUnreadable;
  }
  bool is_empty = true;
  for (auto item : object) {
    ondemand::field field;
    if (std::move(item).get(field) != simdjson::SUCCESS) return kUnreadable;
    for (const Member& member : kMembers) {
      if (field.key() == member.name) return member;
    }
    is_empty = false;
  }
  // Nothing at all is a request without spans.
  return is_empty ? kUnreadable : Member{"", JsonForm::kUnknown};
}

}  // namespace

JsonForm FormOf(std::string_view json) { return FirstKnown(json).form; }

Status CheckJson(std::string_view json) {
  static constexpr MessageSchema kNothing{};
  TRY(MessageFromJson(kNothing, json, kJsonDepthMax));
  return {};
}

Result<std::string> TracesFromAnswerJson(std::string_view json) {
  if (!FirstKnown(json).is_around) {
    return MessageFromJson(kAnswerTracesSchema, json, kJsonDepthMax, JsonDialect::kProtobuf);
  }
  ASSIGN_OR_RETURN(
      const std::string answer,
      MessageFromJson(kTraceAnswerSchema, json, kJsonDepthMax, JsonDialect::kProtobuf));
  std::string traces;
  protozero::pbf_reader reader(answer);
  while (reader.next()) {
    const protozero::data_view view = reader.get_view();
    traces.append(view.data(), view.size());
  }
  return traces;
}

}  // namespace clew::wire::otlp
