#include "app/cli/arguments.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace clew::app::cli {
namespace {

constexpr UnixNanos kMidnight = 1'795'392'000'000'000'000;  // 2026-11-23T00:00:00Z

TEST(Arguments, TimesAreReadInTheirForms) {
  const std::pair<const char*, UnixNanos> cases[] = {
      {"2026-11-23", kMidnight},
      {"2026-11-23T00:00:00Z", kMidnight},
      {"2026-11-23 00:01", kMidnight + 60'000'000'000},
      {"2026-11-23T01:00:00.5+01:00", kMidnight + 500'000'000},
      {"2026-11-22T23:00:00-0100", kMidnight},
      {"1795392000", kMidnight},
      {"0", 0},
      {"1678-01-01", -9'214'560'000'000'000'000},
      {"1677-09-21T00:12:43.145224192Z", std::numeric_limits<UnixNanos>::min()},
      {"2262-04-11T23:47:16.854775807Z", std::numeric_limits<UnixNanos>::max()},
      {"9223372036", 9'223'372'036'000'000'000},
  };
  for (const auto& [text, expected] : cases) {
    const auto time = ParseTime(text);

    ASSERT_TRUE(time.has_value()) << text << ": " << time.error().message;
    EXPECT_EQ(*time, expected) << text;
  }
}

TEST(Arguments, WhatIsNoTimeIsRefused) {
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-11-23T25:00:00Z",
                           "2026-11-23T00:00:00Zx", "2026-11-23Tx", "99999999999999"}) {
    const auto time = ParseTime(text);

    ASSERT_FALSE(time.has_value()) << text;
    EXPECT_EQ(time.error().code, Code::kInvalidArgument);
  }
}

TEST(Arguments, ATimeOutOfRangeIsToldWithTheRange) {
  for (const char* text : {"1677-09-21", "2262-04-11T23:47:16.854775808Z", "2263-01-01",
                           "9223372037", "-9223372038", "9223372036854775807"}) {
    const auto time = ParseTime(text);

    ASSERT_FALSE(time.has_value()) << text;
    EXPECT_EQ(time.error().message, "time out of range: \"" + std::string(text) +
                                        "\"; write one from 1677-09-21T00:12:43.145224192Z to "
                                        "2262-04-11T23:47:16.854775807Z");
  }
}

TEST(Arguments, SpansOfTimeMayBeDays) {
  EXPECT_EQ(*ParseSpan("7d"), Nanos(std::chrono::hours(168)));
  EXPECT_EQ(*ParseSpan("1h30m"), Nanos(std::chrono::minutes(90)));
  EXPECT_FALSE(ParseSpan("d").has_value());
  EXPECT_FALSE(ParseSpan("1.5d").has_value());
  EXPECT_FALSE(ParseSpan("soon").has_value());
  EXPECT_FALSE(ParseSpan("-5m").has_value());
  EXPECT_FALSE(ParseSpan("36501d").has_value());
}

TEST(Arguments, PairsAreCutAtTheFirstEqualsSign) {
  const auto pair = ParsePair("--tag", "url=a=b");

  ASSERT_TRUE(pair.has_value());
  EXPECT_EQ(pair->first, "url");
  EXPECT_EQ(pair->second, "a=b");
  EXPECT_EQ(ParsePair("--header", "Authorization: hush").error().message,
            "--header takes key=value: one of them has no \"=\"");
  EXPECT_EQ(ParsePair("--tag", "=x").error().message,
            "--tag takes key=value: one of them has no key in front of its \"=\"");
}

}  // namespace
}  // namespace clew::app::cli
