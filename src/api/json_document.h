#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::api {

/// Lives as long as its document.
using JsonValue = simdjson::dom::element;

/// JSON that was read, and the memory of its values.
class JsonDocument {
 public:
  /// INVALID_ARGUMENT says what is wrong at which offset.
  static Result<JsonDocument> Parse(std::string_view json);
  JsonValue root() const { return root_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
  JsonValue root_;
};

/// The first member `name`; nothing when it is absent, or `value` no object.
std::optional<JsonValue> MemberOf(const JsonValue& value, std::string_view name);
/// How many members an object has; 0 for anything else.
std::size_t MemberCountOf(const JsonValue& value);
/// Nothing when `value` is no string.
std::optional<std::string> TextOf(const JsonValue& value);

}  // namespace clew::api
