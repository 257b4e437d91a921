#pragma once

#include <cstdint>
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
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  void Grow();

  static constexpr std::uint32_t kEmpty = 0xffffffff;
  std::vector<std::uint32_t> slots_;  // index into texts_
  std::vector<std::uint64_t> hashes_;
  std::vector<std::string_view> texts_;
};

}  // namespace clew::storage
