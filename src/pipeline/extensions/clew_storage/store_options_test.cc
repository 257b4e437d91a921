#include "pipeline/extensions/clew_storage/store_options.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

namespace clew::pipeline::extensions::clew_storage {
namespace {

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

class StoreOptionsTest : public ::testing::Test {
 protected:
  StoreOptionsTest() {
    config_.directory = "/data";
    config_.retention.disk_reserve_mib = 10 * 1024;
  }
  storage::StorageOptions Options() const {
    return StoreOptions(config_, [this](const std::string& directory) {
      const auto disk = disks_.find(directory);
      return disk == disks_.end() ? std::nullopt : std::optional(disk->second);
    });
  }

  Config config_;
  std::map<std::string, std::filesystem::space_info> disks_;
};

TEST_F(StoreOptionsTest, WhatIsLeftFreeGoesByTheSizeOfItsDisk) {
  disks_["/data"] = {.capacity = 1000 * kGib, .free = 900 * kGib, .available = 800 * kGib};
  disks_["/data/waiting"] = {.capacity = 20 * kGib, .free = 19 * kGib, .available = 18 * kGib};

  const storage::StorageOptions options = Options();

  EXPECT_EQ(options.retention.disk_reserve_bytes, 10 * kGib);
  EXPECT_EQ(options.retention.free_disk_bytes(), 800 * kGib);
  EXPECT_EQ(options.waiting_disk_reserve_bytes, 1 * kGib);
  EXPECT_EQ(options.waiting_free_disk_bytes(), 18 * kGib);
}

TEST_F(StoreOptionsTest, AFolderThatIsNotThereYetWillBeOnTheDiskOfTheStore) {
  disks_["/data"] = {.capacity = 100 * kGib, .free = 90 * kGib, .available = 80 * kGib};

  const storage::StorageOptions options = Options();

  EXPECT_EQ(options.waiting_disk_reserve_bytes, 5 * kGib);
  EXPECT_EQ(options.waiting_free_disk_bytes(), std::nullopt);
}

}  // namespace
}  // namespace clew::pipeline::extensions::clew_storage
