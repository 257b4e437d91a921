#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "expr/pattern.h"

namespace re2 {
class FilteredRE2;
}

namespace clew::expr {

/// Which texts a value has to contain for a pattern to match it, so that values, or many together,
/// can be ruled out without the pattern being run over them. Immutable; any thread.
class NeededTexts {
 public:
  /// Null when nothing is known: any value may match, or letters have other forms than two.
  static std::shared_ptr<const NeededTexts> Of(const Pattern& pattern);
  NeededTexts(std::unique_ptr<const re2::FilteredRE2> compiled, std::vector<std::string> texts);
  ~NeededTexts();

  /// ASCII, in lower case, of three letters or more: values have them in any case.
  std::span<const std::string> texts() const { return texts_; }
  /// False: the pattern matches no value that contains none of `texts()` but those at `places`,
  /// which ascend. Letters may be in any case, and U+212A and U+017F stand for `k` and `s`.
  bool MayMatch(const std::vector<int>& places) const;

 private:
  std::unique_ptr<const re2::FilteredRE2> compiled_;
  std::vector<std::string> texts_;
};
using NeededTextsPtr = std::shared_ptr<const NeededTexts>;

}  // namespace clew::expr
