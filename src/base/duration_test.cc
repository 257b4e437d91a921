#include "base/duration.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace clew::base {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Duration, ReadsGoSyntax) {
  EXPECT_EQ(ParseDuration("0"), Nanos(0));
  EXPECT_EQ(ParseDuration("5s"), seconds(5));
  EXPECT_EQ(ParseDuration("+5s"), seconds(5));
  EXPECT_EQ(ParseDuration("-1.5h"), -minutes(90));
  EXPECT_EQ(ParseDuration("1h30m"), minutes(90));
  EXPECT_EQ(ParseDuration("1m2.5s"), milliseconds(62'500));
  EXPECT_EQ(ParseDuration(".5ms"), microseconds(500));
  EXPECT_EQ(ParseDuration("7us"), microseconds(7));
  EXPECT_EQ(ParseDuration("7\u00b5s"), microseconds(7));
  EXPECT_EQ(ParseDuration("7\u03bcs"), microseconds(7));
  EXPECT_EQ(ParseDuration("100ns"), Nanos(100));
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text :
       {"", "5", "s", "5 s", "5x", "1h-5m", "--5s", "1e3s", "inf", "nans", "-", "300000h0",
        "3000000h", ".s", "1.2.3s", "9223372036854775808ns", "2562047h47m16.854775808s",
        "99999999999999999999ns", "-2562047h47m16.854775809s"}) {
    const auto refused = ParseDuration(text);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument) << text;
  }
}

TEST(Duration, IsExactWhereADoubleIsNot) {
  EXPECT_EQ(ParseDuration("9007199254740993ns"), Nanos(9'007'199'254'740'993));
  EXPECT_EQ(ParseDuration("2501h59m59.254740993s"), Nanos(9'007'199'254'740'993));
  EXPECT_EQ(ParseDuration("2562047h47m16.854775807s"), Nanos::max());
  EXPECT_EQ(ParseDuration("-2562047h47m16.854775808s"), Nanos::min());
  EXPECT_EQ(ParseDuration("0.333333333333333333333333333333333h"), seconds(1200) - Nanos(1));
  EXPECT_EQ(ParseDuration("1.9ns"), Nanos(1));
}

TEST(Duration, WritesTheShortestForm) {
  EXPECT_EQ(FormatDuration(Nanos(0)), "0s");
  EXPECT_EQ(FormatDuration(Nanos(100)), "100ns");
  EXPECT_EQ(FormatDuration(Nanos(1500)), "1.5\u00b5s");
  EXPECT_EQ(FormatDuration(milliseconds(250)), "250ms");
  EXPECT_EQ(FormatDuration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(FormatDuration(minutes(1)), "1m0s");
  EXPECT_EQ(FormatDuration(hours(2) + seconds(1)), "2h0m1s");
  EXPECT_EQ(FormatDuration(-milliseconds(1500)), "-1.5s");
}

TEST(Duration, ReadsBackWhatItWrites) {
  for (const std::int64_t count :
       {std::int64_t{1}, std::int64_t{999}, std::int64_t{123'456'789},
        std::int64_t{-61'000'000'000}, std::int64_t{3'600'000'000'000},
        std::int64_t{86'399'999'000'000}, std::int64_t{9'007'199'254'740'993}, Nanos::max().count(),
        Nanos::min().count()}) {
    EXPECT_EQ(ParseDuration(FormatDuration(Nanos(count))), Nanos(count)) << count;
  }
  EXPECT_EQ(FormatDuration(Nanos(std::numeric_limits<std::int64_t>::min())),
            "-2562047h47m16.854775808s");
}

}  // namespace
}  // namespace clew::base
