#include "api/rfc3339.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace clew::api {
namespace {

TEST(ParseRfc3339, TakesFractionsZonesAndUnescapedPluses) {
  constexpr UnixNanos kSecond = 1'000'000'000;
  struct Case {
    const char* text;
    UnixNanos expected;
  };
  const std::vector<Case> cases = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:01.5Z", kSecond + kSecond / 2},
      {"1970-01-01T00:00:00.123456789123Z", 123'456'789},
      {"1970-01-01T02:00:00+02:00", 0},
      {"1970-01-01T02:00:00 02:00", 0},
      {"1969-12-31T23:00:00-01:30", kSecond * 1800},
      {"2024-02-29T12:00:00z", 1'709'208'000 * kSecond},
      {"1969-12-31T23:59:59.9Z", -kSecond / 10},
      {"1677-09-21T00:12:43.145224192Z", std::numeric_limits<UnixNanos>::min()},
      {"2262-04-11T23:47:16.854775807Z", std::numeric_limits<UnixNanos>::max()},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ParseRfc3339(c.text), c.expected) << c.text;
  }
}

TEST(ParseRfc3339, RefusesTheRest) {
  for (const char* bad :
       {"", "now", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00+2:00",
        "1970-01-01T00:00:00.Z", "2023-02-29T00:00:00Z", "1970-13-01T00:00:00Z",
        "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:00Zx",
        "1677-09-21T00:12:43.145224191Z", "2262-04-11T23:47:16.854775808Z", "0001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z", "1970-01-01T00:00:00+24:00"}) {
    EXPECT_FALSE(ParseRfc3339(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace clew::api
