#include "log/verify_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/testing/test_folder.h"
#include "log/local_log.h"
#include "log/segment_format.h"

namespace clew::log {
namespace {

namespace fs = std::filesystem;

class VerifyLogTest : public testing::Test {
 protected:
  // Three records of 20,000 bytes.
  void SetUp() override {
    const auto log = OpenLocalLog(Options(), clock_, metrics_).value();
    for (int i = 0; i < 3; ++i) {
      Record record;
      record.pipeline = "traces";
      record.body = Bytes(std::string(20'000, static_cast<char>('a' + i)));
      ASSERT_TRUE(log->Append(record).Wait().has_value());
    }
    ASSERT_TRUE(log->Commit("storage", {kSegmentHeaderBytes}).has_value());
    log->Close();
    for (const auto& entry : fs::directory_iterator(directory_)) {
      if (entry.path().extension() == ".seg") segment_ = entry.path();
    }
  }

  LocalLogOptions Options() const {
    LocalLogOptions options;
    options.directory = directory_;
    options.group_commit_delay = Nanos(0);
    return options;
  }

  void Flip(std::uint64_t offset) const { Flip(segment_, offset); }
  static void Flip(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
  }

  const base::testing::TestFolder folder_;
  const std::string directory_ = folder_.path() + "/log";
  base::SystemClock clock_;
  base::Metrics metrics_;
  std::string segment_;
};

TEST_F(VerifyLogTest, ASoundLogHasNoDamage) {
  const auto verdict = VerifyLog(directory_);

  ASSERT_TRUE(verdict.has_value()) << verdict.error().message;
  EXPECT_TRUE(verdict->damage.empty());
  EXPECT_EQ(verdict->segment_count, 1u);
  EXPECT_EQ(verdict->record_count, 3u);
  EXPECT_EQ(verdict->unfinished_bytes, 0u);
}

TEST_F(VerifyLogTest, NamesARecordThatIsDamaged) {
  Flip(30'000);

  const auto verdict = VerifyLog(directory_);

  ASSERT_EQ(verdict->damage.size(), 1u);
  EXPECT_EQ(verdict->record_count, 2u);
  EXPECT_EQ(verdict->damage[0].path, segment_);
  EXPECT_LT(verdict->damage[0].offset, 30'000u);
  EXPECT_NE(verdict->damage[0].what.find("for traces"), std::string::npos)
      << verdict->damage[0].what;
}

TEST_F(VerifyLogTest, WhatWasNeverAcknowledgedIsUnfinishedAndLeftAsItIs) {
  std::ofstream(segment_, std::ios::app) << std::string(4000, 'x');
  const std::uint64_t size = fs::file_size(segment_);

  const auto verdict = VerifyLog(directory_);

  EXPECT_TRUE(verdict->damage.empty());
  EXPECT_EQ(verdict->record_count, 3u);
  EXPECT_EQ(verdict->unfinished_bytes, 4000u);
  EXPECT_EQ(verdict->byte_size, size);
  EXPECT_EQ(fs::file_size(segment_), size);
}

TEST_F(VerifyLogTest, ADamagedTailThatWasAcknowledgedIsDamage) {
  Flip(50'000);

  const auto verdict = VerifyLog(directory_);

  ASSERT_EQ(verdict->damage.size(), 1u);
  EXPECT_EQ(verdict->record_count, 2u);
  EXPECT_EQ(verdict->unfinished_bytes, 0u);
}

TEST_F(VerifyLogTest, AnAcknowledgedRecordThatIsCutShortIsDamagedAndPartOfItMissing) {
  fs::resize_file(segment_, fs::file_size(segment_) - 100);

  const auto verdict = VerifyLog(directory_);

  ASSERT_EQ(verdict->damage.size(), 2u);
  EXPECT_EQ(verdict->damage[1].kind, Damage::Kind::kMissing);
  EXPECT_GT(verdict->damage[1].size_bytes, 90u);  // the padding is not missed
}

// The server names the same, over the same files.
TEST_F(VerifyLogTest, SegmentsThatAreCutToNothingOrGoneAreMissing) {
  for (const std::uint64_t left : {std::uint64_t{64}, std::uint64_t{10}, std::uint64_t{0}}) {
    fs::resize_file(segment_, left);
    const auto verdict = VerifyLog(directory_);
    ASSERT_EQ(verdict->damage.size(), 1u) << left;
    EXPECT_GE(verdict->damage[0].size_bytes, 60'000u) << left;
    EXPECT_EQ(verdict->damage[0].kind, Damage::Kind::kMissing) << left;
  }
  fs::remove(segment_);
  EXPECT_EQ(VerifyLog(directory_)->damage.size(), 1u);
  EXPECT_EQ(VerifyLog(directory_)->segment_count, 0u);

  OpenLocalLog(Options(), clock_, metrics_).value()->Close();
  EXPECT_GE(metrics_.Sum("clew_log_missing_bytes_total"), 60'000);
}

TEST_F(VerifyLogTest, EverySmallFileIsChecked) {
  for (const char* name : {"/identity", "/extent", "/consumers/storage.checkpoint"}) {
    const std::string path = directory_ + name;
    ASSERT_TRUE(fs::is_regular_file(path)) << path;
    for (std::uint64_t i = 0; i < fs::file_size(path); ++i) {
      Flip(path, i);
      const auto verdict = VerifyLog(directory_);
      ASSERT_TRUE(verdict.has_value()) << verdict.error().message;
      ASSERT_EQ(verdict->damage.size(), 1u) << path << " " << i;
      EXPECT_EQ(verdict->damage[0].path, path);
      EXPECT_EQ(verdict->damage[0].kind, Damage::Kind::kFile);
      Flip(path, i);
    }
  }
  EXPECT_TRUE(VerifyLog(directory_)->damage.empty());
}

TEST_F(VerifyLogTest, WhatStandsInThePlaceOfAFileIsNamed) {
  for (const char* name : {"/identity", "/extent", "/consumers/storage.checkpoint"}) {
    const std::string path = directory_ + name;
    fs::rename(path, path + ".kept");
    fs::create_directory(path);
    const auto verdict = VerifyLog(directory_);
    ASSERT_TRUE(verdict.has_value()) << verdict.error().message;
    ASSERT_EQ(verdict->damage.size(), 1u) << path;
    EXPECT_NE(verdict->damage[0].what.find("is a directory"), std::string::npos)
        << verdict->damage[0].what;
    fs::remove(path);
    fs::rename(path + ".kept", path);
  }
}

TEST_F(VerifyLogTest, RecordsBehindADamagedHeaderAreStillRead) {
  Flip(10);
  Flip(10 + kSegmentHeaderBytes / 2);

  const auto verdict = VerifyLog(directory_);

  ASSERT_EQ(verdict->damage.size(), 1u);
  EXPECT_EQ(verdict->damage[0].offset, 0u);
  EXPECT_EQ(verdict->record_count, 3u);
}

TEST_F(VerifyLogTest, ADirectoryThatIsNotThereIsAnError) {
  EXPECT_FALSE(VerifyLog(directory_ + "/none").has_value());
}

}  // namespace
}  // namespace clew::log
