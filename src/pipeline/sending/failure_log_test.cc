#include "pipeline/sending/failure_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace clew::pipeline::sending {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using Outcome = FailureLog::Outcome;

class FailureLogTest : public ::testing::Test {
 protected:
  static std::string LinesOf(const std::function<void()>& act) {
    ::testing::internal::CaptureStderr();
    act();
    return ::testing::internal::GetCapturedStderr();
  }

  const Error away_{Code::kUnavailable, "away"};
  base::ManualClock clock_{1};
  FailureLog log_{"otlp/x", model::Signal::kTraces, clock_};
};

TEST_F(FailureLogTest, ABackEndThatIsAwayIsToldOnceAMinuteAndWhenItIsBack) {
  const auto retry = [&] { log_.AddRetry(away_, seconds(5)); };
  EXPECT_EQ(LinesOf([&] { log_.AddSuccess(); }), "");

  const std::string first = LinesOf(retry);
  EXPECT_THAT(first, HasSubstr("Exporting failed. Will retry"));
  EXPECT_THAT(first, HasSubstr("otelcol.component.id=otlp/x error=away interval=5s failures=1"));
  clock_.Advance(minutes(1) - seconds(1));
  EXPECT_EQ(LinesOf([&] {
              for (int i = 0; i < 100; ++i) retry();
            }),
            "");
  clock_.Advance(seconds(1));
  EXPECT_THAT(LinesOf(retry), HasSubstr("failures=102"));

  EXPECT_THAT(LinesOf([&] { log_.AddSuccess(); }), HasSubstr("Exporting works again."));
  EXPECT_EQ(LinesOf([&] { log_.AddSuccess(); }), "");
}

TEST_F(FailureLogTest, WhatFailsNowAndThenIsToldNoMoreThanThat) {
  const std::string lines = LinesOf([&] {
    for (int i = 0; i < 100; ++i) {
      log_.AddRetry(away_, seconds(5));
      log_.AddSuccess();
    }
  });
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << lines;
}

TEST_F(FailureLogTest, WhatIsGivenUpIsToldWithHowMuch) {
  const auto drop = [&] { log_.AddGivenUp(Outcome::kDropped, away_, 10); };
  EXPECT_THAT(LinesOf(drop), HasSubstr("requests=1 dropped_items=10"));
  EXPECT_EQ(LinesOf([&] {
              drop();
              drop();
            }),
            "");
  EXPECT_THAT(LinesOf([&] { log_.AddGivenUp(Outcome::kKeptByLog, away_, 7); }),
              HasSubstr("stays in the log"))
      << "the other does not hide it";
  clock_.Advance(minutes(1));
  EXPECT_THAT(LinesOf(drop), HasSubstr("requests=3 dropped_items=30"));

  drop();
  EXPECT_THAT(LinesOf([&] { log_.Finish(); }), HasSubstr("error=away"));
  EXPECT_EQ(LinesOf([&] { log_.Finish(); }), "");
}

}  // namespace
}  // namespace clew::pipeline::sending
