#include "api/tempo/search_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/tempo/logfmt.h"
#include "api/test_fixture.h"
#include "traceql/check.h"
#include "traceql/parse.h"

namespace clew::api::tempo {
namespace {

using api::testing::MakeRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Result<SearchParams> Parse(const std::string& parameters) {
  return ParseSearchParams(MakeRequest("/api/search?" + parameters), 1000, 50'000'000'000);
}

std::string ErrorOf(const std::string& parameters) {
  const auto params = Parse(parameters);
  return params.has_value() ? "none" : params.error().message;
}

TEST(SearchParams, HaveTemposDefaults) {
  const auto params = Parse("");

  ASSERT_TRUE(params.has_value());
  EXPECT_EQ(params->limit, 20u);
  EXPECT_EQ(params->spans_per_set, 3u);
  EXPECT_FALSE(params->query.has_value());
  EXPECT_FALSE(params->start_min.has_value());
  EXPECT_EQ(QueryOf(*params), "{  }");
}

TEST(SearchParams, AreRead) {
  const auto params = Parse("q=%7B%7D&limit=7&spss=100&start=1&end=3");

  ASSERT_TRUE(params.has_value());
  EXPECT_EQ(params->query, "{}");
  EXPECT_EQ(params->limit, 7u);
  EXPECT_EQ(params->spans_per_set, 100u);
  EXPECT_EQ(params->start_min, 1'000'000'000);
  EXPECT_EQ(params->start_max, 3'000'000'000);

  const auto since = Parse("since=20s&start=1&end=3");
  ASSERT_TRUE(since.has_value());
  EXPECT_EQ(since->start_min, 30'000'000'000);
  EXPECT_EQ(since->start_max, 50'000'000'000);
}

TEST(SearchParams, SayWhatIsWrong) {
  EXPECT_EQ(ErrorOf("q=%7B%7D&tags=a%3Db"),
            "invalid request: can't specify tags and q in the same query");
  EXPECT_THAT(ErrorOf("limit=0"), HasSubstr("invalid limit: must be a positive number"));
  EXPECT_THAT(ErrorOf("limit=x"), HasSubstr("invalid limit: must be a positive number"));
  EXPECT_EQ(ErrorOf("limit=1001"), "limit 1001 exceeds max limit 1000");
  EXPECT_THAT(ErrorOf("spss=101"), HasSubstr("exceeds the maximum of 100"));
  EXPECT_THAT(ErrorOf("spss=-1"), HasSubstr("invalid spss"));
  EXPECT_EQ(ErrorOf("start=1"), "only one of start and end provided: must provide both or neither");
  EXPECT_THAT(ErrorOf("start=3&end=3"), HasSubstr("start must be before end"));
  EXPECT_THAT(ErrorOf("minDuration=x"), HasSubstr("invalid minDuration"));
  EXPECT_THAT(ErrorOf("minDuration=2s&maxDuration=1s"), HasSubstr("invalid maxDuration"));
  EXPECT_THAT(ErrorOf("since=5"), HasSubstr("invalid since"));
  EXPECT_THAT(ErrorOf("since=-1h"), HasSubstr("no time to go back"));
  EXPECT_THAT(ErrorOf("minDuration=-1s"), HasSubstr("is below zero"));
  EXPECT_EQ(ErrorOf("limit=99999999999"), "limit 99999999999 exceeds max limit 1000");
  EXPECT_THAT(ErrorOf("tags=error%3Dbanana"), HasSubstr("error is true or false"));
  EXPECT_THAT(ErrorOf("tags=status.code%3Derror+%7C%7C+true"), HasSubstr("invalid tags"));
  EXPECT_THAT(ErrorOf("tags=status.code%3Dbad"), HasSubstr("unset, ok and error"));
}

TEST(SearchParams, OfTagsBecomeTraceQl) {
  const auto query_of = [](const std::string& parameters) {
    const auto params = Parse(parameters);
    if (!params.has_value()) return params.error().message;
    std::string text = QueryOf(*params);
    const auto query = traceql::Parse(text);
    EXPECT_TRUE(query.has_value() && traceql::Check(*query).has_value()) << text;
    return text;
  };
  EXPECT_EQ(query_of("tags=a%3Db+c%3D%22x+y%22"), R"({ ."a" = "b" && ."c" = "x y" })");
  EXPECT_EQ(query_of("tags=n%3D5+t%3Dtrue"),
            R"({ (."n" = "5" || ."n" = 5) && (."t" = "true" || ."t" = true) })");
  EXPECT_EQ(query_of("tags=n%3D99999999999999999999"), R"({ ."n" = "99999999999999999999" })");
  EXPECT_EQ(query_of("tags=n%3D-5"), R"({ (."n" = "-5" || ."n" = -5) })");
  EXPECT_EQ(query_of("tags=service.name%3Dsh.p"), R"({ ."service.name" =~ "(?s).*sh\\.p.*" })");
  EXPECT_EQ(query_of("tags=name%3Dx+root.name%3Dy"),
            R"({ name =~ "(?s).*x.*" && rootName =~ "(?s).*y.*" })");
  EXPECT_EQ(query_of("tags=error%3Dtrue+status.code%3Dok"), "{ status = error && status = ok }");
  EXPECT_EQ(query_of("minDuration=1s&maxDuration=1m"),
            "{ traceDuration >= 1s && traceDuration <= 1m0s }");
}

TEST(SearchParams, WhatIsUnknownIsATagWhereNothingElseIsAsked) {
  const auto tags_of = [](const std::string& parameters) { return Parse(parameters)->tags; };
  EXPECT_THAT(tags_of("service.name=shop&limit=5&a=b+c&minDuration=1s&explain=plan"),
              ElementsAre(Pair("service.name", "shop"), Pair("a", "b c")));
  for (const std::string& newer : {"q=%7B%7D", "tags=x%3Dy", "start=1&end=2"}) {
    for (const auto& [key, value] : tags_of(newer + "&a=b")) EXPECT_EQ(key, "x") << newer;
  }
  EXPECT_EQ(ErrorOf("a=1&a=2"), "invalid tags: tag a has been set twice");
  EXPECT_THAT(ErrorOf("error=maybe"), HasSubstr("error is true or false"));
}

TEST(Logfmt, IsRead) {
  const auto pairs = ParseLogfmt(R"( a=1  b="x \" \\ y" c= d="" )");

  ASSERT_TRUE(pairs.has_value()) << pairs.error().message;
  EXPECT_THAT(*pairs,
              ElementsAre(Pair("a", "1"), Pair("b", R"(x " \ y)"), Pair("c", ""), Pair("d", "")));
}

TEST(Logfmt, SaysWhatIsWrong) {
  const auto error_of = [](const char* text) { return ParseLogfmt(text).error().message; };
  EXPECT_THAT(error_of("a"), HasSubstr("is no key=value"));
  EXPECT_THAT(error_of("=b"), HasSubstr("is no key=value"));
  EXPECT_THAT(error_of("a b=c"), HasSubstr("is no key=value"));
  EXPECT_THAT(error_of("a=\"b"), HasSubstr("do not end"));
  EXPECT_THAT(error_of("a=1 a=2"), HasSubstr("tag a has been set twice"));
}

}  // namespace
}  // namespace clew::api::tempo
