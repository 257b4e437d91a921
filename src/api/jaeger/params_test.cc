#include "api/jaeger/params.h"

#include <gmock/gmock.h>

#include <limits>

namespace clew::api::jaeger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ParseInteger, TakesGoDecimalsInRange) {
  EXPECT_EQ(ParseInteger("+12", 0, 100), 12);
  EXPECT_EQ(ParseInteger("-5", -10, 0), -5);
  for (const char* bad :
       {"", "x", "1x", " 1", "1.5", "+-1", "++1", "101", "-1", "99999999999999999999"}) {
    EXPECT_EQ(ParseInteger(bad, 0, 100).error().code, Code::kInvalidArgument) << bad;
  }
}

TEST(ParseBool, TakesGoSpellings) {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) {
    EXPECT_EQ(ParseBool(text), true) << text;
  }
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_EQ(ParseBool(text), false) << text;
  }
  EXPECT_FALSE(ParseBool("yes").has_value());
}

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

TEST(ParseTextMap, TakesAnObjectOfStrings) {
  EXPECT_THAT(*ParseTextMap(R"({"b":"2","a":"1","b":"3"})"),
              ElementsAre(Pair("a", "1"), Pair("b", "3")));
  EXPECT_THAT(*ParseTextMap("null"), IsEmpty());
  for (const std::string& bad : {std::string("{"), std::string("[]"), std::string(R"({"a":1})"),
                                 std::string(R"({"a":null})"), std::string("{\"a\":\"\xFF\"}"),
                                 std::string(100'000, '['), std::string()}) {
    EXPECT_FALSE(ParseTextMap(bad).has_value()) << bad.substr(0, 20);
  }
}

TEST(ParseTraceId, TakesHexAndBase64) {
  const TraceId id = TraceId::FromHex("0102030405060708090a0b0c0d0e0f10").value();
  const TraceId with_marks = TraceId::FromHex("fbefbefbefbefbefbefbefbefbefbeff").value();
  EXPECT_EQ(ParseTraceId("0102030405060708090a0b0c0d0e0f10"), id);
  EXPECT_EQ(ParseTraceId("AQIDBAUGBwgJCgsMDQ4PEA=="), id);
  EXPECT_EQ(ParseTraceId("AQIDBAUGBwgJCgsMDQ4PEA"), id);
  EXPECT_EQ(ParseTraceId("--------------------_w"), with_marks);
  EXPECT_EQ(ParseTraceId("++++++++++++++++++++/w"), with_marks);
  EXPECT_EQ(ParseTraceId("AAAAAAAAAAE="), TraceId::FromHex("1").value());
  EXPECT_EQ(ParseTraceId("AB"), TraceId::FromHex("ab").value());
  for (const char* bad : {"", "xyz", "AQIDBAUGBwgJCgsMDQ4P!A==", "AQIDBAUGBwgJCgsMDQ4PEBESExQ=",
                          "00102030405060708090a0b0c0d0e0f10"}) {
    EXPECT_FALSE(ParseTraceId(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace clew::api::jaeger
