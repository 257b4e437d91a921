#include "scan/grams.h"

#include <algorithm>
#include <array>
#include <bit>

#include "wire/otlp/json_text.h"

namespace clew::scan {
namespace {

constexpr unsigned kClassBits = 6;
constexpr Gram kGramMask = (1u << 3 * kClassBits) - 1;
constexpr std::uint8_t kAnythingElse = 63;

constexpr std::array<std::uint8_t, 256> MakeClasses() {
  constexpr std::string_view kOthers = "/-_.:?=&%,@()\"'{}[]*+<>;\\| ";
  static_assert(36 + kOthers.size() == kAnythingElse);
  std::array<std::uint8_t, 256> classes{};
  classes.fill(kAnythingElse);
  for (std::uint8_t i = 0; i < 26; ++i) classes['a' + i] = classes['A' + i] = i;
  for (std::uint8_t i = 0; i < 10; ++i) classes['0' + i] = 26 + i;
  for (std::uint8_t i = 0; i < kOthers.size(); ++i) {
    classes[static_cast<std::uint8_t>(kOthers[i])] = 36 + i;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

template <typename Visit>
void ForEachGram(std::string_view text, Visit visit) {
  Gram gram = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    gram = (gram << kClassBits | kClasses[static_cast<std::uint8_t>(text[i])]) & kGramMask;
    if (i >= 2) visit(gram);
  }
}

// The only letters beyond ASCII that are a case of one in it.
bool HasFoldedLetter(std::string_view text) {
  constexpr std::string_view kKelvinSign = "\u212a";
  constexpr std::string_view kLongS = "\u017f";
  return text.find(kKelvinSign) != std::string_view::npos ||
         text.find(kLongS) != std::string_view::npos;
}

}  // namespace

std::vector<Gram> GramsOf(std::string_view text) {
  std::vector<Gram> grams;
  ForEachGram(text, [&grams](Gram gram) { grams.push_back(gram); });
  std::ranges::sort(grams);
  grams.erase(std::ranges::unique(grams).begin(), grams.end());
  return grams;
}

GramSet::GramSet() : bits_((kGramMask + 1) / 64) {}

bool GramSet::Add(std::string_view text) {
  std::uint8_t all_bits = 0;
  for (const char c : text) all_bits |= static_cast<std::uint8_t>(c);
  const bool is_ascii = all_bits < 0x80;
  if (!is_ascii && (wire::otlp::Utf8ValidSize(text) != text.size() || HasFoldedLetter(text))) {
    return false;
  }
  ForEachGram(text, [this](Gram gram) { bits_[gram / 64] |= std::uint64_t{1} << gram % 64; });
  return true;
}

std::vector<Gram> GramSet::Take() {
  std::vector<Gram> grams;
  for (std::size_t word = 0; word < bits_.size(); ++word) {
    for (std::uint64_t left = bits_[word]; left != 0; left &= left - 1) {
      grams.push_back(static_cast<Gram>(64 * word) + static_cast<Gram>(std::countr_zero(left)));
    }
    bits_[word] = 0;
  }
  return grams;
}

}  // namespace clew::scan
