#include <gtest/gtest.h>

#include <string>

#include "traceql/check.h"
#include "traceql/parse.h"
#include "traceql/print.h"
#include "traceql/testing/random_query.h"

namespace clew::traceql {
namespace {

TEST(RoundTrip, AnyQueryIsPrintedAsTextThatGivesItAgain) {
  RandomQuery random(20'260'801);
  int metrics = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Query query = random.Next();
    const std::string printed = Print(query);
    const auto again = Parse(printed, printed.size());
    ASSERT_TRUE(again.has_value()) << printed << "\n" << again.error().message;
    ASSERT_TRUE(*again == query) << printed << "\n" << Print(*again);
    ASSERT_EQ(Print(*again), printed);
    metrics += query.is_metrics() ? 1 : 0;
    // Whatever it says of it.
    (void)Check(query);
  }
  EXPECT_GT(metrics, 700);
  EXPECT_LT(metrics, 1'300);
}

}  // namespace
}  // namespace clew::traceql
