#pragma once

#include <cstddef>
#include <string_view>

namespace clew::app::send {

/// Finds where a JSON document ends that begins with a brace or bracket, in text that may grow
/// between the calls. It looks at nesting and strings only: whether the document is well-formed is
/// not its matter. One thread.
class JsonScan {
 public:
  enum class State {
    kOpen,    // it goes on behind the text
    kEnded,   // `end()` is behind its last bracket
    kBroken,  // a string goes over the end of a line, which no JSON has; `end()` is there
  };

  /// Looks on where the last call stopped. `text` begins with what it was given then.
  State Run(std::string_view text);
  /// How much of the text was looked at.
  std::size_t end() const { return end_; }

 private:
  std::size_t end_ = 0;
  std::size_t depth_ = 0;
  bool is_in_string_ = false;
  bool is_escaped_ = false;
};

/// Whether `line`, without blanks at its ends, is one JSON object from its first byte to its last.
bool IsWholeObject(std::string_view line);

}  // namespace clew::app::send
