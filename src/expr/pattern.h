#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace re2 {
class RE2;
}

namespace clew::expr {

/// Texts one after the other, to be searched as one.
class Lines {
 public:
  void Add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
    bytes_ += '\n';
  }
  /// False when a text has a line break of its own.
  bool is_sound() const;
  std::size_t count() const { return ends_.size(); }
  /// With a line break behind each text.
  std::string_view bytes() const { return bytes_; }
  /// Where the line break of a text is.
  std::size_t end(std::size_t line) const { return ends_[line]; }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

/// A regular expression that is compiled. Immutable; any thread.
class Pattern {
 public:
  /// Of RE2's syntax without what other back ends read differently (anchors, word boundaries, lazy
  /// quantifiers, flags). INVALID_ARGUMENT says what is wrong.
  static Result<std::shared_ptr<const Pattern>> Compile(const std::string& text);
  /// Of all of RE2's syntax, and found only where it matches the whole value.
  static Result<std::shared_ptr<const Pattern>> CompileWhole(const std::string& text);
  /// `within_line` may be null.
  Pattern(std::unique_ptr<const re2::RE2> compiled, std::unique_ptr<const re2::RE2> within_line,
          bool is_whole);
  ~Pattern();

  /// Whether it is found anywhere in `text`, or matches all of it.
  bool IsFoundIn(std::string_view text) const;
  /// Sets found[i] to 1 when it is found in line i, else to 0, for all lines, which are sound. The
  /// automaton runs over all of them: faster than to start it for each text, when few are found.
  void FindInLines(const Lines& lines, std::uint8_t* found) const;
  const std::string& text() const;
  bool is_whole() const { return is_whole_; }
  /// How much was compiled: the time that took grows with it.
  std::size_t program_size() const;

 private:
  std::unique_ptr<const re2::RE2> compiled_;
  /// The same without line breaks, which no match has: what it finds is one, or may be one where
  /// whole values are matched. Null when lines have to be asked one by one.
  std::unique_ptr<const re2::RE2> within_line_;
  const bool is_whole_;
};
using PatternPtr = std::shared_ptr<const Pattern>;

}  // namespace clew::expr
