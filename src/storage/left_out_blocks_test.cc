#include "storage/catalogue/left_out_blocks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/testing/test_folder.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// What becomes of blocks that cannot be opened, and of folders that cannot be listed.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::FaultyObjectStore;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kOther;
using testing::TestStore;

TEST(LeftOut, ABlockThatCannotBeOpenedNowIsTriedAgain) {
  TestStore store;
  store.AppendBlock(0);
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

TEST(LeftOut, ABlockWhoseSoundFooterCannotBeReadNowIsTriedAgain) {
  for (const Code code : {Code::kDataLoss, Code::kUnavailable}) {
    TestStore store;
    store.AppendBlock(0);
    const std::string name = store.objects.List(kBlockPrefix)->at(0).name;
    std::string bytes(store.objects.Get(name)->view());
    bytes[bytes.size() - 30] ^= 1;  // the copy in front is sound
    ASSERT_TRUE(store.objects.Delete(name).has_value());
    ASSERT_TRUE(store.objects.PutIfAbsent(name, {bytes}).has_value());
    store.objects.Fail(FaultyObjectStore::Call::kRanges, {code, "input/output", {}});
    store.Restart();
    EXPECT_EQ(store.SpanCount(), 0u);
    EXPECT_THAT(store.storage().LeftOut({}), ElementsAre(HasSubstr("input/output")));
    store.objects.Mend();
    store.clock.Advance(std::chrono::minutes(2));

    ASSERT_TRUE(store.storage().Maintain().has_value());

    EXPECT_EQ(store.SpanCount(), 1u);
    EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
  }
}

/// `count` blocks of which none can be opened at the start; maintenance runs as called for alone.
class LeftOutTest : public ::testing::Test {
 protected:
  LeftOutTest() {
    store_.options.maintenance_interval = std::chrono::hours(1000);
    store_.options.retention.age = Nanos(0);
  }
  void LeaveOut(int count) {
    for (int i = 0; i < count; ++i) store_.AppendBlock(i);
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
  for (int i = 0; i < 5; ++i) store_.AppendBlock(i);
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
  store_.AppendBlock(0);
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
  const base::testing::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  store_.options.inventory_path = folder.path() + "/inventory";
  store_.Restart();
  store_.AppendBlock(0);
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

TEST_F(LeftOutTest, AFolderThatIsSlowToListIsNotListedForEachBlock) {
  for (int i = 0; i < 5; ++i) store_.AppendBlock(i);
  store_.objects.hidden_folder = "blocks/" + TenantId().name() + "/";
  store_.Restart();
  store_.objects.hidden_folder = {};
  store_.objects.on_list = [this] { store_.clock.Advance(std::chrono::seconds(1)); };
  store_.objects.on_tail = [this] {
    ++try_count_;
    store_.clock.Advance(std::chrono::milliseconds(60));
  };
  store_.clock.Advance(std::chrono::seconds(2));

  EXPECT_EQ(Round(), 5);

  EXPECT_EQ(store_.SpanCount(), 5u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
}

TEST_F(LeftOutTest, ManyOfARoundAreAFewLines) {
  const base::testing::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  store_.options.inventory_path = folder.path() + "/inventory";
  store_.Restart();
  LeaveOut(50);
  const auto lines_of_round = [this] {
    store_.clock.Advance(std::chrono::minutes(2));
    ::testing::internal::CaptureStderr();
    Round();
    return std::ranges::count(::testing::internal::GetCapturedStderr(), '\n');
  };
  store_.objects.Mend();
  EXPECT_EQ(lines_of_round(), 21) << "all can be read again";
  EXPECT_EQ(store_.SpanCount(), 50u);

  // As many that are due and gone, and as many in a folder.
  for (const bool is_in_folder : {false, true}) {
    LeaveOut(0);
    store_.objects.Mend();
    if (is_in_folder) {
      for (int i = 0; i < 50; ++i) store_.AppendBlock(i);
      store_.objects.hidden_folder = "blocks/" + TenantId().name() + "/";
      store_.Restart();
      store_.objects.hidden_folder = {};
    }
    const std::vector<ObjectInfo> objects = store_.objects.List(kBlockPrefix).value();
    for (const ObjectInfo& object : objects) {
      ASSERT_TRUE(store_.objects.Delete(object.name).has_value());
    }
    EXPECT_EQ(lines_of_round(), 21) << is_in_folder;
    EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), is_in_folder ? 100 : 50);
    std::uint64_t unnamed_count = 0;
    EXPECT_EQ(store_.storage().LeftOut({}, &unnamed_count).size(), 20u);
    EXPECT_EQ(unnamed_count, is_in_folder ? 80u : 30u);
  }
}

TEST_F(LeftOutTest, WhatIsOpenIsAskedForOnceARoundAndPassingItEndsAtAStop) {
  for (int i = 0; i < 5; ++i) store_.AppendBlock(i);
  const std::vector<ObjectInfo> listed = store_.objects.List(kBlockPrefix).value();
  ScanCache cache(1 << 20, store_.metrics);
  const BlockReading reading{store_.objects, cache, cache};
  BlockKeeper keeper({reading, store_.clock, store_.metrics}, {}, {});
  store_.objects.hidden_folder = "blocks/" + TenantId().name() + "/";
  ASSERT_TRUE(keeper.OpenAll([](const BlockPtr&) {}, {}).has_value());
  store_.objects.hidden_folder = {};
  int names_count = 0;
  int asked_count = 0;
  bool ends_early = true;
  const auto retry = [&] {
    store_.clock.Advance(std::chrono::seconds(2));
    keeper.RetryLeftOut({[&] {
                           ++names_count;
                           std::set<std::string> names;
                           for (const ObjectInfo& object : listed) names.insert(object.name);
                           return names;
                         },
                         [](const BlockPtr&) { ADD_FAILURE() << "all are open"; },
                         [&] { return ++asked_count > 3 && ends_early; }});
  };

  retry();
  EXPECT_EQ(asked_count, 4);
  EXPECT_EQ(keeper.LeftOut({}, nullptr).size(), 1u) << "it is tried again";
  ends_early = false;
  retry();
  EXPECT_THAT(keeper.LeftOut({}, nullptr), IsEmpty());
  EXPECT_EQ(names_count, 2);
  retry();
  EXPECT_EQ(names_count, 2) << "nothing is due";
}

/// A block that is taken for a folder, since the disk did not let it be looked at; with a name that
/// tells it is a block all the same, or that somebody gave it, which tells nothing.
class TakenForAFolderTest : public LeftOutTest, public ::testing::WithParamInterface<bool> {
 protected:
  TakenForAFolderTest() {
    std::filesystem::create_directories(folder_.path());
    store_.options.inventory_path = folder_.path() + "/inventory";
    store_.Restart();
    store_.AppendBlock(0);
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

  const base::testing::TestFolder folder_;
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

TEST_P(TakenForAFolderTest, ItIsMissedWhenItIsGoneAndHasTheNameOfABlock) {
  ASSERT_TRUE(store_.objects.Delete(name_).has_value());

  Round();

  // Who gave it another name could take it away, and nothing tells when it would be forgotten.
  EXPECT_EQ(store_.storage().LeftOut({}).size(), GetParam() ? 1u : 0u);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), GetParam() ? 1 : 0);
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
  store_.AppendBlock(0);
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

TEST(LeftOut, ADamagedBlockCountsForRetention) {
  StorageOptions options;
  TestStore store(options);
  store.AppendBlock(0);
  const std::string name = BlockName(kOther, 1'600'000'000'000'000'000, 7);
  const std::string strange = "blocks/other/1/b.block";
  for (const std::string& one : {name, strange}) {
    ASSERT_TRUE(store.objects.PutIfAbsent(one, {std::string(4000, 'x')}).has_value());
  }
  store.options.retention.bytes = 4100;  // there is room for the block that can be read
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

TEST(LeftOut, ADamagedBlockIsNamedAndStaysLeftOut) {
  TestStore store;
  store.AppendBlock(0);
  ASSERT_TRUE(store.objects.PutIfAbsent("blocks/other/1/b.block", {"garbage"}).has_value());
  store.Restart();

  store.clock.Advance(std::chrono::minutes(10));
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_THAT(store.storage().LeftOut(kOther), ElementsAre(HasSubstr("blocks/other/1/b.block")));
}

TEST(LeftOut, OfManyLeftOutBlocksSomeAreNamedAndTheRestCounted) {
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

}  // namespace
}  // namespace clew::storage
