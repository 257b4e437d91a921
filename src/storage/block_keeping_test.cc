#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/memory_budget.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// What becomes of open blocks: those that turn out to be damaged, those that retention deletes
/// under readers.
namespace clew::storage {
namespace {

using testing::FaultyObjectStore;
using ::testing::HasSubstr;
using testing::TestStore;

TEST(BlockKeeping, ADamagedOpenBlockIsNamedOnceAndCountedUntilItIsDeleted) {
  TestStore store;
  store.AppendBlock(0);
  store.AppendBlock(1);
  const std::vector<ObjectInfo> blocks = *store.objects.List(kBlockPrefix);
  ASSERT_EQ(blocks.size(), 2u);
  const auto report = [&](std::size_t block, Code code, const std::string& what) {
    store.storage().ReportUnreadable(blocks[block].name, {code, what, {}});
  };
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 50; ++i) report(0, Code::kDataLoss, fmt::format("column {}", i));
  report(1, Code::kUnavailable, "input/output");
  report(1, Code::kUnavailable, "input/output again");
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_blocks"), 1) << "the other may be read later";
  report(1, Code::kDataLoss, "column 1");
  report(1, Code::kUnavailable, "input/output again");
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(log, '\n'), 3) << log;
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_blocks"), 2);
  EXPECT_EQ(store.metrics.Sum("clew_storage_unreadable_sources"), 54);

  store.options.retention.bytes = blocks[1].size_bytes;
  store.options.retention.age = Nanos(0);
  store.Restart();
  report(0, Code::kDataLoss, "column 1");
  report(1, Code::kDataLoss, "column 1");
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.objects.List(kBlockPrefix)->size(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_blocks"), 1);
}

TEST(BlockKeeping, APageThatCannotBeReadNowSaysSoAndIsReadLater) {
  TestStore store;
  store.AppendBlock(0);
  const scan::SpanSourcePtr source = store.storage().Sources({}).at(0);
  store.objects.Fail(FaultyObjectStore::Call::kRanges, {Code::kUnavailable, "input/output", {}});
  EXPECT_EQ(source->ReadAll(scan::ReadExtent::kAll).error().code, Code::kUnavailable);

  store.objects.Fail(FaultyObjectStore::Call::kRanges, {Code::kOutOfRange, "too short", {}});
  EXPECT_EQ(source->ReadAll(scan::ReadExtent::kAll).error().code, Code::kDataLoss);

  store.objects.Mend();
  EXPECT_TRUE(source->ReadAll(scan::ReadExtent::kAll).has_value());
}

TEST(BlockKeeping, DirectoriesGiveWayAndAreReadAgain) {
  base::Metrics metrics;
  base::MemoryBudget budget(8u << 20, metrics);  // 1 MiB of directories
  base::MemoryAccount& account = budget.account(base::MemoryUse::kDirectories);
  StorageOptions options;
  options.directory_memory = &account;
  TestStore store(options);
  constexpr int kBlocks = 400;  // of some KiB each
  for (int i = 0; i < kBlocks; ++i) store.AppendBlock(i);
  store.Restart();
  EXPECT_EQ(account.used(), 0u) << "at a start none is kept";
  const auto read_all = [&] {
    for (const scan::SpanSourcePtr& source : store.storage().Sources({})) {
      ASSERT_EQ(source->ReadAll(scan::ReadExtent::kAll).value()->span_count(), 1u);
    }
  };

  read_all();
  EXPECT_GT(account.used(), account.limit() / 2);
  EXPECT_LE(account.used(), account.limit());
  EXPECT_EQ(store.metrics.Sum("clew_block_directory_bytes"), account.used());
  read_all();
  EXPECT_GT(store.metrics.Sum("clew_block_directory_misses"), kBlocks);

  const std::shared_ptr<void> lowered = budget.Limit(1u << 20);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_LE(account.used(), account.limit());
  read_all();
  EXPECT_EQ(store.SpanCount(), kBlocks);
}

TEST(BlockKeeping, ABlockThatIsReplacedIsNotTakenForTheOldOne) {
  TestStore store;
  store.AppendBlock(0);
  const scan::SpanSourcePtr source = store.storage().Sources({}).at(0);
  store.AppendBlock(1);
  const std::vector<ObjectInfo> objects = store.objects.List(kBlockPrefix).value();
  const std::string other = std::string(store.objects.Get(objects.at(1).name)->view());
  ASSERT_TRUE(store.objects.Delete(objects.at(0).name).has_value());

  EXPECT_EQ(source->ReadAll(scan::ReadExtent::kAll).error().code, Code::kDataLoss);
  ASSERT_TRUE(store.objects.PutIfAbsent(objects.at(0).name, {other}).has_value());

  const Error error = source->ReadAll(scan::ReadExtent::kAll).error();
  EXPECT_EQ(error.code, Code::kDataLoss);
  EXPECT_THAT(error.message, HasSubstr(objects.at(0).name));
}

TEST(BlockKeeping, WhatIsReadIsNotDeleted) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.AppendBlock(0);
  std::vector<scan::SpanSourcePtr> sources = store.storage().Sources({});

  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 0u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_deleted_blocks"), 0);
  ASSERT_TRUE(sources.at(0)->ReadAll(scan::ReadExtent::kAll).has_value());
  sources.clear();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
  EXPECT_EQ(store.metrics.Sum("clew_storage_deleted_blocks"), 1);
}

TEST(BlockKeeping, TheLastReaderHasABlockDeleted) {
  StorageOptions options;
  options.maintenance_interval = std::chrono::hours(1);  // it is woken, or never looks
  options.retention.bytes = 1;
  TestStore store(options);
  store.AppendBlock(0);
  std::vector<scan::SpanSourcePtr> sources = store.storage().Sources({});
  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_EQ(store.objects.List(kBlockPrefix)->size(), 1u);
  const std::thread::id reader = std::this_thread::get_id();
  std::atomic<bool> is_readers_work = false;
  store.objects.on_delete = [&](const std::string&) {
    is_readers_work = std::this_thread::get_id() == reader;
  };

  sources.clear();
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!store.objects.List(kBlockPrefix)->empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "nobody is woken";
    std::this_thread::yield();
  }

  EXPECT_FALSE(is_readers_work);
}

TEST(BlockKeeping, AReaderMayOutliveTheStore) {
  std::vector<scan::SpanSourcePtr> sources;
  {
    StorageOptions options;
    options.retention.bytes = 1;
    TestStore store(options);
    store.AppendBlock(0);
    sources = store.storage().Sources({});
    ASSERT_TRUE(store.storage().Maintain().has_value());
    EXPECT_TRUE(store.storage().Sources({}).empty());
  }

  sources.clear();
}

TEST(BlockKeeping, AReaderThatEndsLaterThanTheStoreStopsIsNoHarm) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.AppendBlock(0);
  std::vector<scan::SpanSourcePtr> sources = store.storage().Sources({});
  ASSERT_TRUE(store.storage().Maintain().has_value());
  store.storage().Stop();

  sources.clear();

  EXPECT_EQ(store.objects.List(kBlockPrefix)->size(), 1u) << "nothing is written any more";
}

TEST(BlockKeeping, WhatWillBeDeletedOnAnotherDiskMakesNoRoomOnThisOne) {
  std::uint64_t free = 1'000'000;
  StorageOptions options;
  options.maintenance_interval = std::chrono::hours(1);  // only as called for below
  options.retention.disk_reserve_bytes = 1000;
  options.retention.free_disk_bytes = [&] { return free; };
  TestStore store(options);
  for (int i = 0; i < 3; ++i) store.AppendBlock(i);
  const std::vector<ObjectInfo> blocks = *store.objects.List(kBlockPrefix);
  store.objects.on_another_disk = blocks.at(0).name;
  store.options.retention.bytes = blocks.at(1).size_bytes + blocks.at(2).size_bytes;
  store.Restart();
  const std::vector<scan::SpanSourcePtr> readers = store.storage().Sources({});
  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_EQ(store.SpanCount(), 2u) << "the oldest waits for its reader";

  free = 999;
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_condemned_blocks"), 2);
  EXPECT_EQ(store.metrics.Sum("clew_storage_disk_missing_bytes"), 0);
}

TEST(BlockKeeping, WhatAnEarlierOpeningReadsIsNotDeleted) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.objects.is_read_elsewhere = true;
  store.AppendBlock(0);

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 0u);
  EXPECT_EQ(store.objects.List(kBlockPrefix)->size(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_condemned_blocks"), 1);
  store.objects.is_read_elsewhere = false;
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
}

TEST(BlockKeeping, ADeletionThatFailsIsToldOnce) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.AppendBlock(0);
  store.AppendBlock(1);
  store.objects.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "read-only", {}});

  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store.storage().Maintain().has_value());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;
  EXPECT_EQ(store.metrics.Sum("clew_storage_maintenance_failures"), 10);
  store.objects.Mend();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
}

TEST(BlockKeeping, OfManyDeletionsThatFailSomeAreNamed) {
  StorageOptions options;
  options.maintenance_interval = std::chrono::hours(1);  // only as called for below
  options.retention.bytes = 1;
  TestStore store(options);
  for (int i = 0; i < 30; ++i) store.AppendBlock(i);
  store.objects.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "read-only", {}});

  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(std::ranges::count(log, '\n'), 21) << log;
  EXPECT_THAT(log, HasSubstr("blocks=10"));
}

TEST(BlockKeeping, ACrashBeforeADeletionIsMadeUpFor) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.AppendBlock(0);
  {
    const std::vector<scan::SpanSourcePtr> sources = store.storage().Sources({});
    ASSERT_TRUE(store.storage().Maintain().has_value());
    store.Restart();
  }
  EXPECT_EQ(store.SpanCount(), 1u);

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
}

}  // namespace
}  // namespace clew::storage
