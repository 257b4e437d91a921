#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/log.h"
#include "tests/conformance/log_suite.h"

namespace clew::log {

// The part of the suite that is about appends under way.

TEST_P(LogSuite, OneThreadHasAnyNumberOfAppendsUnderWay) {
  constexpr int kCount = 3000;
  std::mutex mutex;
  std::vector<Position> begins;
  for (int i = 0; i < kCount; ++i) {
    log_->Append(MakeRecord(std::to_string(i))).Then([&](const Result<Appended>& where) {
      EXPECT_TRUE(where.has_value());
      // Who awaits it finds it.
      EXPECT_GE(log_->end(), where->end);
      const std::scoped_lock lock(mutex);
      begins.push_back(where->begin);
    });
  }
  log_->Close();

  // When Close has returned everybody was called.
  const std::scoped_lock lock(mutex);
  EXPECT_EQ(std::set(begins.begin(), begins.end()).size(), kCount);
  Reopen();
  EXPECT_EQ(BodiesFrom({}).size(), kCount);
}

TEST_P(LogSuite, WhoAwaitsAnAppendMayBeTheLastToHoldTheLog) {
  std::shared_ptr<Log> last = std::move(log_);
  const std::weak_ptr<Log> log = last;
  std::promise<void> is_gone;
  auto appended = last->Append(MakeRecord("one"));
  std::move(appended).Then(
      [last = std::move(last), &is_gone](const Result<Appended>& where) mutable {
        EXPECT_TRUE(where.has_value());
        last.reset();
        is_gone.set_value();
      });
  is_gone.get_future().wait();

  EXPECT_TRUE(log.expired());
  Reopen();
  EXPECT_THAT(BodiesFrom({}), ElementsAre("one"));
}

}  // namespace clew::log
