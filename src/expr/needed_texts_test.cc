#include "expr/needed_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::expr {
namespace {

using testing::UnorderedElementsAre;

NeededTextsPtr Of(const std::string& pattern) {
  const auto compiled = Pattern::CompileWhole(pattern);
  return compiled ? NeededTexts::Of(**compiled) : nullptr;
}

TEST(NeededTexts, AreThePartsThatEveryMatchHas) {
  const NeededTextsPtr needed = Of(".*Checkout.*items");
  ASSERT_NE(needed, nullptr);
  EXPECT_THAT(needed->texts(), UnorderedElementsAre("checkout", "items"));
  EXPECT_TRUE(needed->MayMatch({0, 1}));
  EXPECT_FALSE(needed->MayMatch({0}));
  EXPECT_FALSE(needed->MayMatch({}));
}

TEST(NeededTexts, OfAlternativesOneSuffices) {
  const NeededTextsPtr needed = Of("(/orders|/carts)/.*");
  ASSERT_NE(needed, nullptr);
  EXPECT_FALSE(needed->MayMatch({}));
  for (int i = 0; i < static_cast<int>(needed->texts().size()); ++i) {
    EXPECT_TRUE(needed->MayMatch({i})) << needed->texts()[static_cast<std::size_t>(i)];
  }
}

TEST(NeededTexts, NothingIsKnownOfWhatMayMatchAnything) {
  for (const char* const pattern :
       {".*", "", ".*ab.*", "(checkout)?.*", "[a-z]+", "\\d+-\\d+", "checkout|.*"}) {
    EXPECT_EQ(Of(pattern), nullptr) << pattern;
  }
}

// U+0130 in lower case may be an i, which its value does not have.
TEST(NeededTexts, NothingIsKnownOfLettersBeyondAscii) {
  for (const char* const pattern :
       {".*stra\u00dfe.*", "\u0130stanbul", "\\x{130}stanbul", "\\111stanbul"}) {
    EXPECT_EQ(Of(pattern), nullptr) << pattern;
  }
  EXPECT_NE(Of("\\.\\*istanbul"), nullptr);
}

}  // namespace
}  // namespace clew::expr
