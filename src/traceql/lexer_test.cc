#include "traceql/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace clew::traceql {
namespace {

std::vector<std::string> TextsOf(std::string_view text) {
  std::vector<std::string> texts;
  for (const Token& token : Lex(text)) texts.emplace_back(token.text);
  return texts;
}

TEST(Lexer, GivesTokensWithTheirBytes) {
  const std::string text = "{ .größe >=\n12ms }// end";
  const std::vector<Token> tokens = Lex(text);
  ASSERT_EQ(tokens.size(), 6u);
  EXPECT_EQ(tokens[1].kind, Token::Kind::kAttribute);
  EXPECT_EQ(std::get<Attribute>(tokens[1].content).name, "größe");
  EXPECT_EQ(std::get<Static>(tokens[3].content), Static::Duration(12'000'000));
  EXPECT_EQ(tokens[5].kind, Token::Kind::kEnd);
  for (const Token& token : tokens) {
    EXPECT_EQ(text.substr(token.range.begin, token.range.end - token.range.begin), token.text);
  }
}

TEST(Lexer, TakesTheLongestSignOfWhichEveryBeginningIsOne) {
  EXPECT_EQ(TextsOf("!>>~"), (std::vector<std::string>{"!>>", "~", ""}));
  EXPECT_EQ(TextsOf(">>>"), (std::vector<std::string>{">>", ">", ""}));
  EXPECT_EQ(TextsOf("!<="), (std::vector<std::string>{"!<", "=", ""}));
  EXPECT_EQ(TextsOf("&<<||"), (std::vector<std::string>{"&<<", "||", ""}));
  EXPECT_EQ(TextsOf("=="), (std::vector<std::string>{"=", "=", ""}));
}

TEST(Lexer, ReadsNamesUpToATerminator) {
  EXPECT_EQ(TextsOf(".a+1"), (std::vector<std::string>{".a+1", ""}));
  EXPECT_EQ(TextsOf(".a//b"), (std::vector<std::string>{".a//b", ""}));
  for (const char end : std::string(" \t\n\v\f\r{}()=~!<>&|^,")) {
    const std::string text = std::string("parent.span.a") + end;
    EXPECT_EQ(Lex(text)[0].text, "parent.span.a") << end;
  }
}

TEST(Lexer, ReadsTheScopeOfAParentOrRoot) {
  const auto attribute_of = [](std::string_view text) {
    return std::get<Attribute>(Lex(text)[0].content);
  };
  EXPECT_EQ(attribute_of("parent.resource.x"),
            (Attribute{.whose = Whose::kParent, .scope = Scope::kResource, .name = "x"}));
  EXPECT_EQ(attribute_of("root.span.x"),
            (Attribute{.whose = Whose::kRoot, .scope = Scope::kSpan, .name = "x"}));
  EXPECT_EQ(attribute_of("root.event.x"), (Attribute{.whose = Whose::kRoot, .name = "event.x"}));
  EXPECT_EQ(attribute_of("span.parent.x"), (Attribute{.scope = Scope::kSpan, .name = "parent.x"}));
}

TEST(Lexer, GoesOnBehindWhatIsBroken) {
  const std::vector<Token> tokens = Lex("span. && 1x && 'a' && ; name");
  std::vector<Token::Kind> kinds;
  for (const Token& token : tokens) kinds.push_back(token.kind);
  using enum Token::Kind;
  EXPECT_EQ(kinds, (std::vector<Token::Kind>{kBroken, kSign, kBroken, kSign, kBroken, kSign,
                                             kBroken, kWord, kEnd}));
}

}  // namespace
}  // namespace clew::traceql
