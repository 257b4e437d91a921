#include "traceql/metrics/hints.h"

#include <gtest/gtest.h>

#include <string>

#include "traceql/parse.h"

namespace clew::traceql::metrics {
namespace {

Hints Read(const std::string& with) {
  return ReadHints(Parse("{ } | rate() with(" + with + ")").value().hints);
}

TEST(Hints, AreReadAndOthersPassedOver) {
  EXPECT_EQ(Read("exemplars=10"), Hints{.exemplars = 10});
  EXPECT_EQ(Read("exemplars=-1"), Hints{.exemplars = 0});
  EXPECT_EQ(Read("exemplars=false"), Hints{.exemplars = 0});
  EXPECT_EQ(Read("exemplars=true"), Hints{});
  EXPECT_EQ(Read("exemplars=\"many\""), Hints{});
  EXPECT_EQ(Read("extrapolate=true"), Hints{.extrapolates = true});
  EXPECT_EQ(Read("extrapolate=false"), Hints{});
  EXPECT_EQ(Read("extrapolate=1"), Hints{});
  EXPECT_EQ(Read("sample=true, span_sample=0.1, nobody=1, extrapolate=true"),
            Hints{.extrapolates = true});
}

TEST(Hints, ThenTheRequestThenTheServerSayHowManyExemplars) {
  EXPECT_EQ(ExemplarBudget({}, 0, 100), 100);
  EXPECT_EQ(ExemplarBudget({}, 7, 100), 7);
  EXPECT_EQ(ExemplarBudget({}, 700, 100), 100);
  EXPECT_EQ(ExemplarBudget({.exemplars = 10}, 7, 100), 10);
  EXPECT_EQ(ExemplarBudget({.exemplars = 1'000}, 7, 100), 100);
  EXPECT_EQ(ExemplarBudget({.exemplars = 0}, 7, 100), 0);
}

}  // namespace
}  // namespace clew::traceql::metrics
