// What becomes of a log whose sectors, or small files, cannot be read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/test_folder.h"
#include "log/local_log.h"
#include "log/segment_format.h"
#include "log/test_damaged_log.h"
#include "log/testing/faulty_file_system.h"
#include "log/verify_log.h"

namespace clew::log {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(LocalLogLossTest, WhatStandsInThePlaceOfASmallFileIsMovedAside) {
  const std::string consumers = options_.directory + "/consumers/";
  for (const std::string& path : {options_.directory + "/identity", options_.directory + "/extent",
                                  options_.directory + "/lock", consumers + "storage.checkpoint",
                                  consumers + "storage.checkpoint.tmp"}) {
    const Appended place = AppendLetters(1).back();
    ASSERT_TRUE(log_->Commit("storage", place.begin).has_value());
    log_.reset();
    fs::remove(path);
    fs::create_directories(path + "/kept");

    Open();
    testing::internal::CaptureStderr();
    const Status committed = log_->Commit("storage", place.end);
    const std::string text = testing::internal::GetCapturedStderr();

    EXPECT_TRUE(committed.has_value()) << committed.error().message;
    EXPECT_TRUE(Append("b").has_value()) << path;
    EXPECT_TRUE(fs::is_directory(path + ".aside/kept")) << path;
    EXPECT_FALSE(fs::is_directory(path)) << path;
    if (path.starts_with(consumers)) {
      EXPECT_THAT(text, HasSubstr("moved_to=" + path + ".aside"));
    }
  }
  EXPECT_EQ(metrics_.Sum("clew_log_damaged_files_total"), 3) << "identity, extent, checkpoint";
}

TEST_F(LocalLogLossTest, ADirectoryInThePlaceOfACheckpointHoldsTheLogUntilItIsForgotten) {
  options_.segment_bytes = 4096;
  const std::vector<Appended> places = AppendLetters(4);
  ASSERT_TRUE(log_->Commit("storage", places.front().begin).has_value());
  const std::string other = options_.directory + "/consumers/other.checkpoint";
  log_.reset();
  fs::create_directories(other + "/kept");
  fs::create_directories(options_.directory + "/consumers/not%6furs.checkpoint");

  EXPECT_THAT(Open(), HasSubstr(other));

  // It may be of one that has sent nothing yet of what is there.
  EXPECT_THAT(log_->Consumers(), ElementsAre("other", "storage"));
  EXPECT_EQ(log_->Committed("other").offset, 0u);
  const std::size_t kept = SegmentFiles().size();
  EXPECT_GT(kept, 1u);
  ASSERT_TRUE(log_->Commit("storage", places.back().end).has_value());
  EXPECT_EQ(SegmentFiles().size(), kept);
  ASSERT_TRUE(log_->Forget("other").has_value());
  EXPECT_THAT(log_->Consumers(), ElementsAre("storage"));
  EXPECT_EQ(SegmentFiles().size(), 1u);
  EXPECT_TRUE(fs::is_directory(other + ".aside/kept"));
}

TEST_F(LocalLogLossTest, AFileInThePlaceOfTheConsumersIsNamedWithWhatToDo) {
  AppendLetters(1);
  log_.reset();
  const std::string path = options_.directory + "/consumers";
  fs::remove_all(path);
  std::ofstream(path) << "x";

  const auto refused = OpenLocalLog(options_, disk_, clock_, metrics_);

  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message,
              HasSubstr(path + ": what is there is no directory: move it away"));
  EXPECT_EQ(VerifyLog(options_.directory)->damage.at(0).path, path);
}

TEST_F(LocalLogLossTest, AnExtentThatMayNotBeReadIsNoHindrance) {
  AppendLetters(2);
  disk_.FailReads({.path_part = "/extent", .begin = 0, .end = 1, .error = EACCES});

  EXPECT_THAT(Open(), HasSubstr("/extent"));

  EXPECT_EQ(Letters(), "ab");
  EXPECT_EQ(metrics_.Sum("clew_log_damaged_files_total"), 1);
}

TEST_F(LocalLogLossTest, APipeInThePlaceOfASmallFileHoldsNobodyUp) {
  AppendLetters(1);
  for (const std::string& path :
       {options_.directory + "/identity", options_.directory + "/extent"}) {
    log_.reset();
    fs::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    Open();
    EXPECT_TRUE(fs::is_regular_file(path)) << path;
    EXPECT_TRUE(fs::is_fifo(path + ".aside")) << path;
  }
}

TEST_F(LocalLogLossTest, ADirectoryWithTheNameOfASegmentIsNamedAndKept) {
  const Appended place = AppendLetters(1).back();
  log_.reset();
  const std::string path =
      fmt::format("{}/{:020}.seg", options_.directory, (place.end.offset + 1000) / 8 * 8);
  fs::create_directory(path);

  EXPECT_THAT(Open(), HasSubstr(path + " is a directory"));

  EXPECT_TRUE(Append("b").has_value());
  EXPECT_EQ(Letters(), "ab");
  EXPECT_TRUE(fs::is_directory(path));
}

TEST_F(LocalLogLossTest, AnUnreadableSectorOfTheLastSegmentLosesOneRecord) {
  const std::vector<Appended> places = AppendLetters(3);
  FailSector(".seg", places[1].begin.offset + 9000);

  Open();
  testing::internal::CaptureStderr();
  const std::string letters = Letters();
  const std::string text = testing::internal::GetCapturedStderr();

  EXPECT_EQ(letters, "ac");
  EXPECT_THAT(text, HasSubstr("file=" + SegmentFiles().at(0)));
  EXPECT_THAT(text, HasSubstr("offset=" + std::to_string(places[1].begin.offset)));
  EXPECT_THAT(text, HasSubstr("cannot be read from the disk"));
  ASSERT_TRUE(Append("new").has_value());
  EXPECT_EQ(Letters(), "acn");
  EXPECT_EQ(Damaged(), 1);
  EXPECT_EQ(SegmentFiles().size(), 2U);
  const std::vector<LostPiece> lost = log_->Lost("storage");
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].begin, places[1].begin);
  EXPECT_EQ(lost[0].end, places[1].end);
  EXPECT_EQ(lost[0].tenant, TenantId());
  EXPECT_EQ(lost[0].cause, "00000000000000000000.seg: cannot be read from the disk");
}

TEST_F(LocalLogLossTest, OnlyWhatAConsumerHasNotCommittedIsLostForIt) {
  const std::vector<Appended> places = AppendLetters(3);
  ASSERT_TRUE(log_->Commit("storage", places[0].end).has_value());
  ASSERT_TRUE(log_->Commit("pipeline/traces", places[1].end).has_value());
  log_.reset();
  FlipByte(SegmentFiles().at(0), places[0].begin.offset + 9000);
  FlipByte(SegmentFiles().at(0), places[1].begin.offset + 3);
  Open();
  EXPECT_THAT(Lost(), IsEmpty()) << "nothing has been read yet";

  EXPECT_EQ(Letters(), "c");

  using Range = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(Lost("new"), ElementsAre(Range(places[0].begin.offset, places[0].end.offset),
                                       Range(places[1].begin.offset, places[1].end.offset)));
  EXPECT_THAT(Lost(), ElementsAre(Range(places[1].begin.offset, places[1].end.offset)));
  EXPECT_EQ(log_->Lost("storage").at(0).tenant, std::nullopt) << "its first bytes are damaged";
  EXPECT_THAT(Lost("pipeline/traces"), IsEmpty());
  ASSERT_TRUE(log_->Commit("storage", places[2].end).has_value());
  EXPECT_EQ(Lost().size(), 1U) << "to commit brings nothing back";
}

TEST_F(LocalLogLossTest, WhatWasNeverAcknowledgedIsNotLost) {
  const Appended place = AppendLetters(1).front();
  // Cut short, and it cannot be cut off.
  disk_.truncate_fails = true;
  disk_.sync_fails = true;
  EXPECT_FALSE(Append(std::string(20'000, 'x')).has_value());
  disk_.truncate_fails = disk_.sync_fails = false;
  ASSERT_TRUE(Append("b").has_value());
  log_.reset();
  FlipByte(SegmentFiles().at(0), place.end.offset + 9000);
  // A torn tail of the last segment, and bytes behind the first one that are nobody's.
  std::ofstream(SegmentFiles().at(0), std::ios::app) << std::string(30'000, 'y');
  std::ofstream(SegmentFiles().at(1), std::ios::app) << std::string(1'000, 'y');

  Open();

  EXPECT_EQ(Letters(), "ab");
  EXPECT_GT(Damaged(), 0);
  EXPECT_THAT(Lost(), IsEmpty());
}

// Two records and a torn tail in the last segment, of which the first record cannot be read.
class TornTailTest : public LocalLogLossTest {
 protected:
  void Tear() {
    places_ = AppendLetters(2);
    path_ = SegmentFiles().at(0);
    log_.reset();
    std::ofstream(path_, std::ios::app) << std::string(30'000, 'y');
    FailSector(path_, places_[0].begin.offset + 5000);
    first_ = {places_[0].begin.offset, places_[0].end.offset};
  }

  std::vector<Appended> places_;
  std::string path_;
  std::pair<std::uint64_t, std::uint64_t> first_;
};

TEST_F(TornTailTest, OneThatCannotBeCutIsNotLost) {
  Tear();

  Open();
  EXPECT_EQ(Letters(), "b");
  EXPECT_THAT(Lost(), ElementsAre(first_));

  // Then it is no longer of the last segment, and what is new is behind all of it.
  EXPECT_GE(Append("c").value().begin.offset, fs::file_size(path_));
  EXPECT_EQ(Letters(), "bc");
  EXPECT_THAT(Lost(), ElementsAre(first_));
  EXPECT_THAT(Open(), Not(HasSubstr("missing")));
  EXPECT_EQ(Letters(), "bc");
  EXPECT_THAT(Lost(), ElementsAre(first_));
  disk_.MendReads();
  Open();
  EXPECT_EQ(Letters(), "abc");
  EXPECT_THAT(Lost(), IsEmpty());
}

TEST_F(TornTailTest, WhatOthersKnowToHaveBeenThereIsLost) {
  Tear();
  Open();

  log_->SkipTo({places_[1].end.offset + 1000});

  EXPECT_EQ(Letters(), "b");
  EXPECT_THAT(Lost(),
              ElementsAre(first_, std::pair(places_[1].end.offset, places_[1].end.offset + 1000)));
}

// As after a power cut, which the mark of the extent does not outlast.
TEST_F(LocalLogLossTest, WhatCannotBeReadBehindTheExtentIsLost) {
  for (const bool is_prefix_sound : {true, false}) {
    options_.directory = folder_.path() + "/log" + std::to_string(int{is_prefix_sound});
    const std::string extent = options_.directory + "/extent";
    AppendLetters(1);
    fs::copy_file(extent, extent + ".behind");
    const Appended place = Append(std::string(20'000, 'b')).value();
    log_.reset();
    fs::rename(extent + ".behind", extent);
    std::ofstream(SegmentFiles().at(0), std::ios::app) << std::string(30'000, 'y');
    FailSector(SegmentFiles().at(0), place.begin.offset + 9000);
    if (!is_prefix_sound) FlipByte(SegmentFiles().at(0), place.begin.offset + 3);

    for (int starts = 0; starts < 2; ++starts) {
      Open();
      EXPECT_EQ(Letters().substr(0, 1), "a");
      using Range = std::pair<std::uint64_t, std::uint64_t>;
      const std::uint64_t end =
          is_prefix_sound ? place.end.offset : fs::file_size(SegmentFiles().at(0));
      EXPECT_THAT(Lost(), ElementsAre(Range(place.begin.offset, end)));
      ASSERT_TRUE(Append("c").has_value());
    }
    disk_.MendReads();
  }
}

// Then nothing says how far the log reached: what cannot be read may have been records.
TEST_F(TornTailTest, OneThatCannotBeCutIsLostWithoutTheExtent) {
  Tear();
  fs::remove(options_.directory + "/extent");

  Open();

  EXPECT_EQ(Letters(), "b");
  EXPECT_THAT(Lost(), ElementsAre(first_, std::pair(places_[1].end.offset, fs::file_size(path_))));
}

TEST_F(TornTailTest, OneBehindADamagedHeaderIsNotLost) {
  for (const bool is_identity_known : {true, false}) {
    options_.directory = folder_.path() + "/log" + std::to_string(int{is_identity_known});
    Tear();
    disk_.MendReads();
    for (const std::uint64_t offset : {20U, 52U}) FlipByte(path_, offset);
    if (!is_identity_known) FlipByte(options_.directory + "/identity", 10);

    for (int starts = 0; starts < 2; ++starts) {
      Open();
      const std::string letters = Letters() + "c";
      if (is_identity_known) {
        EXPECT_THAT(letters, testing::StartsWith("abc"));
        EXPECT_THAT(Lost(), IsEmpty());
      } else {
        EXPECT_THAT(letters, testing::StartsWith("c"));
        EXPECT_THAT(Lost(), ElementsAre(testing::Pair(testing::_, places_[1].end.offset)));
      }
      ASSERT_TRUE(Append("c").has_value());
    }
  }
}

TEST_F(LocalLogLossTest, WhatALogIsToldToSkipIsLost) {
  const Appended place = AppendLetters(1).front();

  log_->SkipTo({place.end.offset + 500});

  using Range = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(Lost(), ElementsAre(Range(place.end.offset, place.end.offset + 500)));
}

TEST_F(LocalLogLossTest, AnUnreadableSectorAnywhereLosesOneRecordOfEverySegment) {
  options_.segment_bytes = 50'000;
  const std::vector<Appended> places = AppendLetters(6);
  ASSERT_EQ(SegmentFiles().size(), 2U);
  for (std::uint64_t offset = 0; offset < 60'000; offset += 3999) {
    FailSector(SegmentFiles().at(0), offset);

    Open();

    const std::string letters = Letters();
    EXPECT_GE(letters.size(), offset < kSegmentHeaderBytes ? 5U : 4U) << offset;
    EXPECT_TRUE(letters.ends_with("def")) << offset;
    disk_.MendReads();
    EXPECT_EQ(Letters(), "abcdef");
  }
}

TEST_F(LocalLogLossTest, AnUnreadableTailIsLeftInItsPlace) {
  const std::vector<Appended> places = AppendLetters(2);
  const std::uint64_t size = fs::file_size(SegmentFiles().at(0));
  FailSector(".seg", places[1].begin.offset + 9000);

  Open();

  EXPECT_EQ(fs::file_size(SegmentFiles().at(0)), size);
  EXPECT_EQ(Letters(), "a");
  ASSERT_TRUE(Append("new").has_value());
  disk_.MendReads();
  Open();
  EXPECT_EQ(Letters(), "abn");
}

TEST_F(LocalLogLossTest, AReadThatFailsForAPassingCauseIsAnErrorAndLosesNothing) {
  AppendLetters(2);
  disk_.FailReads({.path_part = ".seg", .begin = 0, .end = 100'000, .error = ENOMEM, .times = 1});

  const auto failed = log_->Read({}, [](const Appended&, const Record&) { return Status(); });

  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Code::kUnavailable);
  EXPECT_EQ(Letters(), "ab");
  EXPECT_EQ(Damaged(), 0);
}

TEST_F(LocalLogLossTest, SmallFilesThatCannotBeReadAreNoHindrance) {
  const std::vector<Appended> places = AppendLetters(2);
  ASSERT_TRUE(log_->Commit("storage", places[1].begin).has_value());
  disk_.FailReads({.path_part = ".checkpoint", .begin = 0, .end = 1, .error = EIO});
  disk_.FailReads({.path_part = "/identity", .begin = 0, .end = 1, .error = EIO});
  disk_.FailReads({.path_part = "/extent", .begin = 0, .end = 1, .error = EIO});

  const std::string text = Open();

  for (const char* name : {".checkpoint", "/identity", "/extent"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
  EXPECT_EQ(Letters(), "ab");
  EXPECT_EQ(log_->Committed("storage"), Position{});
  EXPECT_EQ(Missing(), 0);
}

}  // namespace
}  // namespace clew::log
