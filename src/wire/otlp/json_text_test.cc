#include "wire/otlp/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace clew::wire::otlp {
namespace {

struct TextCase {
  std::string_view in;
  std::string_view out;
};

TEST(JsonText, RepairUtf8ReplacesEachMaximalPart) {
  const TextCase cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x98\x80"},
      {"a\xFF"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                  // overlong
      {"\xE2\x82", "\xEF\xBF\xBD"},                                              // cut short
      {"\xE2\x82!", "\xEF\xBF\xBD!"},                                            // broken off
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                  // surrogate
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // over U+10FFFF
  };
  for (const TextCase& c : cases) EXPECT_EQ(RepairUtf8(c.in), c.out) << c.in;
}

TEST(JsonText, WhatIsRepairedIsShownAsThat) {
  EXPECT_TRUE(IsShownAs("plain", "plain"));
  EXPECT_TRUE(IsShownAs("a\xFF", "a\xEF\xBF\xBD"));
  EXPECT_TRUE(IsShownAs("a\xFF", "a\xFF")) << "asked for as it is stored";
  EXPECT_TRUE(IsShownAs("a\xEF\xBF\xBD", "a\xEF\xBF\xBD"));
  EXPECT_FALSE(IsShownAs("a\xFF", "a"));
  EXPECT_FALSE(IsShownAs("b\xFF", "a\xEF\xBF\xBD"));
}

TEST(JsonText, Utf8ValidSizeStopsAtTheFirstFault) {
  EXPECT_EQ(Utf8ValidSize("ab\xC3\xBC"), 4u);
  EXPECT_EQ(Utf8ValidSize("ab\xC3"), 2u);
}

TEST(JsonText, AppendUnescapedKnowsEveryEscape) {
  const TextCase cases[] = {
      {R"(a\"\\\/\b\f\n\r\tz" rest)", "a\"\\/\b\f\n\r\tz"},
      {R"(\u0041\u00e9\u20AC")", "A\xC3\xA9\xE2\x82\xAC"},
      {R"(\ud83d\ude00")", "\xF0\x9F\x98\x80"},
      {R"(\ud83d!")", "\xEF\xBF\xBD!"},
      {R"(\ud83d\u0041")",
       "\xEF\xBF\xBD"
       "A"},
      {R"(\ude00\ud83d")", "\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (const TextCase& c : cases) {
    std::string out;
    EXPECT_TRUE(AppendUnescaped(c.in, out)) << c.in;
    EXPECT_EQ(out, c.out) << c.in;
  }
}

TEST(JsonText, AppendUnescapedRefusesBadEscapesAndOpenEnds) {
  for (const std::string_view text : {R"(\x")", R"(\u12")", R"(\u12g4")", R"(\)", "open", "\\"}) {
    std::string out;
    EXPECT_FALSE(AppendUnescaped(text, out)) << text;
  }
}

TEST(JsonText, IsJsonNumberFollowsTheGrammar) {
  for (const std::string_view text : {"0", "-0", "10", "1.5", "-1.5e+10", "1E5", "0.0"}) {
    EXPECT_TRUE(IsJsonNumber(text)) << text;
  }
  for (const std::string_view text :
       {"", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "1 ", "inf", "--1"}) {
    EXPECT_FALSE(IsJsonNumber(text)) << text;
  }
}

TEST(JsonText, WholeNumbersComeInEveryNotation) {
  EXPECT_EQ(ParseInt64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ParseInt64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseUint64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(ParseInt64("1e3"), 1000);
  EXPECT_EQ(ParseInt64("-5.0"), -5);
  EXPECT_EQ(ParseUint64("5.0"), 5u);
  EXPECT_EQ(ParseUint64("-0"), 0u);
  EXPECT_EQ(ParseInt64("0.0e99999999999999999999"), 0);
  // A double would round these.
  EXPECT_EQ(ParseInt64("9223372036854775807.0"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ParseInt64("-9.223372036854775808e18"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseUint64("1844674407370955161.5e1"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(ParseInt64("9007199254740993.0"), 9007199254740993);
  EXPECT_EQ(ParseInt64("12000e-3"), 12);
  for (const std::string_view text :
       {"9223372036854775808", "-9223372036854775809", "1.5", "", "x", "1x", " 1", "NaN", "1e19",
        "1e-400", "1e99999999999999999999", "12000e-4", "1 ", "9223372036854775807.5"}) {
    EXPECT_EQ(ParseInt64(text), std::nullopt) << text;
  }
  for (const std::string_view text : {"-1", "18446744073709551616", "2e19", "-1.0"}) {
    EXPECT_EQ(ParseUint64(text), std::nullopt) << text;
  }
}

TEST(JsonText, DoublesHaveThreeNames) {
  EXPECT_EQ(ParseDouble("2.5"), 2.5);
  EXPECT_EQ(ParseDouble("Infinity"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDouble("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(ParseDouble("NaN").value_or(0)));
  for (const std::string_view text : {"nan", "inf", "+1", "", "1e999", "0x1p3"}) {
    EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
  }
}

TEST(JsonText, DoublesTooSmallAreZeroWithTheirSign) {
  for (const std::string_view text : {"1e-400", "2e-324", "0.1e-99999999999999999999"}) {
    EXPECT_EQ(ParseDouble(text), 0.0) << text;
  }
  EXPECT_TRUE(std::signbit(ParseDouble("-1e-400").value_or(1)));
  EXPECT_EQ(ParseDouble("3e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(ParseDouble("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(ParseDouble("0." + std::string(400, '0') + "1e401"), 1.0);
  EXPECT_EQ(ParseDouble("0e999"), 0.0);
  EXPECT_EQ(ParseDouble("1.8e308"), std::nullopt);
  EXPECT_EQ(ParseDouble("1" + std::string(400, '0')), std::nullopt);
}

TEST(JsonText, HexGoesBothWays) {
  std::string out;
  EXPECT_TRUE(AppendHexDecoded("00ffAb", out));
  EXPECT_EQ(out, std::string("\x00\xFF\xAB", 3));
  EXPECT_EQ(HexEncode(out), "00ffab");
  EXPECT_FALSE(AppendHexDecoded("0", out));
  EXPECT_FALSE(AppendHexDecoded("0g", out));
}

}  // namespace
}  // namespace clew::wire::otlp
