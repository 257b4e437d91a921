#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace clew::scan {

/// Three bytes that follow each other in a text, each as one of 64: a letter of ASCII in whatever
/// case, a digit, one of 27 other characters, or anything else. They are stored
/// (docs/formats/block.md): never change them.
using Gram = std::uint32_t;

/// Those of a text, ascending, each once; none of one that is shorter.
std::vector<Gram> GramsOf(std::string_view text);

/// Which grams there are in many texts. One thread.
class GramSet {
 public:
  GramSet();

  /// False when the text is shown in another way (it is no UTF-8), or has a letter beyond ASCII
  /// that is another case of one in it: grams do not tell of those, and nothing is to be made of
  /// them.
  [[nodiscard]] bool Add(std::string_view text);
  /// Ascending; leaves none.
  std::vector<Gram> Take();

 private:
  std::vector<std::uint64_t> bits_;
};

}  // namespace clew::scan
