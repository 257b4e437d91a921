#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/memory_budget.h"
#include "base/testing/test_folder.h"
#include "storage/inventory.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"
#include "storage/verify_store.h"

/// What becomes of blocks: those that cannot be read, those that are deleted under readers, those
/// that somebody removed.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::FaultyObjectStore;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeData;
using testing::TestStore;

const TenantId kOther = *TenantId::Parse("other");

model::TraceData OneSpan(int number) {
  const std::string id = std::to_string(number + 1);
  return MakeData({{.trace = id, .span = id, .service = "shop", .name = "op"}});
}

void AppendBlock(TestStore& store, int number, const TenantId& tenant = {}) {
  ASSERT_TRUE(store.Append(OneSpan(number), tenant).has_value());
  ASSERT_TRUE(store.storage().Flush().has_value());
}

TEST(BlockKeeping, ABlockThatCannotBeOpenedNowIsTriedAgain) {
  TestStore store;
  AppendBlock(store, 0);
  store.objects.Fail(FaultyObjectStore::Call::kTail,
                     {Code::kUnavailable, "too many open files", {}});
  store.Restart();
  EXPECT_EQ(store.SpanCount(), 0u);
  EXPECT_THAT(store.storage().LeftOut({}), ElementsAre(HasSubstr("too many open files")));
  EXPECT_THAT(store.storage().LeftOut(kOther), IsEmpty());

  store.clock.Advance(std::chrono::seconds(2));
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_THAT(store.storage().LeftOut({}), ElementsAre(HasSubstr("too many open files")));
  store.objects.Mend();
  store.clock.Advance(std::chrono::minutes(1));
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
  EXPECT_EQ(store.metrics.Sum("clew_storage_quarantined_blocks"), 1);
}

/// `count` blocks of which none can be opened at the start; maintenance runs as called for alone.
class LeftOutTest : public ::testing::Test {
 protected:
  LeftOutTest() {
    store_.options.maintenance_interval = std::chrono::hours(1000);
    store_.options.retention.age = Nanos(0);
  }
  void LeaveOut(int count) {
    for (int i = 0; i < count; ++i) AppendBlock(store_, i);
    store_.objects.Fail(FaultyObjectStore::Call::kTail, {Code::kUnavailable, "input/output", {}});
    store_.Restart();
    store_.objects.on_tail = [this] {
      ++try_count_;
      store_.clock.Advance(try_takes_);
    };
  }
  /// Gives how many blocks were tried.
  int Round() {
    const int before = try_count_;
    EXPECT_TRUE(store_.storage().Maintain().has_value());
    return try_count_ - before;
  }

  TestStore store_;
  Nanos try_takes_{0};
  std::atomic<int> try_count_ = 0;
};

TEST_F(LeftOutTest, RetriesOfAFailingDiskLeaveTimeForTheRest) {
  LeaveOut(5);
  store_.clock.Advance(std::chrono::seconds(2));
  try_takes_ = std::chrono::seconds(30);

  EXPECT_EQ(Round(), 1) << "one a round";
  EXPECT_EQ(Round(), 0) << "then there is time for the rest";
  store_.clock.Advance(std::chrono::minutes(6));
  EXPECT_EQ(Round(), 1);

  try_takes_ = Nanos(0);
  store_.objects.Mend();
  store_.clock.Advance(std::chrono::minutes(6));
  EXPECT_EQ(Round(), 4) << "those that waited longest, and the first one, ten minutes later";
  EXPECT_EQ(store_.SpanCount(), 4u);
  store_.clock.Advance(std::chrono::minutes(10));
  EXPECT_EQ(Round(), 1);
  EXPECT_EQ(store_.SpanCount(), 5u);
}

TEST_F(LeftOutTest, AStopIsHeardBetweenTries) {
  LeaveOut(100);
  store_.clock.Advance(std::chrono::seconds(2));
  std::thread stopper;
  store_.objects.on_tail = [&] {
    ++try_count_;
    // Stopping waits for the round that is under way.
    if (!stopper.joinable()) {
      stopper = std::thread([&] { store_.storage().Stop(); });
      while (!store_.storage().is_stopping()) std::this_thread::yield();
    }
  };

  EXPECT_EQ(Round(), 1);

  stopper.join();
}

TEST_F(LeftOutTest, AFolderOfManyBlocksIsOpenedOverRounds) {
  for (int i = 0; i < 5; ++i) AppendBlock(store_, i);
  store_.objects.hidden_folder = "blocks/" + TenantId().name() + "/";
  store_.Restart();
  ASSERT_EQ(store_.SpanCount(), 0u);
  store_.objects.hidden_folder = {};
  store_.objects.on_tail = [this] {
    ++try_count_;
    store_.clock.Advance(std::chrono::milliseconds(60));
  };
  store_.clock.Advance(std::chrono::seconds(2));

  EXPECT_EQ(Round(), 2);
  EXPECT_THAT(store_.storage().LeftOut({}), ElementsAre(HasSubstr("cannot be listed")));
  for (int i = 0; i < 2; ++i) {
    store_.clock.Advance(std::chrono::seconds(2));
    Round();
  }

  EXPECT_EQ(try_count_, 5);
  EXPECT_EQ(store_.SpanCount(), 5u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
}

TEST_F(LeftOutTest, AFolderThatAFailingDiskDoesNotListIsTriedAgain) {
  AppendBlock(store_, 0);
  store_.objects.hidden_folder = "blocks/" + TenantId().name() + "/";
  store_.objects.hidden_code = Code::kDataLoss;
  store_.Restart();
  store_.clock.Advance(std::chrono::seconds(2));
  Round();
  EXPECT_THAT(store_.storage().LeftOut({}), ElementsAre(HasSubstr("input/output")));
  store_.objects.hidden_folder = {};
  store_.clock.Advance(std::chrono::minutes(2));

  Round();

  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
}

TEST_F(LeftOutTest, WhatIsInAFolderBelowThatIsNotListedIsNotGone) {
  const base::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  store_.options.inventory_path = folder.path() + "/inventory";
  store_.Restart();
  AppendBlock(store_, 0);
  const std::string name = store_.objects.List(kBlockPrefix)->back().name;
  store_.objects.hidden_folder = "blocks/" + TenantId().name() + "/";
  store_.Restart();
  store_.objects.hidden_folder = name.substr(0, name.rfind('/') + 1);
  store_.clock.Advance(std::chrono::seconds(2));

  Round();

  EXPECT_THAT(store_.storage().LeftOut({}),
              ElementsAre(HasSubstr(store_.objects.hidden_folder + " cannot be listed")));
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
  store_.objects.hidden_folder = {};
  store_.clock.Advance(std::chrono::minutes(2));
  Round();
  EXPECT_EQ(store_.SpanCount(), 1u);
}

/// A block that is taken for a folder, since the disk did not let it be looked at; with a name that
/// tells it is a block all the same, or that somebody gave it, which tells nothing.
class TakenForAFolderTest : public LeftOutTest, public ::testing::WithParamInterface<bool> {
 protected:
  TakenForAFolderTest() {
    std::filesystem::create_directories(folder_.path());
    store_.options.inventory_path = folder_.path() + "/inventory";
    store_.Restart();
    AppendBlock(store_, 0);
    name_ = store_.objects.List(kBlockPrefix)->back().name;
    if (!GetParam()) Rename(name_.substr(0, name_.rfind('/')) + "/restored");
    store_.Restart();
    EXPECT_EQ(store_.SpanCount(), 1u);
    store_.objects.hidden_folder = name_ + '/';
    store_.Restart();
    EXPECT_EQ(store_.SpanCount(), 0u);
    EXPECT_THAT(store_.storage().LeftOut({}), ElementsAre(HasSubstr(name_)));
    store_.objects.hidden_folder = {};
    store_.clock.Advance(std::chrono::seconds(2));
  }
  void Rename(const std::string& name) {
    const base::Bytes block = store_.objects.Get(name_).value();
    ASSERT_TRUE(store_.objects.PutIfAbsent(name, {block.view()}).has_value());
    ASSERT_TRUE(store_.objects.Delete(std::exchange(name_, name)).has_value());
    ASSERT_TRUE(Inventory(store_.options.inventory_path).Replace({}).has_value());
  }

  const base::TestFolder folder_;
  std::string name_;
};

INSTANTIATE_TEST_SUITE_P(Named, TakenForAFolderTest, ::testing::Bool());

TEST_P(TakenForAFolderTest, ItComesBack) {
  Round();

  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
}

TEST_P(TakenForAFolderTest, ItStaysLeftOutUntilItCanBeLookedAt) {
  store_.objects.Fail(FaultyObjectStore::Call::kStat, {Code::kDataLoss, "input/output", {}});
  Round();
  EXPECT_THAT(store_.storage().LeftOut({}), ElementsAre(HasSubstr("input/output")));
  store_.objects.Mend();
  store_.clock.Advance(std::chrono::minutes(2));

  Round();

  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
}

TEST_P(TakenForAFolderTest, ItIsMissedWhenItIsGone) {
  ASSERT_TRUE(store_.objects.Delete(name_).has_value());

  Round();

  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 1);
}

TEST_F(LeftOutTest, TheGaugeIsThatOfTheStoreAfterAReload) {
  LeftOutBlocks before(store_.metrics);
  before.Add({"blocks/a/1.block", 1}, {Code::kDataLoss, "damaged", {}}, Nanos(0), Nanos(0));
  ASSERT_EQ(store_.metrics.Sum("clew_storage_left_out_blocks"), 1);

  const LeftOutBlocks after(store_.metrics);

  EXPECT_EQ(store_.metrics.Sum("clew_storage_left_out_blocks"), 0);
}

TEST_F(LeftOutTest, WhatRetentionTookDoesNotComeBack) {
  store_.options.retention.bytes = 1;
  store_.objects.hidden_folder = "blocks/" + TenantId().name() + "/";
  store_.Restart();
  AppendBlock(store_, 0);
  std::vector<scan::SpanSourcePtr> sources = store_.storage().Sources({});
  Round();
  ASSERT_EQ(store_.SpanCount(), 0u);
  store_.options.retention.bytes = 0;
  store_.objects.hidden_folder = {};
  store_.clock.Advance(std::chrono::minutes(2));

  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_EQ(store_.SpanCount(), 0u);
  ASSERT_TRUE(sources.at(0)->ReadAll(scan::ReadExtent::kAll).has_value());
  sources.clear();
  Round();
  EXPECT_TRUE(store_.objects.List(kBlockPrefix)->empty());
}

TEST(BlockKeeping, ADamagedBlockCountsForRetention) {
  StorageOptions options;
  TestStore store(options);
  AppendBlock(store, 0);
  const std::string name = BlockName(kOther, 1'600'000'000'000'000'000, 7);
  const std::string strange = "blocks/other/1/b.block";
  for (const std::string& one : {name, strange}) {
    ASSERT_TRUE(store.objects.PutIfAbsent(one, {std::string(4000, 'x')}).has_value());
  }
  store.options.retention.bytes = 6000;  // there is room for the block that can be read
  store.options.retention.age = Nanos(0);
  store.Restart();
  EXPECT_EQ(store.storage().LeftOut(kOther).size(), 2u);

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.objects.Stat(name).error().code, Code::kNotFound);
  EXPECT_EQ(store.metrics.Sum("clew_storage_deleted_blocks"), 1);
  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_TRUE(store.objects.Stat(strange).has_value()) << "nobody knows whose it is";
  EXPECT_THAT(store.storage().LeftOut(kOther), ElementsAre(HasSubstr(strange)));
}

TEST(BlockKeeping, ADamagedBlockIsNamedAndStaysLeftOut) {
  TestStore store;
  AppendBlock(store, 0);
  ASSERT_TRUE(store.objects.PutIfAbsent("blocks/other/1/b.block", {"garbage"}).has_value());
  store.Restart();

  store.clock.Advance(std::chrono::minutes(10));
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_THAT(store.storage().LeftOut(kOther), ElementsAre(HasSubstr("blocks/other/1/b.block")));
}

TEST(BlockKeeping, OfManyLeftOutBlocksSomeAreNamedAndTheRestCounted) {
  TestStore store;
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(store.objects.PutIfAbsent(fmt::format("blocks/other/1/{}.block", i), {"garbage"})
                    .has_value());
  }
  store.Restart();

  std::uint64_t unnamed_count = 0;
  EXPECT_EQ(store.storage().LeftOut(kOther, &unnamed_count).size(), 20u);
  EXPECT_EQ(unnamed_count, 5u);
}

TEST(BlockKeeping, ADamagedOpenBlockIsNamedOnceAndCountedUntilItIsDeleted) {
  TestStore store;
  AppendBlock(store, 0);
  AppendBlock(store, 1);
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
  AppendBlock(store, 0);
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
  for (int i = 0; i < kBlocks; ++i) AppendBlock(store, i);
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
  AppendBlock(store, 0);
  const scan::SpanSourcePtr source = store.storage().Sources({}).at(0);
  AppendBlock(store, 1);
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
  AppendBlock(store, 0);
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

TEST(BlockKeeping, WhatAnEarlierOpeningReadsIsNotDeleted) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.objects.is_read_elsewhere = true;
  AppendBlock(store, 0);

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
  AppendBlock(store, 0);
  AppendBlock(store, 1);
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

TEST(BlockKeeping, ACrashBeforeADeletionIsMadeUpFor) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  AppendBlock(store, 0);
  {
    const std::vector<scan::SpanSourcePtr> sources = store.storage().Sources({});
    ASSERT_TRUE(store.storage().Maintain().has_value());
    store.Restart();
  }
  EXPECT_EQ(store.SpanCount(), 1u);

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
}

class InventoryTest : public ::testing::Test {
 protected:
  InventoryTest() : path_(folder_.path() + "/inventory") {
    std::filesystem::create_directories(folder_.path());
    options_.inventory_path = path_;
  }

  static std::vector<std::string> Names(TestStore& store) {
    std::vector<std::string> names;
    const std::vector<ObjectInfo> objects = store.objects.List(kBlockPrefix).value();
    for (const ObjectInfo& object : objects) names.push_back(object.name);
    return names;
  }

  static std::string ReadAll(const std::string& path) {
    return base::ReadFile(path).value_or("cannot be read");
  }

  const base::TestFolder folder_;
  const std::string path_;
  StorageOptions options_;
};

TEST_F(InventoryTest, ABlockThatSomebodyRemovedIsCounted) {
  TestStore store(options_);
  AppendBlock(store, 0);
  AppendBlock(store, 1);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_TRUE(store.objects.Delete(Names(store).front()).has_value());

  store.Restart();
  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1);

  store.Restart();
  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1) << "it is told once";
}

TEST_F(InventoryTest, ALeftOutBlockThatSomebodyRemovedIsCountedOnce) {
  TestStore store(options_);
  AppendBlock(store, 0);
  store.objects.Fail(FaultyObjectStore::Call::kTail,
                     {Code::kUnavailable, "too many open files", {}});
  store.Restart();
  ASSERT_EQ(store.storage().LeftOut({}).size(), 1u);
  ASSERT_TRUE(store.objects.Delete(Names(store).front()).has_value());
  store.objects.Mend();

  for (int i = 0; i < 3; ++i) {
    store.clock.Advance(std::chrono::minutes(1));
    ASSERT_TRUE(store.storage().Maintain().has_value());
  }

  EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
  EXPECT_EQ(store.metrics.Sum("clew_storage_left_out_blocks"), 0);
  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1);
  store.Restart();
  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1) << "it is told once";
}

TEST_F(InventoryTest, WhatRetentionDeletedIsNotMissed) {
  TestStore store(options_);
  AppendBlock(store, 0);
  AppendBlock(store, 1);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  store.options.retention.bytes = 1;
  store.Restart();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_THAT(Names(store), IsEmpty());

  store.Restart();

  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
}

TEST_F(InventoryTest, ALineThatACrashCutDoesNotCount) {
  TestStore store(options_);
  AppendBlock(store, 0);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  std::ofstream(path_, std::ios::app) << "+ 100 blocks/a/b/never-whole";

  store.Restart();

  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
  EXPECT_EQ(store.SpanCount(), 1u);
}

TEST_F(InventoryTest, ADamagedInventoryIsToldCountedAndKept) {
  for (const std::string& content : {std::string("garbage\n"), std::string("garbage"),
                                     std::string(), std::string("clew inventory 2\n+ 100 a\n")}) {
    TestStore store(options_);
    AppendBlock(store, 0);
    ASSERT_TRUE(store.storage().Maintain().has_value());
    std::ofstream(path_) << content;

    ::testing::internal::CaptureStderr();
    store.Restart();
    const std::string text = ::testing::internal::GetCapturedStderr();

    EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 1) << content;
    EXPECT_THAT(text, HasSubstr("file=" + path_)) << content;
    EXPECT_EQ(ReadAll(path_ + ".damaged"), content);
    EXPECT_EQ(store.SpanCount(), 1u);
    store.Restart();
    EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 1) << "it is told once";
  }
}

TEST_F(InventoryTest, ALineThatIsGoneIsFoundAndTheOtherLinesCount) {
  Inventory inventory(path_);
  ASSERT_TRUE(inventory.Replace({{"a", 1}, {"b", 2}}).has_value());
  inventory.Add("c", 3);
  inventory.Remove("a");
  ASSERT_TRUE(inventory.Write().has_value());
  const std::string sound = ReadAll(path_);
  ASSERT_THAT(Inventory(path_).Load(true).damages, IsEmpty());
  std::size_t begin = sound.find('\n') + 1;  // behind the head
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = sound.find('\n', begin) + 1;
    std::ofstream(path_) << sound.substr(0, begin) + sound.substr(end);
    const Inventory::Found found = Inventory(path_).Load(true);
    EXPECT_EQ(found.damages.size(), 1u) << line;
    EXPECT_EQ(found.blocks.size(), line == 0 ? 2u : 1u) << line;
    begin = end;
  }
}

TEST_F(InventoryTest, EveryFlippedBitIsFoundAndTheOtherLinesCount) {
  TestStore store(options_);
  AppendBlock(store, 0);
  AppendBlock(store, 1);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  const std::string sound = ReadAll(path_);
  const std::vector<ObjectInfo> listed = store.objects.List(kBlockPrefix).value();
  ASSERT_EQ(Inventory(path_).Load(true).blocks.size(), 2u);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] ^= 1;
    std::ofstream(path_) << damaged;
    const Inventory::Found found = Inventory(path_).Load(true);
    EXPECT_EQ(found.damages.size() + (i + 1 == sound.size() ? 1 : 0), 1u) << i;
  }
  std::ofstream(path_) << sound;
  EXPECT_THAT(VerifyInventory(path_, store.objects, listed), IsEmpty());

  ASSERT_TRUE(store.objects.Delete(listed[0].name).has_value());
  const auto missing = VerifyInventory(path_, store.objects, {listed[1]});
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].path, listed[0].name);
  EXPECT_EQ(missing[0].kind, base::Damage::Kind::kMissing);
}

TEST_F(InventoryTest, OneOfAnEarlierReleaseIsRead) {
  std::ofstream(path_) << "+ 100 blocks/a/b/gone\n+ 100 blocks/a/b/deleted\n- blocks/a/b/deleted\n";

  TestStore store(options_);

  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1);
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 0);
}

TEST_F(InventoryTest, OneWhoseLinesHaveNoNumbersIsRead) {
  const std::string line = "+ 100 blocks/a/b/gone";
  std::ofstream(path_) << fmt::format("clew inventory 2\n{:016x} {}\n", base::Hash64(line), line);

  const Inventory::Found found = Inventory(path_).Load(true);

  EXPECT_EQ(found.blocks.size(), 1u);
  EXPECT_THAT(found.damages, IsEmpty());
}

TEST_F(InventoryTest, WhatStandsInItsPlaceIsMovedAside) {
  std::filesystem::create_directories(path_ + "/kept");
  std::filesystem::create_directories(path_ + ".new/kept");

  TestStore store(options_);
  AppendBlock(store, 0);
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_TRUE(std::filesystem::is_directory(path_ + ".aside/kept"));
  EXPECT_EQ(Inventory(path_).Load(true).blocks.size(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 1);
}

TEST(Tenants, OneTooManyIsRefusedAndRoomComesBack) {
  StorageOptions options;
  options.tenants_max = 1;
  TestStore store(options);
  ASSERT_TRUE(store.Append(OneSpan(0)).has_value());

  const Status refused = store.Append(OneSpan(1), kOther);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("tenants_max"));
  EXPECT_EQ(store.metrics.Sum("clew_storage_refused_spans"), 1);
  EXPECT_TRUE(store.Append(OneSpan(2)).has_value());
  store.Restart();
  EXPECT_FALSE(store.Append(OneSpan(1), kOther).has_value());

  store.options.retention.bytes = 1;
  store.Restart();
  ASSERT_TRUE(store.storage().Flush().has_value());
  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_TRUE(store.Append(OneSpan(1), kOther).has_value());
}

TEST(Tenants, MoreThanMayBeAreReadAllTheSame) {
  TestStore store;
  const auto tenant = [](int number) { return *TenantId::Parse("t" + std::to_string(number)); };
  for (int i = 0; i < 10; ++i) AppendBlock(store, i, tenant(i));
  store.options.tenants_max = 3;

  ::testing::internal::CaptureStderr();
  store.Restart();
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_THAT(log, HasSubstr("tenants=10 tenants_max=3"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(store.SpanCount(tenant(i)), 1u);
    EXPECT_TRUE(store.Append(OneSpan(i + 10), tenant(i)).has_value());
  }
  EXPECT_EQ(store.Append(OneSpan(0), kOther).error().code, Code::kResourceExhausted);
}

TEST(Tenants, SmallOnesAreSealedAFewAtOnce) {
  TestStore store;
  store.options.maintenance_interval = std::chrono::hours(1);  // only as called for below
  store.Restart();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store.Append(OneSpan(i), *TenantId::Parse("t" + std::to_string(i))).has_value());
  }
  store.clock.Advance(std::chrono::minutes(6));

  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.storage().facts().block_count, 32u);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.storage().facts().block_count, 100u);
}

TEST(Tenants, ThoseThatWaitLongestAreSealedFirst) {
  TestStore store;
  store.options.maintenance_interval = std::chrono::hours(1);  // only as called for below
  store.options.retention.age = Nanos(0);
  store.Restart();
  const TenantId last = *TenantId::Parse("z");
  ASSERT_TRUE(store.Append(OneSpan(0), last).has_value());
  store.clock.Advance(std::chrono::minutes(5));
  // More are due, and again after each round, than a round takes; all of them come before by name.
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(store.Append(OneSpan(i), *TenantId::Parse("t" + std::to_string(i))).has_value());
  }
  store.clock.Advance(std::chrono::minutes(6));

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.storage().facts().block_count, 32u);
  EXPECT_EQ(store.objects.List("blocks/z/")->size(), 1u);
}

TEST(Replay, WhatLimitsCutIsTheSameBeforeAndAfter) {
  TestStore store;
  const std::string text(100'000, 'x');
  const auto data = MakeData({{.trace = "1", .span = "1", .attributes = {{"a", text}}}});
  ASSERT_TRUE(store.Append(data).has_value());
  const auto shown = [&] {
    const auto columns = store.storage().Sources({}).at(0)->ReadAll(scan::ReadExtent::kAll);
    return std::string(columns.value()->attributes.at(0).strings.at(0));
  };
  const std::string before = shown();
  ASSERT_LT(before.size(), text.size());

  store.Restart();

  EXPECT_EQ(shown(), before);
}

}  // namespace
}  // namespace clew::storage
