#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "log/test_local_log.h"
#include "model/limits.h"

/// What a log takes, and what makes room in it.
namespace clew::log {
namespace {

using testing::IsEmpty;

TEST_F(LocalLogTest, WhatAllConsumersHaveCommittedIsDeleted) {
  options_.segment_bytes = 10'000;
  const auto log = Open().value();
  std::vector<Appended> places;
  for (int i = 0; i < 6; ++i)
    places.push_back(log->Append(MakeRecord(std::string(10'000, 'a'))).Wait().value());
  const std::uint64_t full_size = log->size_bytes();
  ASSERT_EQ(SegmentFiles().size(), 6U);

  ASSERT_TRUE(log->Commit("slow", places[1].begin).has_value());
  EXPECT_EQ(SegmentFiles().size(), 5U);
  ASSERT_TRUE(log->Commit("fast", places[5].end).has_value());
  EXPECT_EQ(SegmentFiles().size(), 5U);
  EXPECT_EQ(log->Committed("new"), Position{places[0].end});
  const auto lag = [&](const char* consumer) {
    return static_cast<double>(log->end().offset - log->Committed(consumer).offset);
  };
  EXPECT_EQ(metrics_.Sum("clew_log_consumer_lag_bytes"), lag("slow") + lag("fast"));
  ASSERT_TRUE(log->Forget("slow").has_value());

  EXPECT_EQ(metrics_.Sum("clew_log_consumer_lag_bytes"), lag("fast"));
  EXPECT_EQ(SegmentFiles().size(), 1U);
  EXPECT_LT(log->size_bytes(), full_size / 5);
  EXPECT_THAT(Bodies(*log, log->Committed("fast")), IsEmpty());
  EXPECT_EQ(metrics_.Sum("clew_log_deleted_segments_total"), 5);
  EXPECT_EQ(metrics_.Sum("clew_log_segments"), 1);
}

TEST_F(LocalLogTest, AReaderKeepsWhatIsDeletedMeanwhile) {
  options_.segment_bytes = 10'000;
  const auto log = Open().value();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->Append(MakeRecord(std::string(10'000, 'a'))).Wait());
  int visit_count = 0;

  const auto end = log->Read({}, [&](const Appended&, const Record&) {
    ++visit_count;
    return log->Commit("fast", log->end());
  });

  EXPECT_TRUE(end.has_value());
  EXPECT_EQ(visit_count, 3);
}

TEST_F(LocalLogTest, TheSizeLimitRefusesAndRecovers) {
  options_.segment_bytes = 1u << 30;
  options_.bytes_max = 1'000'000;
  const auto log = Open().value();
  Position end;
  for (;;) {
    const auto appended = log->Append(MakeRecord(std::string(40'000, 'a'))).Wait();
    if (!appended.has_value()) {
      EXPECT_EQ(appended.error().code, Code::kResourceExhausted);
      EXPECT_TRUE(appended.error().retry_after.has_value());
      break;
    }
    end = appended->end;
  }
  EXPECT_LE(log->size_bytes(), options_.bytes_max);
  EXPECT_GT(log->size_bytes(), options_.bytes_max / 2);
  EXPECT_EQ(metrics_.Sum("clew_log_refused_records_total"), 1);
  const Status full = log->CheckReachable();
  ASSERT_FALSE(full.has_value());
  EXPECT_THAT(full.error().message, testing::HasSubstr("raise log::limit_mib"));

  ASSERT_TRUE(log->Commit("storage", end).has_value());

  EXPECT_TRUE(log->CheckReachable().has_value());

  EXPECT_TRUE(log->Append(MakeRecord(std::string(40'000, 'a'))).Wait().has_value());
}

TEST_F(LocalLogTest, AConsumerThatHoldsANearlyFullLogIsNamedNowAndThen) {
  options_.bytes_max = 1'000'000;
  base::ManualClock clock(0);
  const auto log = OpenLocalLog(options_, clock, metrics_).value();
  const auto append = [&] { return log->Append(MakeRecord(std::string(50'000, 'a'))).Wait(); };
  ASSERT_TRUE(log->Commit("pipeline/traces/slow", {}).has_value());
  testing::internal::CaptureStderr();
  while (log->size_bytes() < 700'000) {
    ASSERT_TRUE(log->Commit("storage", append()->end).has_value());
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");

  testing::internal::CaptureStderr();
  while (append()) {
  }
  const std::string text = testing::internal::GetCapturedStderr();

  EXPECT_THAT(text, testing::HasSubstr("consumer=pipeline/traces/slow held_bytes="));
  EXPECT_THAT(text, testing::HasSubstr("limit_bytes=1000000"));
  EXPECT_THAT(text, testing::HasSubstr("log::limit_mib"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  clock.Advance(std::chrono::minutes(1));
  testing::internal::CaptureStderr();
  EXPECT_FALSE(append());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("nearly full"));
}

TEST_F(LocalLogTest, WhatIsTooLargeIsRefused) {
  options_.record_bytes_max = 1000;
  const auto log = Open().value();

  EXPECT_EQ(log->Append(MakeRecord(std::string(1001, 'a'))).Wait().error().code,
            Code::kInvalidArgument);
  EXPECT_TRUE(log->Append(MakeRecord(std::string(1000, 'a'))).Wait().has_value());
  Record record = MakeRecord("x");
  record.pipeline = std::string(256, 'p');
  EXPECT_EQ(log->Append(record).Wait().error().code, Code::kInvalidArgument);
  record.pipeline.pop_back();
  EXPECT_TRUE(log->Append(record).Wait().has_value());
  EXPECT_EQ(log->Commit(std::string(81, 'c'), {}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(log->Commit("", {}).error().code, Code::kInvalidArgument);
}

// Unpacked, too: a batch that the limits of decoding cut is logged so.
TEST_F(LocalLogTest, WhatAReceiverTookFits) {
  EXPECT_GT(options_.record_bytes_max, model::kBodyBytesMax);
  const auto log = Open().value();
  const std::string body(129u << 20, 'a');

  ASSERT_TRUE(log->Append(MakeRecord(body)).Wait().has_value());

  const auto end = log->Read({}, [&](const Appended&, const Record& record) {
    EXPECT_TRUE(record.body.view() == body);
    return Status();
  });
  EXPECT_EQ(end, log->end());
}

TEST_F(LocalLogTest, WhatCouldNeverFitIsNotToBeSentAgain) {
  options_.bytes_max = 80'000;
  const auto log = Open().value();

  const auto appended = log->Append(MakeRecord(std::string(30'001, 'a'))).Wait();

  EXPECT_EQ(appended.error().code, Code::kInvalidArgument);
  EXPECT_FALSE(appended.error().is_retryable());
  for (int i = 0; i < 10; ++i) {
    const auto fits = log->Append(MakeRecord(std::string(30'000, 'a'))).Wait();
    ASSERT_TRUE(fits.has_value()) << i << ": " << fits.error().message;
    ASSERT_TRUE(log->Commit("storage", fits->end).has_value());
  }
}

}  // namespace
}  // namespace clew::log
