#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/testing/test_folder.h"
#include "storage/catalogue/inventory.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// Blocks that retention takes while the inventory may not be written.
namespace clew::storage {
namespace {

using ::testing::IsEmpty;
using testing::TestStore;

class StrikingOffTest : public ::testing::Test {
 protected:
  // No file may become larger while it lives.
  class FileSizeLimit {
   public:
    explicit FileSizeLimit(std::uint64_t bytes) {
      ::getrlimit(RLIMIT_FSIZE, &before_);
      rlimit limit = before_;
      limit.rlim_cur = bytes;
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
      ::setrlimit(RLIMIT_FSIZE, &before_);
      std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;

   private:
    // First: from then on nothing ends the process.
    void (*const handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before_{};
  };

  StrikingOffTest() {
    std::filesystem::create_directories(folder_.path());
    store_.options.inventory_path = path_;
    store_.Restart();
    for (int i = 0; i < 5; ++i) {
      store_.clock.Advance(std::chrono::seconds(1));
      store_.AppendBlock(i);
    }
    store_.options.maintenance_interval = std::chrono::hours(1);  // rounds are counted
    store_.options.retention.age = Nanos(0);
    store_.options.retention.bytes = 2 * store_.objects.List(kBlockPrefix)->at(0).size_bytes + 10;
    store_.objects.on_delete = [this](const std::string& name) {
      if (Inventory(path_).Load(true)->blocks.contains(name)) ++deleted_too_early_;
      if (after_deletion_) after_deletion_();
    };
  }
  ~StrikingOffTest() override { store_.objects.on_delete = nullptr; }

  void Maintain() {
    store_.clock.Advance(std::chrono::seconds(1));
    ASSERT_TRUE(store_.storage().Maintain().has_value());
  }
  void MaintainWithFilesUpTo(std::uint64_t bytes) {
    limit_ = std::make_unique<FileSizeLimit>(bytes);
    Maintain();
    limit_.reset();  // it is for what tests say, too
  }
  double DeletedCount() { return store_.metrics.Sum("clew_storage_deleted_blocks"); }

  const base::testing::TestFolder folder_;
  const std::string path_ = folder_.path() + "/inventory";
  TestStore store_;
  std::unique_ptr<FileSizeLimit> limit_;
  std::function<void()> after_deletion_;
  int deleted_too_early_ = 0;
};

TEST_F(StrikingOffTest, AnInventoryThatMayNotGrowIsBegunAnewWithoutThem) {
  store_.Restart();

  MaintainWithFilesUpTo(std::filesystem::file_size(path_));

  EXPECT_EQ(DeletedCount(), 3);
  EXPECT_EQ(deleted_too_early_, 0);
  EXPECT_EQ(Inventory(path_).Load(true)->blocks.size(), 2u);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_maintenance_failures"), 0);
}

TEST_F(StrikingOffTest, OneIsDeletedToMakeTheRoomInWhichTheyAreStruckOff) {
  store_.Restart();
  after_deletion_ = [&] { limit_.reset(); };

  MaintainWithFilesUpTo(1);

  EXPECT_EQ(DeletedCount(), 3);
  EXPECT_EQ(deleted_too_early_, 1);
  EXPECT_EQ(Inventory(path_).Load(true)->blocks.size(), 2u);
}

TEST_F(StrikingOffTest, WhileThatMakesNoneOneIsDeletedEachRound) {
  store_.Restart();
  const auto before = Inventory(path_).Load(true)->blocks;

  MaintainWithFilesUpTo(1);
  EXPECT_EQ(DeletedCount(), 1);
  MaintainWithFilesUpTo(1);
  EXPECT_EQ(DeletedCount(), 2);

  EXPECT_EQ(Inventory(path_).Load(true)->blocks, before)
      << "what cannot be written is left as it is";
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new")) << "it would take room";
  Maintain();
  EXPECT_EQ(DeletedCount(), 3);
  EXPECT_EQ(Inventory(path_).Load(true)->blocks.size(), 2u);
  EXPECT_THAT(Inventory(path_).Load(true)->damages, IsEmpty());
}

TEST_F(StrikingOffTest, NoneIsDeletedWhileItIsNotRoomThatIsMissing) {
  const std::string folder = folder_.path();
  std::filesystem::rename(folder, folder + ".away");
  store_.Restart();

  Maintain();
  Maintain();

  EXPECT_EQ(DeletedCount(), 0);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_condemned_blocks"), 3);
  std::filesystem::rename(folder + ".away", folder);
  Maintain();
  EXPECT_EQ(DeletedCount(), 3);
  EXPECT_EQ(deleted_too_early_, 0);
}

}  // namespace
}  // namespace clew::storage
