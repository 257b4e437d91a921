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
