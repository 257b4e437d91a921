#include "expr/needed_texts.h"

#include <re2/filtered_re2.h>

#include <algorithm>
#include <utility>

namespace clew::expr {
namespace {

constexpr int kTextBytesMin = 3;

bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Other letters have forms that only tables know, and an escape may stand for one of them.
bool HasPlainLetters(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!IsAscii(pattern[i])) return false;
    if (pattern[i] != '\\') continue;
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (next == 'x' || (next >= '0' && next <= '9')) return false;
    ++i;
  }
  return true;
}

}  // namespace

NeededTextsPtr NeededTexts::Of(const Pattern& pattern) {
  if (!HasPlainLetters(pattern.text())) return nullptr;
  auto compiled = std::make_unique<re2::FilteredRE2>(kTextBytesMin);
  re2::RE2::Options options;
  options.set_log_errors(false);
  int id = 0;
  if (compiled->Add(pattern.text(), options, &id) != re2::RE2::NoError) return nullptr;
  std::vector<std::string> texts;
  compiled->Compile(&texts);
  const bool is_known = !texts.empty() && std::ranges::all_of(texts, [](const std::string& text) {
    return text.size() >= kTextBytesMin && std::ranges::all_of(text, IsAscii);
  });
  if (!is_known) return nullptr;
  return std::make_shared<const NeededTexts>(std::move(compiled), std::move(texts));
}

NeededTexts::NeededTexts(std::unique_ptr<const re2::FilteredRE2> compiled,
                         std::vector<std::string> texts)
    : compiled_(std::move(compiled)), texts_(std::move(texts)) {}
NeededTexts::~NeededTexts() = default;

bool NeededTexts::MayMatch(const std::vector<int>& places) const {
  std::vector<int> potential;
  compiled_->AllPotentials(places, &potential);
  return !potential.empty();
}

}  // namespace clew::expr
