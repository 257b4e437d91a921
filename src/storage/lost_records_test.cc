#include "storage/lost_records.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "storage/testing/local_log_store.h"
#include "storage/testing/test_store.h"

/// What answers say of pieces of the log that were lost before they were in a block.
namespace clew::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kOther;
using testing::LocalLogStore;
using testing::MakeData;
using testing::TestStore;
using ::testing::UnorderedElementsAre;

/// In front of the records of a segment.
constexpr std::uint64_t kHeaderBytes = 64;

log::LostPiece Piece(std::uint64_t begin, std::uint64_t end) {
  return {{begin}, {end}, "a file: gone", {}};
}

std::vector<std::string> TextsOf(const LostRecords& lost, const TenantId& tenant = {}) {
  std::vector<std::string> texts;
  lost.AddTexts(tenant, texts, nullptr);
  return texts;
}

TEST(LostRecords, WhatBlocksHoldIsNotLost) {
  const std::vector<LogRange> held = {{{100}, {300}}, {{1000}, {2000}}};
  LostRecords lost;

  // Whole, with the header of a file in front and between, and some of a range.
  lost.AddUncovered({Piece(100, 300), Piece(936, 1500), Piece(1500, 2064)}, held);
  EXPECT_THAT(TextsOf(lost), IsEmpty());

  lost.AddUncovered({Piece(200, 1100), Piece(1900, 2500)}, held);
  EXPECT_THAT(TextsOf(lost),
              ElementsAre("the log lost 700 bytes at position 300 (a file: gone): the spans in "
                          "them that no block holds are missing",
                          HasSubstr("lost 500 bytes at position 2000 ")));
  EXPECT_EQ(lost.byte_size(), 1200u);
}

TEST(LostRecords, WhatABlockHoldsThatIsOpenedLateIsNotLost) {
  LostRecords lost;
  lost.AddUncovered({Piece(100, 300), Piece(1000, 2000)}, {});
  lost.Add(Piece(5000, 5050));

  lost.TakeOut({{{50}, {300}}, {{1000}, {1500}}});
  lost.TakeOut({{{1540}, {1900}}, {{6000}, {7000}}});
  lost.AddUncovered({Piece(6000, 6500)}, {});

  EXPECT_THAT(TextsOf(lost), ElementsAre(HasSubstr("lost 100 bytes at position 1900 "),
                                         HasSubstr("lost 50 bytes at position 5000 ")));
  EXPECT_EQ(lost.byte_size(), 150u);
}

TEST(LostRecords, OfABlockThatIsOpenedLateOnlyWhatMayMatterIsKept) {
  LostRecords lost;
  lost.TakeOut({{{100}, {300}}, {{1000}, {2000}}});
  EXPECT_EQ(lost.held_range_count(), 2u) << "it may yet be lost";
  lost.AddUncovered({Piece(1500, 3000)}, {});

  lost.EndAdding();
  EXPECT_EQ(lost.held_range_count(), 1u);
  for (std::uint64_t i = 0; i < 1000; ++i) lost.TakeOut({{{5000 + i * 20}, {5010 + i * 20}}});
  EXPECT_EQ(lost.held_range_count(), 1u);

  lost.TakeOut({{{2100}, {3100}}});
  EXPECT_EQ(lost.held_range_count(), 2u);
  EXPECT_THAT(TextsOf(lost), ElementsAre(HasSubstr("lost 100 bytes at position 2000 ")));
}

TEST(LostRecords, NothingIsKeptOfBlocksWhenNothingIsLost) {
  LostRecords lost;
  lost.TakeOut({{{100}, {300}}});

  lost.EndAdding();
  lost.TakeOut({{{500}, {600}}});

  EXPECT_EQ(lost.held_range_count(), 0u);
}

TEST(LostRecords, AFewAreNamedAndTheOthersCounted) {
  LostRecords lost;
  std::vector<log::LostPiece> pieces;
  for (std::uint64_t i = 0; i < 100; ++i) pieces.push_back(Piece(i * 1000, i * 1000 + 500));
  pieces.front().tenant = kOther;
  lost.AddUncovered(pieces, {});

  std::vector<std::string> texts;
  std::uint64_t unnamed_count = 0;
  lost.AddTexts({}, texts, &unnamed_count);

  EXPECT_EQ(texts.size(), 12u);
  EXPECT_EQ(unnamed_count, 99u - 12u);
  EXPECT_THAT(texts.front(), HasSubstr("position 1000 ")) << "the first is of another tenant";
}

class LostLogTest : public ::testing::Test {
 protected:
  /// Gives where its record begins.
  std::uint64_t Append(int number, const TenantId& tenant = {}) {
    const std::string id = std::to_string(number);
    const log::Position end = store_.local_log().end();
    EXPECT_TRUE(
        store_.Append(MakeData({{.trace = id, .span = id, .name = std::string(300, 'n')}}), tenant)
            .has_value());
    log::Position begin;
    EXPECT_TRUE(store_.local_log()
                    .Read(end,
                          [&](const log::Appended& where, const log::Record&) -> Status {
                            begin = where.begin;
                            return {};
                          })
                    .has_value());
    return begin.offset;
  }

  /// Flips a bit of the first segment.
  void Flip(std::uint64_t offset) const {
    std::fstream file(store_.Segment(0), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
    ASSERT_TRUE(file.good());
  }

  std::vector<std::string> LeftOut(const TenantId& tenant = {}) {
    return store_.storage().LeftOut(tenant);
  }

  LocalLogStore store_;
};

TEST_F(LostLogTest, ADamagedRecordIsSaidToBeMissingToItsTenant) {
  Append(1);
  const std::uint64_t record = Append(2);
  Append(3, kOther);
  store_.CloseLog();
  Flip(record + 300);

  store_.OpenLog();

  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(LeftOut(),
              ElementsAre(AllOf(HasSubstr(fmt::format("at position {} ", record)),
                                HasSubstr(fs::path(store_.Segment(0)).filename().string()),
                                HasSubstr("wrong checksum"))));
  EXPECT_THAT(LeftOut(kOther), IsEmpty());
  EXPECT_GT(store_.metrics.Sum("clew_storage_lost_log_bytes"), 300);
  // For as long as the process lives, also when all that is left is in blocks.
  ASSERT_TRUE(store_.storage().Flush().has_value());
  EXPECT_EQ(LeftOut().size(), 1u);
}

TEST_F(LostLogTest, OneThatDoesNotSayWhoseItWasIsSaidToBeMissingToAll) {
  const std::uint64_t record = Append(1);
  Append(2);
  store_.CloseLog();
  Flip(record + 20);

  store_.OpenLog();

  EXPECT_EQ(LeftOut().size(), 1u);
  EXPECT_EQ(LeftOut(kOther), LeftOut());
}

TEST_F(LostLogTest, WhatIsInABlockIsNotMissing) {
  const std::uint64_t sealed = Append(1);
  ASSERT_TRUE(store_.storage().Flush().has_value());
  Append(2);
  store_.CloseLog();
  Flip(sealed + 20);

  store_.OpenLog();

  EXPECT_EQ(store_.SpanCount(), 2u);
  EXPECT_THAT(LeftOut(), IsEmpty());
}

TEST_F(LostLogTest, WhatIsInABlockIsNotMissingWhenTheCheckpointWasNotWritten) {
  const std::uint64_t first = Append(1);
  const std::uint64_t second = Append(2, kOther);
  Append(3);
  fs::copy(store_.LogFolder() + "/consumers", store_.CopyFolder());
  ASSERT_TRUE(store_.storage().Flush().has_value());
  const std::uint64_t unsealed = Append(4);
  store_.CloseLog();
  fs::remove_all(store_.LogFolder() + "/consumers");
  fs::copy(store_.CopyFolder(), store_.LogFolder() + "/consumers");
  Flip(first + 20);
  Flip(second + 20);

  store_.OpenLog();
  EXPECT_EQ(store_.SpanCount(), 3u);
  EXPECT_THAT(LeftOut(), IsEmpty());

  store_.CloseLog();
  Flip(unsealed + 20);
  store_.OpenLog();
  EXPECT_THAT(LeftOut(), ElementsAre(HasSubstr(fmt::format("position {} ", unsealed))));
}

TEST_F(LostLogTest, WhatIsInABlockIsNoLongerMissingWhenThatCanBeOpened) {
  const std::uint64_t sealed = Append(1);
  fs::copy(store_.LogFolder() + "/consumers", store_.CopyFolder());
  ASSERT_TRUE(store_.storage().Flush().has_value());
  store_.CloseLog();
  fs::remove_all(store_.LogFolder() + "/consumers");
  fs::copy(store_.CopyFolder(), store_.LogFolder() + "/consumers");
  Flip(sealed + 20);
  store_.objects.Fail(testing::FaultyObjectStore::Call::kTail,
                      {Code::kUnavailable, "too many open files", {}});
  store_.OpenLog();
  EXPECT_THAT(LeftOut(), UnorderedElementsAre(HasSubstr("too many open files"),
                                              HasSubstr(fmt::format("position {} ", sealed))));

  store_.objects.Mend();
  store_.clock.Advance(std::chrono::minutes(2));
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(LeftOut(), IsEmpty());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_log_bytes"), 0);
}

TEST_F(LostLogTest, ARemovedSegmentIsSaidToBeMissingUntilAllElseIsInBlocks) {
  store_.segment_bytes = 400;  // a record each
  for (const bool is_first : {true, false}) {
    store_.Reopen();
    const std::vector<std::uint64_t> records = {Append(1), Append(2), Append(3)};
    const std::uint64_t base = records.at(is_first ? 0 : 1) - kHeaderBytes;
    const std::uint64_t next_base = records.at(is_first ? 1 : 2) - kHeaderBytes;
    store_.CloseLog();
    ASSERT_TRUE(fs::remove(store_.Segment(base)));

    for (int starts = 0; starts < 2; ++starts) {
      store_.OpenLog();
      EXPECT_THAT(LeftOut(), ElementsAre(HasSubstr(fmt::format("lost {} bytes at position {} ",
                                                               next_base - base, base))));
      EXPECT_EQ(LeftOut(kOther), LeftOut());
      store_.CloseLog();
    }
    store_.OpenLog();
    ASSERT_TRUE(store_.storage().Flush().has_value());
    store_.Reopen();
    EXPECT_THAT(LeftOut(), IsEmpty());
  }
}

TEST_F(LostLogTest, ATornTailIsNotMissing) {
  Append(1);
  store_.CloseLog();
  std::ofstream(store_.Segment(0), std::ios::app) << std::string(5'000, 'x');

  store_.OpenLog();

  EXPECT_THAT(LeftOut(), IsEmpty());
}

TEST_F(LostLogTest, OfAnOlderCopyThatIsPutBackOnlyWhatNoBlockHoldsIsMissing) {
  Append(1);
  store_.CopyLog();
  Append(2);
  ASSERT_TRUE(store_.storage().Flush().has_value());
  store_.PutCopyBack();
  EXPECT_EQ(store_.SpanCount(), 2u);
  EXPECT_THAT(LeftOut(), IsEmpty());

  const std::uint64_t unsealed = Append(3);
  // Its block is not written, but how far blocks may go is.
  store_.objects.Fail(testing::FaultyObjectStore::Call::kPut, {Code::kUnavailable, "full", {}});
  ASSERT_FALSE(store_.storage().Flush().has_value());
  store_.objects.Mend();
  store_.PutCopyBack();
  EXPECT_THAT(LeftOut(),
              ElementsAre(HasSubstr(fmt::format("position {} ", unsealed - kHeaderBytes))));
}

TEST(LostRecordsOfStorage, ARecordThatCannotBeDecodedIsSaidToBeMissing) {
  TestStore store;
  log::Record record;
  record.pipeline = "traces";
  record.body = Bytes(std::string("garbage"));
  ASSERT_TRUE(store.log.Append(record).Wait().has_value());

  store.Restart();

  EXPECT_THAT(store.storage().LeftOut({}), ElementsAre(HasSubstr("the log lost ")));
  EXPECT_THAT(store.storage().LeftOut(kOther), IsEmpty());
}

TEST(LostRecordsOfStorage, WhatIsNoSpansIsLeftOutOfTheReplay) {
  TestStore store;
  log::Record record;
  record.pipeline = "traces";
  record.body = Bytes(std::string("garbage"));
  record.kind = log::RecordKind::kDecision;
  ASSERT_TRUE(store.log.Append(record).Wait().has_value());
  record.kind = log::RecordKind::kData;
  record.signal = model::Signal::kMetrics;
  ASSERT_TRUE(store.log.Append(record).Wait().has_value());

  store.Restart();
  ASSERT_TRUE(store.storage().Flush().has_value());

  EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
  EXPECT_EQ(store.log.Committed(kStorageConsumer), store.log.end());
}

TEST(LostRecordsOfStorage, MayBeAskedForWhileTheLogIsReplayed) {
  TestStore store;
  log::Record record;
  record.body = Bytes(std::string("garbage"));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(store.log.Append(record).Wait().has_value());
  store.Open();

  while (!store.storage().is_ready()) EXPECT_LE(store.storage().LeftOut({}).size(), 12u);

  std::uint64_t unnamed_count = 0;
  EXPECT_EQ(store.storage().LeftOut({}, &unnamed_count).size(), 12u);
  EXPECT_EQ(unnamed_count, 188u);
}

TEST(LostRecordsOfStorage, WhatIsLostBehindTheReplayCameByAppendAndIsThere) {
  TestStore store;
  ASSERT_TRUE(store.Append(MakeData({{.trace = "1", .span = "1"}})).has_value());
  store.log.lost.Add(Piece(store.log.end().offset, store.log.end().offset + 1000));

  store.Restart();

  EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
}

}  // namespace
}  // namespace clew::storage
