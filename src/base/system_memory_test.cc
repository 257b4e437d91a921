#include "base/system_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace clew::base {
namespace {

TEST(SystemMemory, MeasuresThisProcess) {
  const auto resident = ResidentBytes();
  const auto total = TotalBytes();
  ASSERT_TRUE(resident.has_value());
  ASSERT_TRUE(total.has_value());
  EXPECT_GT(*resident, 1u << 20);
  EXPECT_GT(*total, *resident);
}

TEST(SystemMemory, WhatIsFreeIsPartOfWhatIsResident) {
  EXPECT_LT(FreeResidentBytes(), ResidentBytes().value_or(0));
}

class CgroupTest : public ::testing::Test {
 protected:
  CgroupTest() {
    root_ = std::filesystem::temp_directory_path() /
            ("clew_cgroup_" + std::to_string(::getpid()) + "_" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    Write("/proc/meminfo", "MemTotal:       1024 kB\nMemFree: 1 kB\n");
  }
  ~CgroupTest() override { std::filesystem::remove_all(root_); }
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_.string() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::uint64_t Total() { return TotalBytesForTest(root_.string()).value_or(0); }
  std::filesystem::path root_;
};

TEST_F(CgroupTest, WithoutAGroupTheMachineCounts) { EXPECT_EQ(Total(), 1024u << 10); }

TEST_F(CgroupTest, LimitOfTheGroupCounts) {
  Write("/proc/self/cgroup", "0::/system.slice/clew\n");
  Write("/sys/fs/cgroup/system.slice/clew/memory.max", "524288\n");
  EXPECT_EQ(Total(), 524288u);
}

TEST_F(CgroupTest, TheLeastLimitOfAllGroupsAroundCounts) {
  Write("/proc/self/cgroup", "0::/user.slice/app.slice/clew.service\n");
  Write("/sys/fs/cgroup/user.slice/app.slice/clew.service/memory.max", "max\n");
  Write("/sys/fs/cgroup/user.slice/app.slice/memory.max", "524288\n");
  Write("/sys/fs/cgroup/user.slice/memory.max", "262144\n");
  EXPECT_EQ(Total(), 262144u);

  Write("/sys/fs/cgroup/user.slice/app.slice/clew.service/memory.max", "131072\n");
  EXPECT_EQ(Total(), 131072u);
}

TEST_F(CgroupTest, MaxMeansNoLimit) {
  Write("/sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(Total(), 1024u << 10);
}

TEST_F(CgroupTest, OldGroupsCountToo) {
  Write("/proc/self/cgroup", "7:memory:/a\n");
  Write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4096\n");
  EXPECT_EQ(Total(), 4096u);
}

TEST_F(CgroupTest, OfOldGroupsTheLeastCountsToo) {
  Write("/proc/self/cgroup", "7:memory:/a/b\n");
  Write("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "8192\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Total(), 8192u);
}

}  // namespace
}  // namespace clew::base
