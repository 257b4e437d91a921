#include "expr/pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace clew::expr {
namespace {

TEST(Pattern, TakesWhatEveryBackEndReadsAlike) {
  for (const char* pattern : {"", "a+b*", "[^$]", "[]^]", "\\$\\^", "(?:a|b)?", "(?P<n>a)",
                              "a{2,3}", "\\Q^$\\E", "[[:alpha:]?]?", "@example\\.com", "\\{id}?",
                              "{}?", "a{x}?", "a{,2}?", "a{02}?", "a{2}b?"}) {
    const auto compiled = Pattern::Compile(pattern);
    EXPECT_TRUE(compiled.has_value()) << pattern << ": " << compiled.error().message;
  }
  for (const char* pattern : {"(", "^a", "a$", "\\Aa", "a\\z", "\\bword", "no\\B", "a+?", "a??",
                              "a{2}?", "a{2,}?", "a{2,3}?", "(?i)a", "(?i:a)", "[a", "a**"}) {
    const auto compiled = Pattern::Compile(pattern);
    ASSERT_FALSE(compiled.has_value()) << pattern;
    EXPECT_EQ(compiled.error().code, Code::kInvalidArgument);
  }
  EXPECT_FALSE(Pattern::Compile(std::string(5000, 'a')).has_value());
}

void ExpectFoundInLinesAsInEachText(const Pattern& pattern) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    // From those where nearly all match to those where nearly none does.
    const std::size_t rest = random() % 4 == 0 ? 3 : 30;
    std::vector<std::string> texts(random() % 300);
    Lines lines;
    for (std::string& text : texts) {
      for (std::size_t i = random() % 6; i > 0; --i) {
        const std::size_t letter = random() % rest;
        text += letter < 3 ? "abc"[letter] : '-';
      }
      lines.Add(text);
    }
    ASSERT_TRUE(lines.is_sound());
    std::vector<std::uint8_t> found(texts.size(), 7);
    pattern.FindInLines(lines, found.data());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(found[i] != 0, pattern.IsFoundIn(texts[i])) << pattern.text() << " in " << texts[i];
      ASSERT_LE(found[i], 1);
    }
  }
}

TEST(Pattern, IsFoundInLinesAsInEachText) {
  for (const char* text :
       {"",         "a",         "a.*b",         "[^x]",    "[^a]b",     "(?:a|b)*",
        "b\\Ca",    "\\C",       "ba|ab{2}",     "\\n",     "\\x{0A}b",  "[[:space:]]a",
        "aa*b",     "c",         "(?P<n>ab)c",   ".*a.*",   ".*ab",      ".*",
        ".*.*",     ".*a|b.*",   ".*(?:a|b)c.*", ".*a\\.*", ".*a\\\\.*", ".*-b[.*]*",
        ".*a.*b.*", ".*a\\Cb.*", "a.*"}) {
    const auto anywhere = Pattern::Compile(text);
    ASSERT_TRUE(anywhere.has_value()) << text;
    ExpectFoundInLinesAsInEachText(**anywhere);
    const auto whole = Pattern::CompileWhole(text);
    ASSERT_TRUE(whole.has_value()) << text;
    ExpectFoundInLinesAsInEachText(**whole);
  }
}

TEST(Pattern, OfWholeValuesTakesAllOfRe2AndMatchesFromEndToEnd) {
  const struct {
    const char* pattern;
    const char* matched;
    const char* missed;
  } cases[] = {
      {"foo", "foo", "foot"}, {"a|ab", "ab", "abc"},           {"(?i)get", "GET", "GETS"},
      {"^a+?$", "aa", "ab"},  {".*oo.*", "boot", "bolt"},      {"\\Qa|b", "a|b", "a"},
      {"", "", "x"},          {"\\bword\\b", "word", "words"},
  };
  for (const auto& c : cases) {
    const auto compiled = Pattern::CompileWhole(c.pattern);
    ASSERT_TRUE(compiled.has_value()) << c.pattern << ": " << compiled.error().message;
    EXPECT_TRUE((*compiled)->IsFoundIn(c.matched)) << c.pattern;
    EXPECT_FALSE((*compiled)->IsFoundIn(c.missed)) << c.pattern;
    Lines lines;
    for (const char* text : {c.missed, c.matched, c.missed}) lines.Add(text);
    std::vector<std::uint8_t> found(3, 7);
    (*compiled)->FindInLines(lines, found.data());
    EXPECT_EQ(found, (std::vector<std::uint8_t>{0, 1, 0})) << c.pattern;
  }
  EXPECT_EQ(Pattern::CompileWhole("(").error().code, Code::kInvalidArgument);
  EXPECT_GT((*Pattern::CompileWhole("\\pL{20}"))->program_size(),
            10 * (*Pattern::CompileWhole("a{20}"))->program_size());
}

TEST(Pattern, LinesAreNotSoundWithALineBreakInATextOfTheirs) {
  Lines lines;
  lines.Add("a");
  EXPECT_TRUE(lines.is_sound());
  lines.Add("b\nc");
  EXPECT_FALSE(lines.is_sound());
}

}  // namespace
}  // namespace clew::expr
