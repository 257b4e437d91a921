#include "traceql/naming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "traceql/parse.h"

namespace clew::traceql {
namespace {

using ::testing::ElementsAre;

TEST(Naming, IsOfAllNamesUnlessTheQuerySaysOtherwise) {
  const auto naming = [](const char* text) { return NamingOf(Parse(text).value()); };
  EXPECT_EQ(naming("{ }"), Naming::kAllNames);
  EXPECT_EQ(naming("{ } with(semantic_conventions=true)"), Naming::kAllNames);
  EXPECT_EQ(naming("{ } with(semantic_conventions=0)"), Naming::kAllNames);
  EXPECT_EQ(naming("{ } with(most_recent=false)"), Naming::kAllNames);
  EXPECT_EQ(naming("{ } with(semantic_conventions=false)"), Naming::kAsAsked);
  EXPECT_EQ(naming("{ } | rate() with(sample=true, semantic_conventions=false)"), Naming::kAsAsked);
}

TEST(Naming, TheNameThatWasAskedForComesFirst) {
  EXPECT_THAT(NamesFor("http.status_code", Naming::kAllNames),
              ElementsAre("http.status_code", "http.response.status_code"));
  EXPECT_THAT(NamesFor("http.response.status_code", Naming::kAllNames),
              ElementsAre("http.response.status_code", "http.status_code"));
  EXPECT_THAT(NamesFor("http.retry_count", Naming::kAllNames),
              ElementsAre("http.retry_count", "http.request.resend_count", "http.resend_count"));
  EXPECT_THAT(NamesFor("http.status_code", Naming::kAsAsked), ElementsAre("http.status_code"));
  EXPECT_THAT(NamesFor("own", Naming::kAllNames), ElementsAre("own"));
}

}  // namespace
}  // namespace clew::traceql
