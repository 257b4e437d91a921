#include "pipeline/config/identifier.h"

#include <gtest/gtest.h>

namespace clew::pipeline {
namespace {

TEST(Identifier, Parses) {
  const struct {
    std::string text;
    std::string expected;
  } cases[] = {
      {"otlp", "otlp"},
      {" otlp / second ", "otlp/second"},
      {"otlp/a/b", "otlp/a/b"},
      {"otlp/a-b.c_d:e@f", "otlp/a-b.c_d:e@f"},
      {"otlp/größe", "otlp/größe"},
      {"a1_B/日本", "a1_B/日本"},
  };
  for (const auto& c : cases) {
    const Result<Identifier> id = Identifier::Parse(c.text);
    ASSERT_TRUE(id.has_value()) << c.text << ": " << id.error().message;
    EXPECT_EQ(id->ToString(), c.expected);
  }
}

TEST(Identifier, RefusesWithTheWordsOfTheCollector) {
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"", "id must not be empty"},
      {"  ", "id must not be empty"},
      {"/x", "in \"/x\" id: the part before / should not be empty"},
      {"otlp/", "in \"otlp/\" id: the part after / should not be empty"},
      {"ot-lp", "invalid character(s) in type \"ot-lp\""},
      {"1otlp", "invalid character(s) in type \"1otlp\""},
      {std::string(64, 'a'), "invalid character(s) in type \"" + std::string(64, 'a') + "\""},
      {"otlp/a b", "invalid character(s) in name \"a b\""},
      {"otlp/a$b", "invalid character(s) in name \"a$b\""},
      {"otlp/a\u2192b", "invalid character(s) in name \"a\u2192b\""},
      {"otlp/a\u00a0b", "invalid character(s) in name \"a\u00a0b\""},
      {"otlp/\xff", "invalid character(s) in name \"\xff\""},
      {"otlp/" + std::string(1025, 'n'),
       "name \"" + std::string(1025, 'n') + "\" is longer than 1024 characters (1025 characters)"},
  };
  for (const auto& c : cases) {
    const Result<Identifier> id = Identifier::Parse(c.text);
    ASSERT_FALSE(id.has_value()) << c.text;
    EXPECT_EQ(id.error().message, c.message);
  }
}

}  // namespace
}  // namespace clew::pipeline
