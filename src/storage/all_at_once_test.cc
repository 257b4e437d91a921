#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "storage/storage.h"
#include "storage/testing/local_log_store.h"

/// Everything that changes a store and everything that reads it, at once; for the thread sanitizer,
/// too.
namespace clew::storage {
namespace {

using testing::LocalLogStore;
using testing::OneSpan;

constexpr int kAppenderCount = 3;
constexpr int kSpansOfEach = 200;
constexpr int kOldBlockCount = 20;
/// Of the clock. What comes while it goes on is younger than an hour all the time.
constexpr Nanos kStep = std::chrono::minutes(1);
constexpr int kStepCount = 40;

/// The id of OneSpan(number).
TraceId IdOf(int number) { return OneSpan(number).spans.front().trace_id; }

bool Holds(const std::vector<scan::SpanSourcePtr>& sources, const TraceId& id) {
  return std::ranges::any_of(sources, [&](const scan::SpanSourcePtr& source) {
    const auto spans = source->ReadTraces({&id, 1}, scan::ReadExtent::kAll);
    EXPECT_TRUE(spans.has_value()) << spans.error().message;
    return spans.has_value() && *spans != nullptr;
  });
}

TEST(StorageAllAtOnce, WhatIsAcknowledgedIsFoundWhateverSealsDeletesAndReads) {
  LocalLogStore store;
  store.options.seal.row_group_span_count = 20;
  store.options.seal.block_span_count = 50;
  store.options.retention.age = std::chrono::hours(1);
  store.Reopen();
  // Blocks that are deleted one after the other meanwhile.
  const auto old_number = [](int i) { return kAppenderCount * kSpansOfEach + i; };
  for (int i = 0; i < kOldBlockCount; ++i) {
    store.AppendBlock(old_number(i));
    store.clock.Advance(kStep);
  }
  store.clock.Advance(std::chrono::minutes(30));
  std::atomic<int> appending = kAppenderCount;

  std::vector<std::jthread> threads;
  for (int appender = 0; appender < kAppenderCount; ++appender) {
    threads.emplace_back([&, appender] {
      for (int i = 0; i < kSpansOfEach; ++i) {
        const int number = appender * kSpansOfEach + i;
        EXPECT_TRUE(store.Append(OneSpan(number)).has_value());
        EXPECT_TRUE(Holds(store.storage().Sources({}), IdOf(number))) << number;
      }
      --appending;
    });
  }
  threads.emplace_back([&] {
    for (int round = 0; appending > 0 || round < kStepCount; ++round) {
      EXPECT_TRUE(store.storage().Maintain().has_value());
      if (round % 4 == 0) {
        EXPECT_TRUE(store.storage().Flush().has_value());
      }
      if (round < kStepCount) store.clock.Advance(kStep);
    }
  });
  threads.emplace_back([&] {
    while (appending > 0) {
      for (const scan::SpanSourcePtr& source : store.storage().Sources({})) {
        const auto spans = source->ReadAll(scan::ReadExtent::kAll);
        EXPECT_TRUE(spans.has_value()) << spans.error().message;
      }
      EXPECT_TRUE(store.storage().LeftOut({}).empty());
    }
  });
  threads.clear();

  ASSERT_TRUE(store.storage().Maintain().has_value());
  for (int i = 0; i < kOldBlockCount; ++i) {
    EXPECT_FALSE(Holds(store.storage().Sources({}), IdOf(old_number(i)))) << i;
  }
  EXPECT_EQ(store.SpanCount(), kAppenderCount * kSpansOfEach);
  store.Reopen();
  EXPECT_EQ(store.SpanCount(), kAppenderCount * kSpansOfEach);
}

}  // namespace
}  // namespace clew::storage
