#include "api/client/answer_json.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace clew::api::client {

Result<JsonDocument> ParseAnswer(std::string_view json) {
  auto document = JsonDocument::Parse(json);
  if (!document.has_value() || !document->root().is_object()) {
    return DataLoss("the server's answer is not a JSON object: {}", json.substr(0, 200));
  }
  return document;
}

std::string TextOf(const JsonValue& object, std::string_view name) {
  const auto value = MemberOf(object, name);
  return value ? api::TextOf(*value).value_or("") : "";
}

std::uint64_t NumberOf(const JsonValue& object, std::string_view name) {
  const auto value = MemberOf(object, name);
  std::uint64_t number = 0;
  if (!value || value->get(number) == simdjson::SUCCESS) {
    return number;
  }
  const std::string text = TextOf(object, name);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double DoubleOf(const JsonValue& object, std::string_view name) {
  const auto value = MemberOf(object, name);
  double number = 0;
  if (!value || value->get(number) == simdjson::SUCCESS) {
    return number;
  }
  const std::string text = TextOf(object, name);
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nan("");
}

}  // namespace clew::api::client
