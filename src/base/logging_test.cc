#include "base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace clew::base {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string WrittenBy(LogLevel threshold, LogEncoding encoding, auto write) {
  ConfigureLogging(threshold, encoding);
  ::testing::internal::CaptureStderr();
  write();
  std::string text = ::testing::internal::GetCapturedStderr();
  ConfigureLogging(LogLevel::kInfo, LogEncoding::kConsole);
  return text;
}

TEST(Logging, ConsoleLineHasKeysAndValues) {
  const std::string line = WrittenBy(LogLevel::kInfo, LogEncoding::kConsole, [] {
    Log(LogLevel::kWarn, "disk is full", {{"directory", "data/log"}, {"why", "no room"}});
  });

  EXPECT_THAT(line, EndsWith("disk is full directory=data/log why=\"no room\"\n"));
  EXPECT_THAT(line, HasSubstr("warn"));
}

TEST(Logging, JsonLineIsOneObject) {
  const std::string line = WrittenBy(LogLevel::kInfo, LogEncoding::kJson, [] {
    Log(LogLevel::kInfo, "a \"b\"\n", {{"key", "c:\\d\x01"}});
  });

  EXPECT_THAT(line, ::testing::StartsWith("{\"ts\":\""));
  EXPECT_THAT(line, EndsWith("\"level\":\"info\",\"msg\":\"a \\\"b\\\"\\n\",\"key\":"
                             "\"c:\\\\d\\u0001\"}\n"));
}

TEST(Logging, TimesOfAnyYearAreWhole) {
  const auto of = [](std::time_t seconds, long nanos) {
    return LogTime({.tv_sec = seconds, .tv_nsec = nanos});
  };

  EXPECT_THAT(of(-2543, 33'704'000), ::testing::ContainsRegex("T[0-9:]+\\.033[+-][0-9:]+$"));
  EXPECT_THAT(of(0, 0), ::testing::ContainsRegex("T[0-9:]+\\.000[+-][0-9:]+$"));
  EXPECT_THAT(of(9'300'000'000, 999'999'999), ::testing::StartsWith("2264-"));
  EXPECT_THAT(of(9'300'000'000, 999'999'999), HasSubstr(".999"));
}

TEST(Logging, ValuesCannotFakeALine) {
  const std::string line = WrittenBy(LogLevel::kInfo, LogEncoding::kConsole, [] {
    Log(LogLevel::kInfo, "one\ntwo", {{"key", "x\ny\x1b[31m"}});
  });

  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(line, Not(HasSubstr("\x1b[31m")));
}

TEST(Logging, TheThreadWritesAllInOrderAndThenTheCallersDo) {
  const std::string text = WrittenBy(LogLevel::kInfo, LogEncoding::kConsole, [] {
    {
      const auto thread = LogThread::Start();
      ASSERT_TRUE(thread.has_value());
      for (int i = 0; i < 100; ++i) Log(LogLevel::kInfo, "line", {{"number", std::to_string(i)}});
      WriteToStandardError("said\n");
    }
    Log(LogLevel::kInfo, "after");
  });

  EXPECT_THAT(text, ::testing::ContainsRegex("number=98\n.*number=99\nsaid\n.*after\n$"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 102);
  EXPECT_EQ(CountLostLogLines().unread, 0u);
}

TEST(Logging, LevelsBelowTheThresholdAreSilent) {
  const std::string text = WrittenBy(LogLevel::kError, LogEncoding::kConsole, [] {
    Log(LogLevel::kDebug, "debug");
    Log(LogLevel::kWarn, "warn");
  });

  EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace clew::base
