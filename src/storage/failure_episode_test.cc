#include "storage/failure_episode.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace clew::storage {
namespace {

class FailureEpisodeTest : public ::testing::Test {
 protected:
  // Lines that are logged for it.
  std::ptrdiff_t LinesOf(Code code, const std::string& message) {
    ::testing::internal::CaptureStderr();
    episode_.Add({code, message}, now_);
    return std::ranges::count(::testing::internal::GetCapturedStderr(), '\n');
  }

  FailureEpisode episode_{"it failed"};
  Nanos now_{0};
};

TEST_F(FailureEpisodeTest, IsToldOnceUntilItEnds) {
  EXPECT_EQ(LinesOf(Code::kUnavailable, "away"), 1);
  now_ += std::chrono::hours(1);
  EXPECT_EQ(LinesOf(Code::kUnavailable, "away"), 0);

  episode_.End();

  EXPECT_EQ(LinesOf(Code::kUnavailable, "away"), 1);
}

TEST_F(FailureEpisodeTest, IsToldAgainWhenItBecomesAnother) {
  EXPECT_EQ(LinesOf(Code::kUnavailable, "away"), 1);
  EXPECT_EQ(LinesOf(Code::kResourceExhausted, "file 1: full"), 1);
  EXPECT_EQ(LinesOf(Code::kResourceExhausted, "file 2: full"), 0);
  now_ += std::chrono::minutes(1);
  EXPECT_EQ(LinesOf(Code::kResourceExhausted, "file 3: full"), 1);
}

TEST_F(FailureEpisodeTest, OfARoundTheCallerKnowsWhatIsNews) {
  const auto round = [this](bool is_news, const std::string& message) {
    ::testing::internal::CaptureStderr();
    episode_.AddRound({Code::kUnavailable, message}, is_news, 7, now_);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_NE(round(true, "file 1: full").find("failures=7"), std::string::npos);
  EXPECT_NE(round(true, "file 1: full"), "") << "of another one";
  EXPECT_EQ(round(false, "file 2: full"), "");
  now_ += std::chrono::minutes(1);
  EXPECT_EQ(round(false, "file 1: full"), "");
  EXPECT_NE(round(false, "file 3: full"), "");
}

}  // namespace
}  // namespace clew::storage
