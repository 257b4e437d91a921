#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clew::api {

/// The same document with line breaks and `width` spaces for each level; members, numbers and texts
/// stay as they are. The document is valid and may come in parts.
class JsonIndenter {
 public:
  explicit JsonIndenter(std::size_t width) : width_(width) {}
  /// Appends the next part, indented.
  void Add(std::string_view json, std::string* out);

 private:
  void AddOutsideText(char c, std::string* out);
  void BreakLine(std::string* out) const;

  const std::size_t width_;
  std::size_t depth_ = 0;
  bool is_in_text_ = false;
  bool is_escaped_ = false;  // the next character of a text
  bool is_opened_ = false;   // nothing yet in the list or object
};

/// A whole document.
std::string IndentJson(const std::string& json, std::size_t width);

}  // namespace clew::api
