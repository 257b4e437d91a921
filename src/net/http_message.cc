#include <algorithm>
#include <utility>

#include "base/letter_case.h"
#include "net/http_server.h"

namespace clew::net {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void HttpHeaders::Add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

std::string_view HttpHeaders::Get(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields_, [&](const auto& field) { return base::EqualsIgnoringCase(field.first, name); });
  return found == fields_.end() ? std::string_view() : std::string_view(found->second);
}

bool HttpHeaders::Has(std::string_view name) const {
  return std::ranges::any_of(
      fields_, [&](const auto& field) { return base::EqualsIgnoringCase(field.first, name); });
}

std::optional<std::string_view> HttpRequest::Param(std::string_view name) const {
  const auto found =
      std::ranges::find_if(query, [&](const auto& param) { return param.first == name; });
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::string PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(c == '+' && plus_is_space ? ' ' : c);
  }
  return decoded;
}

}  // namespace clew::net
