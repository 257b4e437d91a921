#include "net/http_header.h"

#include <algorithm>
#include <cctype>

#include "base/excerpt.h"

namespace clew::net {

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) ||
           std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
  });
}

Status CheckHeader(std::string_view name, std::string_view value) {
  if (!IsHeaderName(name)) {
    return base::InvalidArgument(
        "\"{}\" is no name of a header, write letters, digits and '-', such as X-Scope-OrgID",
        base::Excerpt(name));
  }
  const bool is_line = std::ranges::all_of(
      value, [](unsigned char c) { return (c >= ' ' && c != 0x7F) || c == '\t'; });
  if (!is_line) {
    return base::InvalidArgument(
        "the value of header \"{}\" holds a line end or another control character, write it "
        "without",
        base::Excerpt(name));
  }
  return {};
}

}  // namespace clew::net
