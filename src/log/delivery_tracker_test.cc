#include "log/delivery_tracker.h"

#include <gtest/gtest.h>

#include <memory>

namespace clew::log {
namespace {

using pipeline::DeliveryTokenPtr;

TEST(DeliveryTracker, TheFirstDecidesTheWatermark) {
  DeliveryTracker tracker;
  EXPECT_EQ(tracker.Watermark({100}), Position{100});
  DeliveryTokenPtr second = tracker.Begin({20});
  DeliveryTokenPtr first = tracker.Begin({10});
  DeliveryTokenPtr same = tracker.Begin({20});
  EXPECT_EQ(tracker.Watermark({100}), Position{10});

  first.reset();
  EXPECT_EQ(tracker.Watermark({100}), Position{20});
  second.reset();
  EXPECT_EQ(tracker.Watermark({100}), Position{20});

  // What is held behind what was read does not carry the watermark past it.
  EXPECT_EQ(tracker.Watermark({15}), Position{15});
  same.reset();
  EXPECT_EQ(tracker.Watermark({100}), Position{100});
}

TEST(DeliveryTracker, WhatIsGivenBackHoldsUntilItIsBegunAgainAndDelivered) {
  DeliveryTracker tracker;
  DeliveryTokenPtr token = tracker.Begin({10});
  token->Abandon();
  EXPECT_EQ(tracker.FirstAbandoned(), std::nullopt) << "it is on its way yet";
  token.reset();

  EXPECT_EQ(tracker.FirstAbandoned(), Position{10});
  EXPECT_EQ(tracker.Watermark({100}), Position{10});
  EXPECT_EQ(tracker.in_flight_count(), 0u);

  token = tracker.Begin({10});
  EXPECT_EQ(tracker.FirstAbandoned(), std::nullopt);
  EXPECT_EQ(tracker.Watermark({100}), Position{10});
  token.reset();
  EXPECT_EQ(tracker.Watermark({100}), Position{100});
}

TEST(DeliveryTracker, WhoKeepsTheDataElsewhereHoldsThePositionWithoutMemory) {
  base::Metrics metrics;
  base::MemoryBudget budget(1 << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kFollowers);
  DeliveryTracker tracker;
  base::MemoryHold memory(account);
  ASSERT_TRUE(memory.TryGrow(1000));
  DeliveryTokenPtr token = tracker.Begin({10}, std::move(memory));
  DeliveryTokenPtr another = token;
  DeliveryTokenPtr stored = token->WithoutMemory();

  token.reset();
  EXPECT_EQ(tracker.in_flight_bytes(), 1000u) << "another consumer has the batch";
  another.reset();

  EXPECT_EQ(account.used(), 0u);
  EXPECT_EQ(tracker.in_flight_bytes(), 0u);
  EXPECT_FALSE(tracker.holds_memory());
  EXPECT_EQ(tracker.in_flight_count(), 1u);
  EXPECT_EQ(tracker.Watermark({100}), Position{10});
  stored.reset();
  EXPECT_EQ(tracker.in_flight_count(), 0u);
  EXPECT_EQ(tracker.Watermark({100}), Position{100});
}

TEST(DeliveryTracker, WhoeverAbandonsWhatIsHeldTwiceIsHeard) {
  DeliveryTracker tracker;
  for (const bool does_first : {true, false}) {
    DeliveryTokenPtr token = tracker.Begin({10}, base::MemoryHold());
    DeliveryTokenPtr stored = token->WithoutMemory();
    (does_first ? token : stored)->Abandon();
    token.reset();
    EXPECT_EQ(tracker.FirstAbandoned(), std::nullopt) << "it may yet be stored";
    stored.reset();
    EXPECT_EQ(tracker.FirstAbandoned(), Position{10});
  }
}

TEST(DeliveryTracker, MergedTokensHoldThePositionsOfAllWithoutMemory) {
  DeliveryTracker tracker;
  DeliveryTokenPtr merged = pipeline::DeliveryToken::Merge(
      {tracker.Begin({10}, base::MemoryHold()), tracker.Begin({20})});
  EXPECT_TRUE(tracker.holds_memory());

  DeliveryTokenPtr stored = merged->WithoutMemory();
  merged.reset();

  EXPECT_FALSE(tracker.holds_memory());
  EXPECT_EQ(tracker.in_flight_count(), 2u);
  stored->Abandon();
  stored.reset();
  EXPECT_EQ(tracker.FirstAbandoned(), Position{10});
}

TEST(DeliveryTracker, ATokenMayOutliveIt) {
  auto tracker = std::make_unique<DeliveryTracker>();
  DeliveryTokenPtr token = tracker->Begin({1});
  tracker.reset();

  token->Abandon();
  token.reset();
}

}  // namespace
}  // namespace clew::log
