#include "api/partial_text.h"

#include <fmt/format.h>

#include <string_view>

namespace clew::api {
namespace {

/// Proxies and clients refuse headers of some KiB, and with them the answer.
constexpr std::size_t kHeaderTextMax = 900;

/// As a quoted string in a header, of printable ASCII only, cut when it is long.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (quoted.size() > kHeaderTextMax) return quoted + "...\"";
    if (c == '"' || c == '\\') quoted += '\\';
    const auto byte = static_cast<unsigned char>(c);
    const bool is_printable = byte >= 0x20 && byte < 0x7F;
    quoted += is_printable ? c : ' ';
  }
  return quoted + '"';
}

/// How much is left out, and the first of it.
std::string OneSentence(const query::LeftOut& left_out) {
  if (left_out.count() == 1) return "the answer is partial: " + left_out.first();
  return fmt::format("the answer is partial for {} reasons, the first: {}", left_out.count(),
                     left_out.first());
}

}  // namespace

std::optional<std::string> PartialText(const query::LeftOut& left_out) {
  if (left_out.empty()) return std::nullopt;
  std::string text = "the answer is partial: ";
  for (const std::string& fault : left_out.Texts()) {
    if (!text.ends_with(": ")) text += "; ";
    text += fault;
  }
  return text;
}

std::string PartialWarning(const query::LeftOut& left_out) {
  return "199 clew " + Quoted(OneSentence(left_out));
}

}  // namespace clew::api
