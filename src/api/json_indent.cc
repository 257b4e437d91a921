#include "api/json_indent.h"

#include <utility>

namespace clew::api {

void JsonIndenter::BreakLine(std::string* out) const {
  *out += '\n';
  out->append(depth_ * width_, ' ');
}

void JsonIndenter::AddOutsideText(char c, std::string* out) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return;
  const bool is_first = std::exchange(is_opened_, false);
  if (c == '}' || c == ']') {
    --depth_;
    if (!is_first) BreakLine(out);
    *out += c;
    return;
  }
  if (is_first) BreakLine(out);
  *out += c;
  if (c == '{' || c == '[') {
    ++depth_;
    is_opened_ = true;
  } else if (c == ',') {
    BreakLine(out);
  } else if (c == ':') {
    *out += ' ';
  } else {
    is_in_text_ = c == '"';
  }
}

void JsonIndenter::Add(std::string_view json, std::string* out) {
  for (const char c : json) {
    if (!is_in_text_) {
      AddOutsideText(c, out);
      continue;
    }
    *out += c;
    is_in_text_ = is_escaped_ || c != '"';
    is_escaped_ = !is_escaped_ && c == '\\';
  }
}

std::string IndentJson(const std::string& json, std::size_t width) {
  std::string out;
  JsonIndenter(width).Add(json, &out);
  return out;
}

}  // namespace clew::api
