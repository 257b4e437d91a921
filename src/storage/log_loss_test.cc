#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "base/testing/test_folder.h"
#include "storage/log_reach.h"
#include "storage/storage.h"
#include "storage/testing/local_log_store.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"

/// What becomes of spans when the log lost its end and blocks hold more of it than it has itself: a
/// disk was damaged, or an older copy was put back.
namespace clew::storage {
namespace {

namespace fs = std::filesystem;
using testing::FaultyObjectStore;
using testing::LocalLogStore;
using testing::OneSpan;
using testing::TestStore;

class LogLossTest : public ::testing::Test {
 protected:
  void Append(int first, int end) {
    for (int i = first; i < end; ++i) ASSERT_TRUE(store_.Append(OneSpan(i)).has_value());
  }

  /// How many different spans there are.
  std::size_t SpanCount() {
    std::set<std::string> ids;
    for (const scan::SpanSourcePtr& source : store_.storage().Sources({})) {
      const auto columns = source->ReadAll(scan::ReadExtent::kAll).value();
      for (std::size_t i = 0; i < columns->span_count(); ++i) {
        ids.insert(columns->span_ids[i].ToHex());
      }
    }
    return ids.size();
  }

  LocalLogStore store_;
};

TEST_F(LogLossTest, WhatIsAcknowledgedAfterAnOlderCopyWasPutBackIsFound) {
  Append(0, 5);
  store_.CopyLog();
  Append(5, 50);
  ASSERT_TRUE(store_.storage().Flush().has_value());

  store_.PutCopyBack();
  EXPECT_GT(store_.log_metrics.Sum("clew_log_missing_bytes_total"), 0);
  Append(100, 130);
  store_.Reopen();

  EXPECT_EQ(SpanCount(), 50u + 30u);
  EXPECT_GT(store_.metrics.Sum("clew_storage_replayed_spans"), 0);
}

TEST_F(LogLossTest, ABlockThatCouldNotBeOpenedThenHidesNothingLater) {
  Append(0, 5);
  store_.CopyLog();
  Append(5, 50);
  ASSERT_TRUE(store_.storage().Flush().has_value());
  // The clock does not tell the records of one log from those of the other.
  store_.clock.Advance(-std::chrono::hours(1));

  store_.objects.Fail(FaultyObjectStore::Call::kTail, {Code::kUnavailable, "busy", {}});
  store_.PutCopyBack();
  Append(100, 130);
  store_.objects.Mend();
  store_.Reopen();

  EXPECT_EQ(SpanCount(), 50u + 30u);
}

TEST_F(LogLossTest, ALogThatLostNothingSkipsNothing) {
  Append(0, 5);
  ASSERT_TRUE(store_.storage().Flush().has_value());
  const log::Position end = store_.local_log().end();

  store_.Reopen();

  EXPECT_EQ(store_.local_log().end(), end);
  EXPECT_EQ(store_.log_metrics.Sum("clew_log_missing_bytes_total"), 0);
}

// Of the same positions in another partition it says nothing, nor where this one goes on.
TEST(LogPartitions, ABlockOfAnotherOneHidesNothing) {
  TestStore store;
  store.AppendSpans(3);
  BlockMeta meta;
  meta.created_at = store.clock.Now();
  meta.log_identity = store.log.identity();
  meta.log_ranges = {{{0, 1}, {1'000, 1}}};
  const auto columns = store.storage().Sources({}).front()->ReadAll(scan::ReadExtent::kAll).value();
  const auto group = std::make_shared<const RowGroup>(BuildRowGroup({columns}, {}));
  ASSERT_TRUE(testing::WriteBlock(store.objects, BlockName({}, meta.created_at, 1), meta, {group})
                  .has_value());

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 4u);
  EXPECT_EQ(store.log.end(), log::Position{30});
  store.AppendBlock(3);
  EXPECT_EQ(store.log.Committed(kStorageConsumer), log::Position{40});
}

TEST(LogReach, RemembersTheNewestLogs) {
  const base::testing::TestFolder folder;
  fs::create_directories(folder.path());
  const std::string path = folder.path() + "/log-reach";
  {
    LogReach reach(path);
    ASSERT_TRUE(reach.Load().has_value());
    for (std::uint8_t i = 1; i < 20; ++i) {
      ASSERT_TRUE(reach.Raise({{i}}, {i * 1000u}).has_value());
    }
    ASSERT_TRUE(reach.Raise({{18}}, {20'000}).has_value());
    ASSERT_TRUE(reach.Raise({{18}}, {5}).has_value());
  }
  LogReach reach(path);
  ASSERT_TRUE(reach.Load().has_value());

  EXPECT_EQ(reach.Of({{19}}).offset, 19'000u);
  EXPECT_EQ(reach.Of({{18}}).offset, 20'000u);
  EXPECT_EQ(reach.Of({{1}}).offset, 0u);
}

TEST(LogReach, OneThatCannotBeReadKeepsTheStoreFromOpening) {
  const base::testing::TestFolder folder;
  fs::create_directories(folder.path());
  const std::string path = folder.path() + "/log-reach";
  fs::create_symlink(path, path);  // a loop, which not even root can open

  const auto damage = LogReach(path).Load();

  ASSERT_FALSE(damage.has_value());
  EXPECT_THAT(damage.error().message, ::testing::HasSubstr(path));
  EXPECT_THAT(damage.error().message, ::testing::HasSubstr("have it be readable"));
  EXPECT_TRUE(fs::is_symlink(path));
}

TEST(LogReach, ItsFolderMustBeWritableAtTheStart) {
  const base::testing::TestFolder folder;
  TestStore store;
  StorageOptions options;
  options.reach_path = folder.path() + "/gone/log-reach";
  wire::otlp::OtlpCodec codec{wire::otlp::kNothingCut};
  base::SeededRandom random{1};

  const auto refused =
      Storage::Open(options, store.log, store.objects, codec, store.clock, random, store.metrics);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message,
              ::testing::HasSubstr(folder.path() + "/gone must be writable"));
  fs::create_directories(folder.path() + "/gone");
  EXPECT_TRUE(LogReach(options.reach_path).CheckWritable().has_value());
  EXPECT_TRUE(fs::is_empty(folder.path() + "/gone"));
}

TEST(LogReach, ADamagedFileIsKeptAndBegunAnew) {
  const base::testing::TestFolder folder;
  fs::create_directories(folder.path());
  const std::string path = folder.path() + "/log-reach";
  {
    LogReach reach(path);
    ASSERT_TRUE(reach.Load().has_value());
    ASSERT_TRUE(reach.Raise({{1}}, {1000}).has_value());
  }
  fs::resize_file(path, 20);

  LogReach reach(path);
  const auto damage = reach.Load();
  ASSERT_TRUE(damage.has_value());
  ASSERT_TRUE(damage->has_value());
  EXPECT_EQ((*damage)->path, path);

  EXPECT_EQ(reach.Of({{1}}).offset, 0u);
  EXPECT_FALSE(fs::exists(path + ".damaged")) << "reading changes nothing";
  EXPECT_TRUE(reach.Raise({{1}}, {2000}).has_value());
  EXPECT_EQ(fs::file_size(path + ".damaged"), 20u);
  LogReach again(path);
  ASSERT_EQ(again.Load().value(), std::nullopt);
  EXPECT_EQ(again.Of({{1}}).offset, 2000u);
}

}  // namespace
}  // namespace clew::storage
