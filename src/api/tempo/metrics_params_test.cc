#include "api/tempo/metrics_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/test_fixture.h"

namespace clew::api::tempo {
namespace {

using api::testing::MakeRequest;
using ::testing::StartsWith;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr UnixNanos kNow = 100'000 * kSecond;

Result<MetricsParams> Parse(const std::string& parameters, MetricsForm form = MetricsForm::kRange) {
  return ParseMetricsParams(MakeRequest("/api/metrics/query_range?" + parameters), form, kNow);
}

std::string ErrorOf(const std::string& parameters) {
  const auto params = Parse(parameters);
  return params.has_value() ? "none" : params.error().message;
}

TEST(MetricsParams, HaveTemposDefaults) {
  const auto params = Parse("q=x");

  ASSERT_TRUE(params.has_value()) << params.error().message;
  EXPECT_EQ(params->query, "x");
  EXPECT_EQ(params->exemplars, 0u);
  EXPECT_EQ(params->series_max, 0u);
  // The last hour by 15 s, from the step before it to half a minute ago.
  EXPECT_EQ(params->range,
            (traceql::metrics::TimeRange{
                .start = 96'375 * kSecond, .end = 99'960 * kSecond, .step = Nanos(15 * kSecond)}));
}

TEST(MetricsParams, TakeTimesInEveryForm) {
  const traceql::metrics::TimeRange expected{
      .start = 40 * kSecond, .end = 120 * kSecond, .step = Nanos(20 * kSecond)};
  for (const char* const parameters :
       {"query=x&start=60&end=120&step=20", "q=x&start=60000000000&end=120000000000&step=20s",
        "q=x&start=6e1&end=119.5&step=20.0",
        "q=x&start=1970-01-01T00:01:00Z&end=1970-01-01T00:02:00%2B00:00&step=20000ms",
        "q=x&end=120&since=1m&step=20"}) {
    const auto params = Parse(parameters);
    ASSERT_TRUE(params.has_value()) << parameters << ": " << params.error().message;
    EXPECT_EQ(params->range, expected) << parameters;
  }
  const auto instant = Parse("q=x&start=60.5&end=120&step=7&exemplars=5", MetricsForm::kInstant);
  ASSERT_TRUE(instant.has_value());
  EXPECT_EQ(instant->range,
            (traceql::metrics::TimeRange{
                .start = 60'500'000'000, .end = 120 * kSecond, .step = Nanos(59'500'000'000)}));
  EXPECT_EQ(instant->exemplars, 0u);
  EXPECT_EQ(Parse("q=x&exemplars=5")->exemplars, 5u);
  EXPECT_EQ(Parse("q=x&exemplars=99999999999")->exemplars, ~0u);
  EXPECT_EQ(Parse("q=x&maxSeries=7")->series_max, 7u);
}

TEST(MetricsParams, SayWhatIsWrong) {
  EXPECT_THAT(ErrorOf("start=1"), StartsWith("q required"));
  EXPECT_THAT(ErrorOf("q=x&start=noon"), StartsWith("invalid start: \"noon\" is no time"));
  EXPECT_THAT(ErrorOf("q=x&end=1e99"), StartsWith("invalid end: \"1e99\" is no time"));
  EXPECT_THAT(ErrorOf("q=x&end=99999999999999999999"), StartsWith("invalid end: "));
  EXPECT_THAT(ErrorOf("q=x&start=9000000000&end=-9000000000"), StartsWith("invalid end: "));
  EXPECT_THAT(ErrorOf("q=x&end=9000000000&since=2500000h"), StartsWith("metrics query time range"));
  EXPECT_THAT(ErrorOf("q=x&since=1"), StartsWith("invalid since: \"1\" is no time to go back"));
  EXPECT_THAT(ErrorOf("q=x&step=often"), StartsWith("invalid step: "));
  EXPECT_THAT(ErrorOf("q=x&exemplars=-1"), StartsWith("invalid exemplars: \"-1\""));
  EXPECT_THAT(ErrorOf("q=x&maxSeries=x"), StartsWith("invalid maxSeries: \"x\""));
  EXPECT_EQ(ErrorOf("q=x&start=0&end=9"), "start required");
  EXPECT_EQ(ErrorOf("q=x&start=9&end=9"), "end must be greater than start");
  EXPECT_EQ(ErrorOf("q=x&start=5&end=9&step=-1"), "step required");
  EXPECT_EQ(ErrorOf("q=x&start=1&end=90000"),
            "metrics query time range exceeds the maximum allowed duration of 24h0m0s");
  EXPECT_EQ(ErrorOf("q=x&start=90000&end=90100&step=1ms"),
            "step of 1ms is too small, minimum step for given range is 10ms");
  EXPECT_EQ(ErrorOf("q=x&start=99980&end=99990"),
            "query window falls entirely within query_end_cutoff");
}

}  // namespace
}  // namespace clew::api::tempo
