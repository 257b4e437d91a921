#include <gtest/gtest.h>

#include <filesystem>

#include "app/bench/benches.h"
#include "base/testing/test_folder.h"

namespace clew::app::bench {
namespace {

TEST(ScanBench, AQuestionItDoesNotKnowIsRefusedBeforeAnythingIsMade) {
  const base::testing::TestFolder folder;

  const auto report = BenchScan({.data_directory = folder.path(), .question = "unknown"});

  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, Code::kInvalidArgument);
  EXPECT_EQ(report.error().message,
            "no question \"unknown\": there are coded, range, two, pattern");
  EXPECT_FALSE(std::filesystem::exists(folder.path()));
}

TEST(ScanBench, MoreThreadsThanOfUseAreRefusedBeforeAnythingIsMade) {
  const base::testing::TestFolder folder;

  const auto report = BenchScan({.data_directory = folder.path(), .thread_count = 1'000'000});

  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(report.error().message.starts_with("1000000 threads are too many for the "));
  EXPECT_FALSE(std::filesystem::exists(folder.path()));
}

}  // namespace
}  // namespace clew::app::bench
