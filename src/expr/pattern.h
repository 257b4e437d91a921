#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace re2 {
class RE2;
}

namespace clew::expr {

/// A regular expression that is compiled. Immutable; any thread.
class Pattern {
 public:
  /// Of RE2's syntax without what other back ends read differently (anchors, word boundaries, lazy
  /// quantifiers, flags). INVALID_ARGUMENT says what is wrong.
  static Result<std::shared_ptr<const Pattern>> Compile(const std::string& text);
  explicit Pattern(std::unique_ptr<const re2::RE2> compiled);
  ~Pattern();

  /// Whether it is found anywhere in `text`.
  bool IsFoundIn(std::string_view text) const;
  const std::string& text() const;

 private:
  std::unique_ptr<const re2::RE2> compiled_;
};
using PatternPtr = std::shared_ptr<const Pattern>;

}  // namespace clew::expr
