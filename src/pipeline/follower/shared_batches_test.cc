#include "pipeline/follower/shared_batches.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

#include "pipeline/testing/opaque_batch.h"

namespace clew::pipeline {
namespace {

using testing::MakeOpaqueBatch;

TEST(SharedBatches, MakesOneOnlyWhenNobodyHasIt) {
  SharedBatches batches;
  int made = 0;
  const auto make = [&]() -> Result<model::BatchPtr> {
    ++made;
    return MakeOpaqueBatch(1);
  };
  model::BatchPtr first = batches.GetOrMake({10}, make).value();
  EXPECT_EQ(batches.GetOrMake({10}, make).value(), first);
  EXPECT_NE(batches.GetOrMake({20}, make).value(), first);
  EXPECT_EQ(made, 2);

  first = nullptr;

  EXPECT_NE(batches.GetOrMake({10}, make).value(), nullptr);
  EXPECT_EQ(made, 3);
}

TEST(SharedBatches, WhatCannotBeMadeIsTriedAgain) {
  SharedBatches batches;
  EXPECT_FALSE(
      batches
          .GetOrMake(
              {10},
              [] { return Result<model::BatchPtr>(base::MakeError(Code::kDataLoss, "broken")); })
          .has_value());
  EXPECT_TRUE(batches.GetOrMake({10}, [] { return Result<model::BatchPtr>(MakeOpaqueBatch(1)); })
                  .has_value());
}

TEST(SharedBatches, WhoComesWhileOneIsMadeWaitsForIt) {
  SharedBatches batches;
  std::latch both_began(2);
  std::vector<model::BatchPtr> got(2);
  std::atomic<int> made = 0;
  const auto get = [&](std::size_t i) {
    both_began.arrive_and_wait();
    got[i] = batches
                 .GetOrMake({10},
                            [&]() -> Result<model::BatchPtr> {
                              ++made;
                              return MakeOpaqueBatch(1);
                            })
                 .value();
  };
  {
    const std::jthread first([&] { get(0); });
    const std::jthread second([&] { get(1); });
  }
  EXPECT_EQ(got[0], got[1]);
  EXPECT_EQ(made, 1);
}

TEST(SharedBatches, ForgetsWhatNobodyHas) {
  SharedBatches batches;
  std::vector<model::BatchPtr> held;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto batch =
        batches.GetOrMake({i}, [] { return Result<model::BatchPtr>(MakeOpaqueBatch(1)); });
    if (i % 100 == 0) held.push_back(batch.value());
  }
  EXPECT_LE(batches.size(), 2 * held.size() + 64);
}

}  // namespace
}  // namespace clew::pipeline
