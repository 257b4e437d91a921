#include "api/json_document.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace clew::api {
namespace {

/// simdjson does not say where it stopped.
Error DescribeFault(std::string_view json, simdjson::error_code code) {
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::BaseReaderHandler<> nobody;
  const rapidjson::ParseResult result = rapidjson::Reader().Parse < rapidjson::kParseIterativeFlag |
                                        rapidjson::kParseValidateEncodingFlag > (stream, nobody);
  if (!result.IsError()) {
    return {Code::kInvalidArgument, std::string(simdjson::error_message(code))};
  }
  return {Code::kInvalidArgument, fmt::format("malformed json at byte {}: {}", result.Offset(),
                                              rapidjson::GetParseError_En(result.Code()))};
}

}  // namespace

Result<JsonDocument> JsonDocument::Parse(std::string_view json) {
  JsonDocument document;
  document.parser_ = std::make_unique<simdjson::dom::parser>();
  const simdjson::error_code code =
      document.parser_->parse(json.data(), json.size()).get(document.root_);
  if (code != simdjson::SUCCESS) {
    return std::unexpected(DescribeFault(json, code));
  }
  return document;
}

std::optional<JsonValue> MemberOf(const JsonValue& value, std::string_view name) {
  simdjson::dom::object object;
  JsonValue member;
  const bool is_there = value.get(object) == simdjson::SUCCESS &&
                        object.at_key(name).get(member) == simdjson::SUCCESS;
  return is_there ? std::optional(member) : std::nullopt;
}

std::size_t MemberCountOf(const JsonValue& value) {
  simdjson::dom::object object;
  return value.get(object) == simdjson::SUCCESS ? object.size() : 0;
}

std::optional<std::string> TextOf(const JsonValue& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? std::optional<std::string>(text) : std::nullopt;
}

}  // namespace clew::api
