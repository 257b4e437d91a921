#include "api/tempo/logfmt.h"

#include <algorithm>
#include <optional>

#include "base/excerpt.h"

namespace clew::api::tempo {
namespace {

// Takes a text in quotes from the begin of `rest`, or one up to a space; nothing when quotes do not
// end.
std::optional<std::string> TakeValue(std::string_view* rest) {
  std::string value;
  if (!rest->starts_with('"')) {
    const std::size_t end = std::min(rest->find(' '), rest->size());
    value = rest->substr(0, end);
    rest->remove_prefix(end);
    return value;
  }
  for (std::size_t i = 1; i < rest->size(); ++i) {
    if ((*rest)[i] == '"') {
      rest->remove_prefix(i + 1);
      return value;
    }
    if ((*rest)[i] == '\\' && i + 1 < rest->size()) ++i;
    value += (*rest)[i];
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> ParseLogfmt(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string_view rest = text;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.empty()) return pairs;
    const std::size_t end = rest.find_first_of("= \"");
    const std::string key(rest.substr(0, end));
    if (end == std::string_view::npos || rest[end] != '=' || key.empty()) {
      return base::InvalidArgument(
          "invalid tags: \"{}\" is no key=value: separate them by spaces, and quote a value that "
          "has some",
          base::Excerpt(rest));
    }
    rest.remove_prefix(end + 1);
    auto value = TakeValue(&rest);
    if (!value) {
      return base::InvalidArgument("invalid tags: the quotes of the value of {} do not end",
                                   base::Excerpt(key));
    }
    const bool is_known = std::ranges::any_of(pairs, [&](const auto& p) { return p.first == key; });
    if (is_known) {
      return base::InvalidArgument("invalid tags: tag {} has been set twice", base::Excerpt(key));
    }
    pairs.emplace_back(key, *std::move(value));
  }
}

}  // namespace clew::api::tempo
