#include "storage/catalogue/retention.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <ranges>
#include <vector>

namespace clew::storage {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr UnixNanos kStart = 1'700'000'000'000'000'000;

std::int64_t NanosOf(Nanos time) { return time.count(); }

/// Its wall clock may leap.
class LeapingClock final : public Clock {
 public:
  UnixNanos Now() const override { return kStart + (passed_ + leap_).count(); }
  Nanos Monotonic() const override { return passed_; }
  void Wait(std::unique_lock<std::mutex>&, std::condition_variable&, Nanos) const override {}
  void Advance(Nanos by) { passed_ += by; }
  void Leap(Nanos by) { leap_ += by; }

 private:
  Nanos passed_{0};
  Nanos leap_{0};
};

class RetentionTest : public ::testing::Test {
 protected:
  void SetUp() override { options_.age = hours(100); }

  /// Blocks that came an hour apart, the last one at `newest`.
  void MakeBlocks(int count, UnixNanos newest = kStart) {
    for (int i = count - 1; i >= 0; --i) blocks_.push_back({newest - i * NanosOf(hours(1)), 10});
  }
  /// A round of maintenance: gives how many blocks went.
  std::size_t Round(std::uint64_t condemned_bytes = 0) {
    if (!retention_) retention_.emplace(options_, clock_, metrics_);
    const std::vector<Retention::Candidate> before = blocks_;
    chosen_ = retention_->Choose(before, condemned_bytes, [&](std::size_t i) {
      return before[i].created_at >= here_since_;
    });
    for (const Retention::Chosen& chosen : chosen_ | std::views::reverse) {
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(chosen.index));
    }
    return chosen_.size();
  }
  std::size_t RoundsFor(Nanos time) {
    std::size_t count = 0;
    for (Nanos passed{0}; passed < time; passed += minutes(1)) {
      clock_.Advance(minutes(1));
      count += Round();
    }
    return count;
  }

  RetentionOptions options_;
  LeapingClock clock_;
  base::Metrics metrics_;
  std::vector<Retention::Candidate> blocks_;
  // Those that are older are on another disk.
  UnixNanos here_since_ = 0;
  std::vector<Retention::Chosen> chosen_;
  std::optional<Retention> retention_;
};

TEST_F(RetentionTest, DeletesWhatIsOldAndNothingElse) {
  MakeBlocks(100);
  EXPECT_EQ(Round(), 0u);

  EXPECT_EQ(RoundsFor(hours(5)), 4u);

  EXPECT_EQ(RoundsFor(hours(10)), 10u);
}

TEST_F(RetentionTest, AClockThatLeapsDeletesNothing) {
  MakeBlocks(100);
  Round();
  clock_.Leap(hours(24 * 3650));

  EXPECT_EQ(RoundsFor(minutes(59)), 0u);

  EXPECT_EQ(metrics_.Sum("clew_storage_clock_leaps"), 1);
  clock_.Leap(-hours(24 * 3650));
  EXPECT_EQ(RoundsFor(minutes(59)), 0u);
  EXPECT_EQ(metrics_.Sum("clew_storage_clock_leaps"), 2);
}

TEST_F(RetentionTest, AClockThatStaysWrongDeletesSlowly) {
  MakeBlocks(1000);
  Round();
  clock_.Leap(hours(24 * 3650));

  const std::size_t count = RoundsFor(hours(3));

  EXPECT_GT(count, 0u);
  EXPECT_LE(count, 1000 * 4 * 2 / 100 + 10);
}

TEST_F(RetentionTest, AClockThatLeapedWhileNobodyRanDeletesNothingAtOnce) {
  MakeBlocks(100, kStart - NanosOf(hours(24 * 365)));

  EXPECT_EQ(RoundsFor(minutes(9)), 0u);

  EXPECT_EQ(metrics_.Sum("clew_storage_clock_leaps"), 1);
  EXPECT_LE(RoundsFor(hours(5)), 1u + 100 * 4 * 5 / 100);
}

TEST_F(RetentionTest, AProcessThatNeverRunsForLongDeletesWhatIsOld) {
  MakeBlocks(3);
  clock_.Advance(hours(110));

  for (int start = 0; start < 3; ++start) {
    retention_.reset();
    Round();
    RoundsFor(minutes(11));
  }

  EXPECT_TRUE(blocks_.empty());
}

TEST_F(RetentionTest, WhatIsDueTogetherGoesInAQuarterOfTheAge) {
  for (int i = 0; i < 1000; ++i) blocks_.push_back({kStart + i, 10});
  Round();
  EXPECT_EQ(RoundsFor(hours(100)), 0u);

  const std::size_t in_half_of_it = RoundsFor(minutes(750));
  EXPECT_GT(in_half_of_it, 490u);
  EXPECT_LT(in_half_of_it, 520u);

  EXPECT_EQ(in_half_of_it + RoundsFor(minutes(751)), 1000u);
}

TEST_F(RetentionTest, ShortAgesAndRareRoundsAreKeptToAsWell) {
  options_.age = std::chrono::seconds(20);
  for (int i = 0; i < 1000; ++i) blocks_.push_back({kStart + i, 10});
  Round();
  clock_.Advance(std::chrono::seconds(20));
  Round();

  for (int i = 0; i < 6; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    Round();
  }

  EXPECT_TRUE(blocks_.empty());
}

TEST_F(RetentionTest, SizeDoesNotWaitForTheClock) {
  options_.bytes = 500;
  MakeBlocks(100, kStart - NanosOf(hours(24 * 365)));

  EXPECT_EQ(Round(), 50u);

  EXPECT_EQ(chosen_.front().reason, DeletionReason::kSize);
}

TEST_F(RetentionTest, MakesRoomOnAFullDisk) {
  options_.disk_reserve_bytes = 1000;
  std::uint64_t free = 975;
  options_.free_disk_bytes = [&] { return free; };
  MakeBlocks(10);

  EXPECT_EQ(Round(), 3u);
  EXPECT_EQ(chosen_.front().reason, DeletionReason::kDisk);

  EXPECT_EQ(Round(30), 0u) << "what is on its way counts";
  free = 1005;
  EXPECT_EQ(Round(), 0u);
}

TEST_F(RetentionTest, ADiskThatOthersFillTakesLittle) {
  options_.age = Nanos(0);
  options_.disk_reserve_bytes = 50;
  options_.free_disk_bytes = [] { return 0; };
  MakeBlocks(1000);

  EXPECT_EQ(Round(), 5u) << "the reserve, once";
  EXPECT_EQ(metrics_.Sum("clew_storage_disk_missing_bytes"), 0);
  EXPECT_EQ(Round(), 0u);
  EXPECT_EQ(metrics_.Sum("clew_storage_disk_missing_bytes"), 50);

  const std::size_t count = RoundsFor(hours(6));

  EXPECT_GT(count, 100u);
  EXPECT_LE(count, 250u);
}

TEST_F(RetentionTest, AStoreThatFillsItsDiskMakesRoomForItself) {
  options_.age = Nanos(0);
  options_.disk_reserve_bytes = 50;
  std::uint64_t free = 50;
  options_.free_disk_bytes = [&] { return free; };
  MakeBlocks(1000);
  Round();

  for (int i = 0; i < 500; ++i) {
    blocks_.push_back({kStart + i, 10});
    free -= 10;
    EXPECT_EQ(Round(), 1u);
    free += 10;
  }
}

TEST_F(RetentionTest, AFullDiskLeavesTheNewest) {
  options_.age = Nanos(0);
  options_.disk_reserve_bytes = 50;
  options_.disk_floor_bytes = 995;
  options_.free_disk_bytes = [] { return 0; };
  MakeBlocks(200);

  EXPECT_EQ(Round() + RoundsFor(hours(48)), 100u);

  EXPECT_EQ(metrics_.Sum("clew_storage_disk_missing_bytes"), 50);
}

TEST_F(RetentionTest, AFullDiskPassesOverBlocksThatMakeNoRoom) {
  options_.age = Nanos(0);
  options_.disk_reserve_bytes = 50;
  options_.disk_floor_bytes = 100;
  options_.free_disk_bytes = [] { return 20; };
  MakeBlocks(1000);
  here_since_ = blocks_[980].created_at;

  EXPECT_EQ(Round(), 3u);

  EXPECT_EQ(chosen_.front().index, 980u);
  EXPECT_EQ(metrics_.Sum("clew_storage_disk_missing_bytes"), 0);
  EXPECT_EQ(Round() + RoundsFor(hours(48)), 7u) << "those that are passed over are not the newest";
  EXPECT_EQ(blocks_.size(), 990u);
  EXPECT_EQ(metrics_.Sum("clew_storage_disk_missing_bytes"), 30);
}

TEST_F(RetentionTest, WhatAgeDeletesElsewhereMakesNoRoom) {
  options_.disk_reserve_bytes = 50;
  options_.free_disk_bytes = [] { return 45; };
  MakeBlocks(101);
  here_since_ = blocks_[50].created_at;
  clock_.Advance(minutes(1));

  EXPECT_EQ(Round(), 2u);

  EXPECT_EQ(chosen_[0].index, 0u);
  EXPECT_EQ(chosen_[0].reason, DeletionReason::kAge);
  EXPECT_EQ(chosen_[1].index, 50u);
  EXPECT_EQ(chosen_[1].reason, DeletionReason::kDisk);
}

TEST_F(RetentionTest, ADiskThatCannotBeMeasuredDeletesNothing) {
  options_.disk_reserve_bytes = 1000;
  options_.free_disk_bytes = [] { return std::nullopt; };
  MakeBlocks(10);

  EXPECT_EQ(Round(), 0u);
}

}  // namespace
}  // namespace clew::storage
