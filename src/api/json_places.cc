#include "api/json_places.h"

#include <cstdint>

namespace clew::api {

std::vector<expr::TextRange> ObjectPlaces(std::string_view json) {
  std::vector<expr::TextRange> places;
  std::vector<std::size_t> open;
  bool is_in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (is_in_text) {
      if (c == '\\') ++i;
      is_in_text = c != '"';
    } else if (c == '"') {
      is_in_text = true;
    } else if (c == '{') {
      open.push_back(places.size());
      places.push_back({.begin = static_cast<std::uint32_t>(i)});
    } else if (c == '}' && !open.empty()) {
      places[open.back()].end = static_cast<std::uint32_t>(i + 1);
      open.pop_back();
    }
  }
  return places;
}

std::size_t ObjectCountOf(const JsonValue& value) {
  std::size_t count = 0;
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (value.get(object) == simdjson::SUCCESS) {
    ++count;
    for (const auto& member : object) count += ObjectCountOf(member.value);
  } else if (value.get(array) == simdjson::SUCCESS) {
    for (const JsonValue element : array) count += ObjectCountOf(element);
  }
  return count;
}

std::size_t ObjectCountBefore(const JsonValue& value, std::string_view name) {
  std::size_t count = 1;
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return count;
  for (const auto& member : object) {
    if (member.key == name) break;
    count += ObjectCountOf(member.value);
  }
  return count;
}

}  // namespace clew::api
