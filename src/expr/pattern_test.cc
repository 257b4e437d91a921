#include "expr/pattern.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace clew::expr
