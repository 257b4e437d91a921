#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/json_document.h"
#include "base/vocabulary.h"

/// Reads members of an answer, which are absent where they are zero or empty.
namespace clew::api::client {

/// DATA_LOSS when it is no JSON object.
Result<JsonDocument> ParseAnswer(std::string_view json);

/// Empty when it is absent, or no text.
std::string TextOf(const JsonValue& object, std::string_view name);

/// A number, or the decimal text that protobuf's JSON form writes for 64 bits; 0 when absent.
std::uint64_t NumberOf(const JsonValue& object, std::string_view name);

/// A number, or the text that protobuf's JSON form writes for one that is infinite or none; 0 when
/// absent.
double DoubleOf(const JsonValue& object, std::string_view name);

/// Calls `visit` for each member of the list `name`. An absent list is empty.
template <typename Visit>
Status ForEach(const JsonValue& object, std::string_view name, const Visit& visit) {
  const auto member = MemberOf(object, name);
  if (!member || member->is_null()) {
    return {};
  }
  simdjson::dom::array list;
  if (member->get(list) != simdjson::SUCCESS) {
    return DataLoss("the server's answer has no list \"{}\"", name);
  }
  for (const JsonValue element : list) {
    TRY(visit(element));
  }
  return {};
}

}  // namespace clew::api::client
