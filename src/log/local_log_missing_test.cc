#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "log/local_log.h"
#include "log/segment_format.h"
#include "log/test_damaged_log.h"

/// What becomes of a log whose files or directory are gone, cut or replaced.
namespace clew::log {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

TEST_F(LocalLogLossTest, AFileCutUnderARunningLogIsReported) {
  const std::vector<Appended> places = AppendLetters(3);
  fs::resize_file(SegmentFiles().at(0), places[1].begin.offset + 100);

  EXPECT_EQ(Letters(), "a");
  EXPECT_GT(Damaged(), 0);
}

// Each takes something away of segment files that hold a record each.
struct Loss {
  const char* name;
  std::size_t segment;
  std::function<void(const std::string& path)> take;
};

class LocalLogMissingTest : public LocalLogLossTest, public testing::WithParamInterface<Loss> {};

std::vector<Loss> Losses() {
  std::vector<Loss> losses;
  for (const std::size_t segment : {0U, 1U, 2U}) {
    losses.push_back({"removed", segment, [](const auto& path) { fs::remove(path); }});
    losses.push_back({"replaced by a directory", segment, [](const auto& path) {
                        fs::remove(path);
                        fs::create_directory(path);
                      }});
    losses.push_back({"a dangling link", segment, [](const auto& path) {
                        fs::remove(path);
                        fs::create_symlink("/nonexistent/x", path);
                      }});
    for (const std::uintmax_t size : {0U, 1U, 63U, 64U, 65U, 10'000U}) {
      losses.push_back({"cut", segment, [size](const auto& path) { fs::resize_file(path, size); }});
    }
  }
  return losses;
}

INSTANTIATE_TEST_SUITE_P(Any, LocalLogMissingTest, testing::ValuesIn(Losses()));

TEST_P(LocalLogMissingTest, IsNamedAndCountedAndTheRestIsRead) {
  const Loss& loss = GetParam();
  options_.segment_bytes = 10'000;
  const std::vector<Appended> places = AppendLetters(3);
  ASSERT_TRUE(log_->Commit("storage", {places[0].begin.offset + 100}).has_value());
  ASSERT_TRUE(log_->Commit("pipeline/traces", places[1].end).has_value());
  const std::string path = SegmentFiles().at(loss.segment);
  log_.reset();
  loss.take(path);

  std::string text = Open();
  testing::internal::CaptureStderr();
  const std::string letters = Letters();
  text += testing::internal::GetCapturedStderr();

  EXPECT_EQ(letters, std::string("abc").erase(loss.segment, 1)) << loss.name;
  EXPECT_THAT(text, HasSubstr(path)) << loss.name;
  EXPECT_GT(Damaged() + Missing(), 0) << loss.name;
  std::uint64_t lost_bytes = 0;
  for (const auto& [begin, end] : Lost()) {
    EXPECT_GE(begin, places[0].begin.offset + 100) << loss.name;
    lost_bytes += end - begin;
  }
  EXPECT_GT(lost_bytes, 9'000U) << loss.name;
  EXPECT_LE(lost_bytes, 20'000U + kSegmentHeaderBytes + 100) << loss.name;
  EXPECT_EQ(Lost("pipeline/traces").empty(), loss.segment < 2) << loss.name;
  // Positions that were acknowledged are not used again.
  EXPECT_GE(Append("new").value().begin, places[2].end) << loss.name;
  Open();
  EXPECT_EQ(Letters(), letters + "n") << loss.name;
}

TEST_F(LocalLogLossTest, GapsAfterFailuresAndWhatIsConsumedAreNotMissing) {
  options_.segment_bytes = 10'000;
  AppendLetters(1);
  ASSERT_TRUE(log_->Commit("storage", {}).has_value());
  disk_.sync_fails = true;
  EXPECT_FALSE(Append("lost").has_value());
  disk_.sync_fails = false;
  ASSERT_TRUE(Append(std::string(20'000, 'b')).has_value());
  const Appended last = Append(std::string(20'000, 'c')).value();

  EXPECT_THAT(Open(), Not(HasSubstr("missing")));
  EXPECT_EQ(Letters(), "abc");
  ASSERT_TRUE(log_->Commit("storage", last.begin).has_value());
  ASSERT_EQ(SegmentFiles().size(), 1U);
  EXPECT_THAT(Open(), Not(HasSubstr("missing")));
  EXPECT_EQ(Missing(), 0);
}

TEST_F(LocalLogLossTest, NothingIsAcknowledgedThatLiesInARemovedSegment) {
  AppendLetters(2);
  ASSERT_TRUE(log_->Commit("storage", {}).has_value());
  ASSERT_TRUE(log_->CheckReachable().has_value());
  const std::string path = SegmentFiles().at(0);
  fs::remove(path);

  EXPECT_THAT(log_->CheckReachable().error().message, HasSubstr(path));
  const auto refused = Append("lost");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr(path));

  // The directory is still there, so the next record goes to a new segment.
  ASSERT_TRUE(Append("new").has_value());
  EXPECT_EQ(SegmentFiles().size(), 1U);
  EXPECT_EQ(Letters(), "abn");
  Open();
  EXPECT_EQ(Letters(), "n");
  EXPECT_GT(Missing(), 0);
}

TEST_F(LocalLogLossTest, NothingIsAcknowledgedWhenTheDirectoryIsGone) {
  using Take = std::function<void(const std::string&)>;
  const std::vector<Take> takes = {
      [](const std::string& path) { fs::remove_all(path); },
      [](const std::string& path) { fs::rename(path, path + ".moved"); },
      [](const std::string& path) {
        fs::rename(path, path + ".kept");
        fs::copy(path + ".kept", path, fs::copy_options::recursive);
      },
      [](const std::string& path) {
        fs::remove_all(path);
        fs::create_directories(path + "/consumers");
      },
  };
  for (std::size_t i = 0; i < takes.size(); ++i) {
    options_.directory = folder_.path() + "/log" + std::to_string(i);
    const std::vector<Appended> places = AppendLetters(2);
    takes[i](options_.directory);

    for (int round = 0; round < 3; ++round) {
      const auto refused = Append("lost");
      ASSERT_FALSE(refused.has_value()) << i;
      EXPECT_TRUE(refused.error().is_retryable()) << i;
      EXPECT_THAT(refused.error().message, HasSubstr(options_.directory)) << i;
    }
    EXPECT_FALSE(log_->CheckReachable().has_value()) << i;
    // What stands there now may be another's.
    EXPECT_EQ(log_->Commit("storage", places[1].end).error().code, Code::kUnavailable) << i;
    EXPECT_EQ(Letters(), "ab") << i;
  }
}

TEST_F(LocalLogLossTest, TheDirectoryIsHeldAlsoWhenItsLockFileIsRemoved) {
  AppendLetters(1);
  fs::remove(options_.directory + "/lock");

  const auto second = OpenLocalLog(options_, disk_, clock_, metrics_);

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kFailedPrecondition);
  log_->Close();
  EXPECT_TRUE(OpenLocalLog(options_, disk_, clock_, metrics_).has_value());
}

}  // namespace
}  // namespace clew::log
