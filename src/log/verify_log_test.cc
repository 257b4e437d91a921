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
    LocalLogOptions options;
    options.directory = directory_;
    options.group_commit_delay = Nanos(0);
    const auto log = OpenLocalLog(options, clock_, metrics_).value();
    for (int i = 0; i < 3; ++i) {
      Record record;
      record.pipeline = "traces";
      record.body = Bytes(std::string(20'000, static_cast<char>('a' + i)));
      ASSERT_TRUE(log->Append(record).has_value());
    }
    log->Close();
    for (const auto& entry : fs::directory_iterator(directory_)) {
      if (entry.path().extension() == ".seg") segment_ = entry.path();
    }
  }

  void Flip(std::uint64_t offset) const {
    std::fstream file(segment_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
  }

  const base::TestFolder folder_;
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
  EXPECT_EQ(verdict->damage[0].file, segment_);
  EXPECT_LT(verdict->damage[0].offset, 30'000u);
  EXPECT_NE(verdict->damage[0].what.find("for traces"), std::string::npos)
      << verdict->damage[0].what;
}

TEST_F(VerifyLogTest, ARecordThatIsCutShortIsUnfinishedAndLeftAsItIs) {
  const std::uint64_t size = fs::file_size(segment_) - 100;
  fs::resize_file(segment_, size);

  const auto verdict = VerifyLog(directory_);

  EXPECT_TRUE(verdict->damage.empty());
  EXPECT_EQ(verdict->record_count, 2u);
  EXPECT_GT(verdict->unfinished_bytes, 19'000u);
  EXPECT_EQ(fs::file_size(segment_), size);
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
