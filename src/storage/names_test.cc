#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// Names of operations come from roll-ups as far as there are any, traces from blocks that may hold
/// them.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestStore;

class NamesTest : public ::testing::Test {
 protected:
  void AppendBlock(TestStore& store, int number, const std::string& service,
                   std::size_t operation_count = 1) {
    const std::string trace = std::to_string(number);
    std::vector<testing::SpanSpec> spans;
    for (std::size_t i = 0; i < operation_count; ++i) {
      spans.push_back({.trace = trace,
                       .span = fmt::format("{:x}", i + 1),
                       .service = service,
                       .name = fmt::format("op-{}", i)});
    }
    ASSERT_TRUE(store.Append(testing::MakeData(spans)).has_value());
    ASSERT_TRUE(store.storage().Flush().has_value());
  }

  static std::vector<std::string> Merged(TestStore& store) {
    std::vector<std::string> lines;
    const Names names = store.storage().OperationNames({}).value();
    for (const scan::OperationCount& one : *names.merged) {
      lines.push_back(fmt::format("{} {} {}", one.service, one.name, one.span_count));
    }
    return lines;
  }
  static std::size_t OtherCount(TestStore& store) {
    return store.storage().OperationNames({}).value().others.size();
  }
};

TEST_F(NamesTest, FollowTheBlocks) {
  StorageOptions options;
  options.retention.age = std::chrono::hours(2);
  // Only as called for below: who looks at the clock while it is moved takes that for a leap.
  options.maintenance_interval = std::chrono::hours(1000);
  TestStore store(options);
  EXPECT_THAT(Merged(store), IsEmpty());
  AppendBlock(store, 1, "web");
  AppendBlock(store, 2, "shop");
  EXPECT_THAT(Merged(store), ElementsAre("shop op-0 1", "web op-0 1"));
  EXPECT_EQ(OtherCount(store), 0u);

  store.clock.Advance(std::chrono::minutes(110));
  AppendBlock(store, 3, "web");
  EXPECT_THAT(Merged(store), ElementsAre("shop op-0 1", "web op-0 2"));

  store.clock.Advance(std::chrono::minutes(20));
  // Retention deletes a few at a time.
  for (int i = 0; i < 60 && store.storage().facts().block_count > 1; ++i) {
    store.clock.Advance(std::chrono::minutes(1));
    ASSERT_TRUE(store.storage().Maintain().has_value());
  }
  ASSERT_EQ(store.storage().facts().block_count, 1u);
  EXPECT_THAT(Merged(store), ElementsAre("web op-0 1"));

  store.Restart();
  EXPECT_THAT(Merged(store), ElementsAre("web op-0 1"));
}

TEST_F(NamesTest, WhatHasNoRollUpIsAskedItself) {
  TestStore store;
  AppendBlock(store, 1, "web", kRolledOperationsMax + 1);
  AppendBlock(store, 2, "shop");
  ASSERT_TRUE(store.Append(testing::OneSpan(7)).has_value());

  EXPECT_THAT(Merged(store), ElementsAre("shop op-0 1"));
  EXPECT_EQ(OtherCount(store), 2u) << "a block, and what is in none";
}

TEST_F(NamesTest, ADamagedRollUpCostsOnlyTime) {
  TestStore store;
  AppendBlock(store, 1, "web");
  const std::string name = store.objects.List(kBlockPrefix)->front().name;
  const BlockLayout layout = *ReadBlockLayout(store.objects, name);
  ASSERT_GT(layout.filters.roll_up.length, 0u);
  store.objects.Spoil(layout.pages_end + layout.filters.roll_up.offset);

  EXPECT_THAT(Merged(store), IsEmpty());
  const Names names = store.storage().OperationNames({}).value();
  ASSERT_EQ(names.others.size(), 1u);
  EXPECT_EQ(names.others.front()->Operations()->front().service, "web");
}

TEST_F(NamesTest, AreNotMergedWithoutRoom) {
  base::Metrics metrics;
  base::MemoryBudget budget(8 * 2000, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kDirectories);
  StorageOptions options;
  options.directory_memory = &account;
  TestStore store(options);
  for (int i = 1; i <= 10; ++i) AppendBlock(store, i, "service-" + std::to_string(i));

  const std::size_t merged_count = Merged(store).size();

  EXPECT_GT(merged_count, 0u);
  EXPECT_LT(merged_count, 10u);
  EXPECT_EQ(OtherCount(store), 10 - merged_count);
  EXPECT_LE(account.used(), account.limit());
  const auto held = budget.Limit(8);
  EXPECT_EQ(OtherCount(store), 10 - merged_count) << "what is held stays";
}

TEST_F(NamesTest, TakeNoMoreThanAPartOfWhatOthersNeed) {
  base::Metrics metrics;
  base::MemoryBudget budget(8 * 20'000, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kDirectories);
  StorageOptions options;
  options.directory_memory = &account;
  TestStore store(options);
  for (int i = 1; i <= 20; ++i) AppendBlock(store, i, "service-" + std::to_string(i));

  EXPECT_GT(Merged(store).size(), 1u);
  EXPECT_LE(account.used(), account.limit() / MergedOperations::kPartOfAccount);
}

TEST_F(NamesTest, WhoeverHasNoTimeLeftWaitsForNobody) {
  TestStore store;
  for (int i = 1; i <= 5; ++i) AppendBlock(store, i, "service-" + std::to_string(i));
  const auto late = []() -> Status { return base::MakeError(Code::kDeadlineExceeded, "too late"); };
  int checks = 0;
  const auto ask_others = [&]() -> Status {
    // While one is about to read another asks: it is told at once.
    EXPECT_EQ(store.storage().OperationNames({}, late).error().code, Code::kDeadlineExceeded);
    return ++checks <= 3 ? Status() : late();
  };

  EXPECT_EQ(store.storage().OperationNames({}, ask_others).error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(checks, 4);

  // What was read until then is not read again.
  int more_checks = 0;
  const auto count = [&more_checks]() -> Status {
    ++more_checks;
    return {};
  };
  EXPECT_EQ(store.storage().OperationNames({}, count).value().merged->size(), 5u);
  EXPECT_EQ(more_checks, 2);
}

TEST_F(NamesTest, ATraceIsLookedForUntilTimeIsUp) {
  TestStore store;
  for (int i = 0; i < 5; ++i) store.AppendBlock(i);
  const TraceId id = *TraceId::FromHex("7");
  int checks = 0;
  const auto check = [&checks]() -> Status {
    if (++checks < 3) return {};
    return base::MakeError(Code::kCancelled, "nobody waits");
  };
  EXPECT_EQ(store.storage().SourcesOf({}, {&id, 1}, check).error().code, Code::kCancelled);
  EXPECT_EQ(checks, 3);
}

TEST_F(NamesTest, ATraceIsLookedForWhereItMayBe) {
  TestStore store;
  for (int i = 0; i < 20; ++i) store.AppendBlock(i);
  ASSERT_TRUE(store.Append(testing::OneSpan(20)).has_value());

  const TraceId id = *TraceId::FromHex("7");
  const auto sources = store.storage().SourcesOf({}, {&id, 1}).value();

  EXPECT_LT(sources.size(), 5u) << "what is in no block, the block, and what the filters let by";
  std::size_t found = 0;
  for (const auto& source : sources) {
    const auto spans = source->ReadTraces({&id, 1}, scan::ReadExtent::kAll);
    found += spans.value() != nullptr ? 1u : 0u;
  }
  EXPECT_EQ(found, 1u);
  EXPECT_THAT(store.storage().SourcesOf(testing::kOther, {&id, 1}).value(), IsEmpty());
}

}  // namespace
}  // namespace clew::storage
