#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace clew::storage {

/// Gives equal texts equal codes, in order of first appearance. Column by column: one table stays
/// in the cache (performance.md 2.3, lesson 1). Views must outlive the interner's use.
class TextInterner {
 public:
  TextInterner();

  /// Forgets everything but its memory.
  void Clear();
  std::uint32_t Intern(std::string_view text);
  /// Interns all, in order, until `is_enough(distinct, done)` says stop; gives the codes so far.
  /// The texts lie cold in received bodies: those ahead are fetched while one is hashed.
  template <typename IsEnough>
  std::vector<std::uint32_t> InternAll(std::span<const std::string_view> texts,
                                       IsEnough is_enough) {
    constexpr std::size_t kAhead = 16;
    std::vector<std::uint32_t> codes;
    codes.reserve(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (i + kAhead < texts.size()) __builtin_prefetch(texts[i + kAhead].data());
      codes.push_back(Intern(texts[i]));
      if (is_enough(texts_.size(), codes.size())) break;
    }
    return codes;
  }
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  void Grow();

  static constexpr std::uint32_t kEmpty = 0xffffffff;
  std::vector<std::uint32_t> slots_;  // index into texts_
  std::vector<std::uint64_t> hashes_;
  std::vector<std::string_view> texts_;
};

}  // namespace clew::storage
