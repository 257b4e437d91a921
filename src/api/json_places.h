#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "api/json_document.h"
#include "expr/text_range.h"

namespace clew::api {

/// Where the objects of `json`, which must be sound, stand in it, in the order in which they begin.
/// simdjson does not keep that.
std::vector<expr::TextRange> ObjectPlaces(std::string_view json);

/// How many of them are in `value`, itself included.
std::size_t ObjectCountOf(const JsonValue& value);

/// How many of them `value`, an object, has before its first member `name`, itself included.
std::size_t ObjectCountBefore(const JsonValue& value, std::string_view name);

}  // namespace clew::api
