#include "api/jaeger/params.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/json_document.h"
#include "base/base64.h"
#include "base/excerpt.h"

namespace clew::api::jaeger {

Result<std::int64_t> ParseInteger(std::string_view text, std::int64_t min, std::int64_t max) {
  const std::string_view digits =
      text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (code == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return base::InvalidArgument("\"{}\" is not an integer", base::Excerpt(text));
  }
  if (code != std::errc() || number < min || number > max) {
    return base::InvalidArgument("{} is out of range, use {} to {}", base::Excerpt(text), min, max);
  }
  return number;
}

Result<bool> ParseBool(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  static constexpr std::array<std::string_view, 6> kFalse = {"0",     "f",     "F",
                                                             "FALSE", "false", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) {
    return true;
  }
  if (std::ranges::find(kFalse, text) != kFalse.end()) {
    return false;
  }
  return base::InvalidArgument("\"{}\" is not a boolean, use true or false", base::Excerpt(text));
}

Result<std::map<std::string, std::string>> ParseTextMap(std::string_view json) {
  std::map<std::string, std::string> map;
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  if (document.root().is_null()) {
    return map;
  }
  simdjson::dom::object object;
  if (document.root().get(object) != simdjson::SUCCESS) {
    return base::InvalidArgument("expected an object of strings, like {{\"key\":\"value\"}}");
  }
  for (const auto& [key, value] : object) {
    auto text = TextOf(value);
    if (!text) {
      return base::InvalidArgument("the value of \"{}\" is not a string, put it in quotes",
                                   base::Excerpt(key));
    }
    map[std::string(key)] = *std::move(text);
  }
  return map;
}

Result<TraceId> ParseTraceIdHex(std::string_view text) {
  if (const auto id = TraceId::FromHex(text)) {
    return *id;
  }
  return base::InvalidArgument("\"{}\" is not a trace id of 1 to 32 hex digits",
                               base::Excerpt(text));
}

Result<TraceId> ParseTraceId(std::string_view text) {
  if (const auto id = TraceId::FromHex(text)) {
    return *id;
  }
  const auto bytes = text.size() <= 24 ? base::Base64Decode(text) : std::nullopt;
  if (!bytes || (bytes->size() != 8 && bytes->size() != 16)) {
    return base::InvalidArgument(
        "\"{}\" is not a trace id of 1 to 32 hex digits, nor base64 of 8 or 16 bytes",
        base::Excerpt(text));
  }
  TraceId id;
  std::ranges::copy(*bytes, id.bytes.end() - static_cast<std::ptrdiff_t>(bytes->size()));
  return id;
}

}  // namespace clew::api::jaeger
