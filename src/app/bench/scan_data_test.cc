#include "app/bench/scan_data.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing/test_folder.h"

namespace clew::app::bench {
namespace {

class ScanDataTest : public ::testing::Test {
 protected:
  // One row group.
  ScanData Open(std::uint64_t seed, std::uint64_t span_count) {
    const auto data = OpenScanData({.data_directory = folder_.path(),
                                    .span_count = span_count,
                                    .seed = seed,
                                    .thread_count = 1});
    EXPECT_TRUE(data.has_value());
    EXPECT_EQ(data->names, std::vector<std::string>{kName});
    EXPECT_GE(data->span_count, span_count);
    return *data;
  }
  std::string PathOfBlock() const { return folder_.path() + "/scan/" + kName; }
  std::filesystem::file_time_type TimeOfBlock() const {
    return std::filesystem::last_write_time(PathOfBlock());
  }
  Bytes Block() const {
    return *storage::ReadLocalObjectStore(folder_.path() + "/scan")->Get(kName);
  }

  static constexpr const char* kName = "blocks/scan/000000.block";
  const base::testing::TestFolder folder_;
};

TEST_F(ScanDataTest, OnlyWhatWasMadeOfTheSameIsUsedAgain) {
  // Of blocks that were not finished nothing says what they are of.
  std::filesystem::create_directories(std::filesystem::path(PathOfBlock()).parent_path());
  std::ofstream(PathOfBlock()) << "half a block";
  std::ofstream(folder_.path() + "/scan/bench.txt");
  const std::uint64_t span_count = Open(1, 1).span_count;
  const Bytes of_one(std::string(Block().view()));
  const auto time = TimeOfBlock();

  EXPECT_EQ(Open(1, 1).span_count, span_count);
  EXPECT_EQ(TimeOfBlock(), time);

  Open(1, 2);
  EXPECT_NE(TimeOfBlock(), time);
  EXPECT_TRUE(Block().view() == of_one.view());

  Open(2, 2);
  EXPECT_FALSE(Block().view() == of_one.view());
}

TEST_F(ScanDataTest, BlocksThatAreGoneAreMadeAnew) {
  Open(1, 1);
  std::filesystem::remove(PathOfBlock());

  Open(1, 1);
}

TEST_F(ScanDataTest, WhatNoBenchHasMadeIsLeftAlone) {
  const std::string precious = folder_.path() + "/scan/blocks/precious.txt";
  std::filesystem::create_directories(std::filesystem::path(precious).parent_path());
  std::ofstream(precious) << "precious";

  const auto data = OpenScanData(
      {.data_directory = folder_.path(), .span_count = 1, .seed = 1, .thread_count = 1});

  ASSERT_FALSE(data.has_value());
  EXPECT_EQ(data.error().code, Code::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(precious));
}

}  // namespace
}  // namespace clew::app::bench
