#include "traceql/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "traceql/check.h"
#include "traceql/print.h"

namespace clew::traceql {
namespace {

std::string ErrorOf(const std::string& text) {
  const auto query = Parse(text);
  return query ? "" : query.error().message;
}

std::string Repeated(int times, const std::string& text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string Nested(int times, const std::string& open, const std::string& inside,
                   const std::string& close) {
  return Repeated(times, open) + inside + Repeated(times, close);
}

TEST(Parse, ErrorsNameLineAndColumnInCharacters) {
  EXPECT_EQ(ErrorOf("{\n  .größe = \"ä\" &&\n  \"ö\" }}"),
            "invalid TraceQL query: parse error at line 3, col 8: syntax error: unexpected }, "
            "expecting | or $end");
  EXPECT_EQ(ErrorOf("{ .größe = ä }"),
            "invalid TraceQL query: parse error at line 1, col 12: unknown identifier: ä, an "
            "attribute is written .ä or span.ä, a string \"ä\"");
  EXPECT_EQ(ErrorOf(""),
            "invalid TraceQL query: parse error at line 1, col 1: syntax error: unexpected $end, "
            "expecting {, (, an aggregate, by or select");
}

TEST(Parse, TakesRawStringsOfSeveralLines) {
  const auto query = Parse("{ .a = `one\ntwo` && // and\n .b = 1 }");
  ASSERT_TRUE(query.has_value()) << query.error().message;
  EXPECT_EQ(Print(*query), "{ .a = \"one\\ntwo\" && .b = 1 }");
}

TEST(Parse, PartsKnowWhereTheyStand) {
  const std::string text = "{ .a } >> { (.b + 1) = 2 } | count() > 3";
  const auto query = Parse(text);
  ASSERT_TRUE(query.has_value());
  const auto text_of = [&text](const Place& place) {
    return text.substr(place.begin, place.end - place.begin);
  };
  const Stage& first = query->pipeline[0];
  EXPECT_EQ(text_of(first.place), "{ .a } >> { (.b + 1) = 2 }");
  EXPECT_EQ(text_of(first.spansets.operands[1].place), "{ (.b + 1) = 2 }");
  const FieldExpression& filter = first.spansets.operands[1].filter;
  EXPECT_EQ(text_of(filter.place), "(.b + 1) = 2");
  EXPECT_EQ(text_of(filter.operands[0].place), "(.b + 1)");
  EXPECT_EQ(text_of(filter.operands[0].operands[1].place), "1");
  EXPECT_EQ(text_of(query->pipeline[1].place), "count() > 3");
}

TEST(Parse, EqualQueriesMayStandInOtherPlaces) {
  EXPECT_TRUE(*Parse("{.a=1}|by(.b)") == *Parse("{ .a = 1 } | by( .b )"));
  EXPECT_FALSE(*Parse("{ .a = 1 }") == *Parse("{ .a = 2 }"));
  EXPECT_FALSE(*Parse("{ .a = 1 }") == *Parse("{ span.a = 1 }"));
  EXPECT_FALSE(*Parse("{ .a = 1 }") == *Parse("{ .a = 1.0 }"));
  EXPECT_FALSE(*Parse("{ .a } > { .b }") == *Parse("{ .a } !> { .b }"));
}

TEST(Parse, WhatIsTooLongIsRefused) {
  const std::string filter = "{ .a = 1 }";
  EXPECT_TRUE(Parse(filter, filter.size()).has_value());
  const auto refused = Parse(filter, filter.size() - 1);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "invalid TraceQL query: TraceQL expression exceeds the configured maximum size of 9 "
            "bytes, it has 10: shorten it");
  EXPECT_NE(ErrorOf(std::string(kQueryBytesMax + 1, ' ')).find("131072 bytes"), std::string::npos);
}

TEST(Parse, WhatIsTooDeepIsRefusedInWhateverWay) {
  const int many = 2'000;
  const std::string deep[] = {
      "{ " + Nested(many, "(", "true", ")") + " }",
      "{ " + Repeated(many, "!") + "true }",
      "{ " + Repeated(many, "-") + "1 = 1 }",
      "{ .a" + Repeated(many, " ^ .a") + " = 1 }",
      "{ .a" + Repeated(many, " + .a") + " = 1 }",
      "{ .a" + Repeated(many, " = 1 && .a = 1 || .a") + " }",
      Nested(many, "(", "{ }", ")"),
      "{ }" + Repeated(many, " > { }"),
      "{ }" + Repeated(many, " && { } || { }"),
      "{ } | " + Nested(many, "(", "count()", ")") + " > 1",
      "{ } | " + Repeated(many, "-") + "1 < count()",
      "{ } | count()" + Repeated(many, " ^ 1") + " > 1",
      "{ } | count()" + Repeated(many, " + count()") + " > 1",
      "{ } | rate() > " + Nested(many, "(", "1", ")"),
      "{ } | rate() > " + Repeated(many, "-") + "1",
      "({ } | rate())" + Repeated(many, " + ({}|rate())"),
      Nested(many, "({ } | count() > 1 | ", "{ }", ")"),
      Repeated(many, "("),
      Repeated(many, "{ ("),
  };
  for (const std::string& text : deep) {
    ASSERT_LE(text.size(), kQueryBytesMax) << text.substr(0, 40);
    EXPECT_FALSE(Parse(text).has_value()) << text.substr(0, 40);
  }
  EXPECT_EQ(ErrorOf(deep[0]),
            "invalid TraceQL query: parse error at line 1, col 102: expression nests more than 100 "
            "deep: leave parentheses out, or join what is alike with && or ||");
}

TEST(Parse, WhatFollowsEachOtherIsNotDeep) {
  const int many = 999;
  for (const std::string& text : {
           "{ .a = 0" + Repeated(many, " || .a = 1") + " }",
           "{ .a = 0" + Repeated(many, " && .a = 1") + " }",
           "{ }" + Repeated(many, " || { .a = 1 }"),
           "{ }" + Repeated(many, " | { .a = 1 }"),
           "{ } | rate()" + Repeated(many, " > 1"),
           "{ } | select(.a" + Repeated(many, ", .a") + ")",
       }) {
    const auto query = Parse(text);
    ASSERT_TRUE(query.has_value()) << query.error().message;
    EXPECT_TRUE(Check(*query).has_value());
    EXPECT_TRUE(*Parse(Print(*query)) == *query);
  }
}

TEST(Parse, CountsTheStagesOfAllPipelines) {
  const std::string all = "({ } | by(.a)) | ({ }" + Repeated(995, " | { }") + ")";
  EXPECT_TRUE(Parse(all).has_value()) << ErrorOf(all);
  EXPECT_NE(ErrorOf(all + " | { }").find("more than 1000 stages: join filters with &&"),
            std::string::npos);
}

TEST(Check, RefusesMorePatternsThanItWouldCompile) {
  const auto many = [](int count) {
    return *Parse("{ .a =~ \"b\"" + Repeated(count - 1, " || .a =~ \"b\"") + " }");
  };
  EXPECT_TRUE(Check(many(kPatternsMax)).has_value());
  const Status status = Check(many(kPatternsMax + 1));
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message,
            "invalid TraceQL query: more than 64 regular expressions: join some of them with |");
  EXPECT_TRUE(Check(*Parse("{ .a =~ `\\pL{50}` }")).has_value());
  const Status large = Check(*Parse("{ .a =~ `\\pL{50}` || .b =~ `\\pL{50}` }"));
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(
      large.error().message,
      "invalid TraceQL query: regular expressions too large: repeat less, or smaller classes: "
      ".b =~ \"\\\\pL{50}\"");
}

TEST(Check, KnowsTypesBeforeAnythingRuns) {
  const auto type_of = [](const std::string& field) {
    return TypeOf(Parse("{ " + field + " }")->pipeline[0].spansets.filter);
  };
  EXPECT_EQ(type_of("duration / 2"), Type::kDuration);
  EXPECT_EQ(type_of(".a + 1"), Type::kInt);
  EXPECT_EQ(type_of(".a + .b"), Type::kAttribute);
  EXPECT_EQ(type_of("-.a"), Type::kAttribute);
  EXPECT_EQ(type_of(".a = 1"), Type::kBool);
  EXPECT_EQ(type_of("!.a"), Type::kBool);
  EXPECT_EQ(type_of("kind"), Type::kKind);
  EXPECT_EQ(type_of("instrumentation:name"), Type::kAttribute);
  EXPECT_EQ(type_of("2.5"), Type::kFloat);
}

}  // namespace
}  // namespace clew::traceql
