#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/test_folder.h"
#include "storage/block_keeper.h"
#include "storage/catalogue/inventory.h"
#include "storage/format/block.h"
#include "storage/format/verify_block.h"
#include "storage/testing/test_store.h"
#include "storage/verify_store.h"

/// What becomes of a store when somebody removes the folder of its blocks, or one in it, or puts
/// something else in the place of a block.
namespace clew::storage {
namespace {

namespace fs = std::filesystem;
using testing::MakeData;
using testing::TestStore;

class ObjectFolderTest : public ::testing::Test {
 protected:
  ObjectFolderTest() {
    objects_ = OpenLocalObjectStore(root_).value();
    store_.other_objects = objects_.get();
    store_.Restart();
    Append("1");
    EXPECT_TRUE(store_.storage().Flush().has_value());
  }
  // Before the objects.
  ~ObjectFolderTest() override {
    store_.other_objects = nullptr;
    store_.Open();
  }

  void Append(const std::string& trace) {
    ASSERT_TRUE(store_.Append(MakeData({{.trace = trace, .span = "1"}})).has_value());
  }
  // Of spans that are in no block.
  std::uint64_t HeadCount() const {
    const TenantFacts facts = store_.storage().facts();
    return facts.fresh_span_count + facts.sealed_span_count;
  }
  // Sources, in blocks or not, that can be read.
  std::ptrdiff_t ReadableCount() const {
    return std::ranges::count_if(store_.storage().Sources({}), [](const auto& source) {
      return source->ReadAll(scan::ReadExtent::kAll).has_value();
    });
  }

  const base::testing::TestFolder folder_;
  const std::string root_ = folder_.path() + "/objects";
  std::unique_ptr<ObjectStore> objects_;
  mutable TestStore store_;
};

TEST_F(ObjectFolderTest, OneThatWasDeletedIsMadeAnew) {
  for (const std::string& folder : {root_, root_ + "/~unfinished", root_ + "/blocks",
                                    root_ + "/blocks/" + std::string(TenantId{}.name())}) {
    fs::remove_all(folder);
    EXPECT_TRUE(objects_->CheckReachable().has_value());
    Append("2");

    const Status sealed = store_.storage().Flush();

    ASSERT_TRUE(sealed.has_value()) << folder << ": " << sealed.error().message;
    EXPECT_EQ(HeadCount(), 0u);
    EXPECT_TRUE(fs::exists(folder));
  }
  EXPECT_EQ(store_.storage().Sources({}).size(), 5u);
  EXPECT_EQ(ReadableCount(), 1);  // and each of the others says that it is not
}

TEST_F(ObjectFolderTest, OneThatWasMovedAwayIsWaitedForAndNamed) {
  fs::rename(root_, root_ + ".moved");
  Append("2");

  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(store_.storage().Flush().has_value());
  EXPECT_FALSE(store_.storage().Flush().has_value());
  const std::string logged = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(std::ranges::count(logged, '\n'), 1) << logged;
  EXPECT_FALSE(fs::exists(root_));
  EXPECT_EQ(HeadCount(), 1u);
  const Status unready = objects_->CheckReachable();
  ASSERT_FALSE(unready.has_value());
  EXPECT_EQ(unready.error().code, Code::kUnavailable);
  EXPECT_THAT(unready.error().message,
              ::testing::AllOf(::testing::HasSubstr(root_), ::testing::HasSubstr("put it back")));

  fs::rename(root_ + ".moved", root_);

  EXPECT_TRUE(objects_->CheckReachable().has_value());
  EXPECT_TRUE(store_.storage().Flush().has_value());
  EXPECT_EQ(HeadCount(), 0u);
  EXPECT_EQ(ReadableCount(), 2);
}

TEST_F(ObjectFolderTest, NothingIsMadeInADataDirectoryThatIsAnother) {
  fs::remove_all(root_);
  fs::rename(folder_.path(), folder_.path() + ".moved");
  fs::create_directory(folder_.path());
  Append("2");

  EXPECT_FALSE(store_.storage().Flush().has_value());

  EXPECT_FALSE(objects_->CheckReachable().has_value());
  EXPECT_FALSE(fs::exists(root_));
  fs::remove_all(folder_.path() + ".moved");
}

/// A block's file in whose place something else is put while the store does not run.
class ObjectInPlaceTest : public ObjectFolderTest {
 protected:
  ObjectInPlaceTest() {
    fs::create_directories(elsewhere_);
    store_.options.inventory_path = folder_.path() + "/inventory";
    store_.options.retention.age = Nanos(0);
    store_.Restart();
    name_ = objects_->List(kBlockPrefix).value().at(0).name;
    path_ = root_ + "/" + name_;
    fs::rename(path_, kept_);
  }

  /// The block, in the place of what stands there; it is found again.
  void PutBack() {
    fs::remove(path_);
    fs::copy(kept_, path_);
    store_.clock.Advance(std::chrono::minutes(1));
    ASSERT_TRUE(store_.storage().Maintain().has_value());
    EXPECT_THAT(store_.storage().LeftOut({}), ::testing::IsEmpty());
    EXPECT_EQ(ReadableCount(), 1);
  }

  /// What `clew storage verify` says of the blocks; empty: nothing.
  std::string Verified() const {
    const auto reader = ReadLocalObjectStore(root_);
    const std::vector<ObjectInfo> listed = reader->List(kBlockPrefix).value();
    std::string said;
    for (const ObjectInfo& each : listed) {
      const auto verdict = VerifyBlock(*reader, ByItsName(each).name);
      if (!verdict.has_value()) said += verdict.error().message;
    }
    const auto found = VerifyInventory(store_.options.inventory_path, *reader, listed);
    for (const auto& damage : found.value()) said += damage.what;
    return said;
  }

  const std::string elsewhere_ = folder_.path() + "/elsewhere";
  const std::string kept_ = elsewhere_ + "/kept";
  std::string name_;
  std::string path_;
};

TEST_F(ObjectInPlaceTest, ALinkToTheBlockIsTheBlock) {
  fs::create_symlink(kept_, path_);
  store_.Restart();

  EXPECT_EQ(ReadableCount(), 1);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
  EXPECT_EQ(Verified(), "");

  // The disk that the block is on goes and comes.
  fs::rename(kept_, kept_ + ".away");
  EXPECT_THAT(Verified(), ::testing::HasSubstr("a link to what is not there"));
  fs::rename(kept_ + ".away", kept_);
  EXPECT_EQ(ReadableCount(), 1);

  store_.options.retention.bytes = 1;
  store_.Restart();
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_FALSE(fs::is_symlink(path_));
  EXPECT_TRUE(fs::exists(kept_));
  EXPECT_EQ(Verified(), "");
}

TEST_F(ObjectInPlaceTest, WhatIsNoFileIsLeftOutAndNamedUntilTheBlockIsBack) {
  using Put = std::function<void(const std::string&)>;
  const std::vector<Put> puts = {
      [](const auto& path) { fs::create_symlink("/nonexistent/x", path); },
      [](const auto& path) { fs::create_symlink(path, path); },
      [](const auto& path) { fs::create_symlink("/dev/zero", path); },
      [](const auto& path) { EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0); },
  };
  for (const Put& put : puts) {
    put(path_);
    store_.Restart();

    EXPECT_THAT(store_.storage().LeftOut({}), ::testing::ElementsAre(::testing::HasSubstr(name_)));
    EXPECT_THAT(Verified(), ::testing::HasSubstr(name_));
    PutBack();
    EXPECT_EQ(Verified(), "");
    fs::remove(path_);
  }
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
}

TEST_F(ObjectInPlaceTest, WhatIsNoFileIsNeverDeleted) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  store_.options.retention.age = std::chrono::hours(1);
  store_.clock.Advance(std::chrono::hours(2));
  store_.Restart();
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_TRUE(fs::is_fifo(path_));
}

TEST_F(ObjectInPlaceTest, AFolderThatCannotBeListedHasNoNameOfABlock) {
  fs::create_symlink(".", path_);  // which would go round in circles
  const std::string verified = Verified();
  store_.Restart();
  const std::string told = "folder " + name_;
  EXPECT_THAT(store_.storage().LeftOut({}), ::testing::ElementsAre(::testing::HasSubstr(told)));
  EXPECT_THAT(verified, ::testing::HasSubstr(name_));
  store_.clock.Advance(std::chrono::seconds(2));
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_THAT(store_.storage().LeftOut({}), ::testing::ElementsAre(::testing::HasSubstr(told)));

  PutBack();
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
}

TEST_F(ObjectInPlaceTest, NorHasItWhenItIsFoundInAFolderThatComesBack) {
  fs::create_symlink(".", path_);
  const std::string day = fs::path(path_).parent_path();
  fs::rename(day, elsewhere_ + "/away");
  fs::create_symlink(elsewhere_ + "/day", day);
  store_.Restart();
  ASSERT_EQ(store_.storage().LeftOut({}).size(), 1u);
  fs::rename(elsewhere_ + "/away", elsewhere_ + "/day");

  for (int rounds = 0; rounds < 3; ++rounds) {
    store_.clock.Advance(std::chrono::minutes(1));
    ASSERT_TRUE(store_.storage().Maintain().has_value());
    EXPECT_THAT(store_.storage().LeftOut({}),
                ::testing::ElementsAre(::testing::HasSubstr("folder " + name_)));
  }
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);

  PutBack();
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
}

TEST_F(ObjectInPlaceTest, OneOfWhichAFolderTookThePlaceIsGone) {
  fs::create_directory(path_);
  const std::string verified = Verified();
  store_.Restart();

  EXPECT_THAT(verified, ::testing::HasSubstr("it is gone"));
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 1);
}

TEST_F(ObjectInPlaceTest, AFolderOfBlocksMayLieElsewhere) {
  fs::rename(kept_, path_);
  const std::string day = fs::path(path_).parent_path();
  fs::rename(day, elsewhere_ + "/day");
  fs::create_symlink(elsewhere_ + "/day", day);
  store_.Restart();
  EXPECT_EQ(ReadableCount(), 1);
  EXPECT_EQ(Verified(), "");

  fs::rename(elsewhere_ + "/day", elsewhere_ + "/away");
  store_.Restart();
  EXPECT_EQ(ReadableCount(), 0);
  EXPECT_EQ(store_.storage().LeftOut({}).size(), 1u);
  EXPECT_NE(Verified(), "");
  fs::rename(elsewhere_ + "/away", elsewhere_ + "/day");
  store_.clock.Advance(std::chrono::minutes(1));
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_EQ(ReadableCount(), 1);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
}

TEST_F(ObjectInPlaceTest, WhatIsOnADiskThatIsAwayIsNotGone) {
  fs::create_symlink("/nonexistent/x", path_);
  store_.Restart();
  ASSERT_EQ(store_.storage().LeftOut({}).size(), 1u);
  fs::remove(path_);
  fs::rename(kept_, path_);
  const std::string tenant = fs::path(path_).parent_path().parent_path();
  fs::create_symlink(elsewhere_ + "/tenant", tenant + ".link");
  fs::rename(tenant, elsewhere_ + "/away");
  fs::rename(tenant + ".link", tenant);
  store_.clock.Advance(std::chrono::seconds(2));

  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_THAT(store_.storage().LeftOut({}),
              ::testing::ElementsAre(::testing::HasSubstr("a link to what is not there")));
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
  fs::rename(elsewhere_ + "/away", elsewhere_ + "/tenant");
  store_.clock.Advance(std::chrono::minutes(1));
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_EQ(ReadableCount(), 1);
}

/// Blocks of one day on a disk that may be away, and those of the next day here.
class ObjectsOnTwoDisksTest : public ObjectInPlaceTest {
 protected:
  void MakeBlocks(int count_there, int count_here) {
    store_.options.maintenance_interval = std::chrono::hours(48);  // rounds are counted
    fs::rename(kept_, path_);
    for (int i = 1; i < count_there; ++i) AppendBlock();
    const std::string day = fs::path(path_).parent_path();
    fs::rename(day, elsewhere_ + "/day");
    fs::create_symlink(elsewhere_ + "/day", day);
    store_.Restart();
    store_.clock.Advance(std::chrono::hours(24));
    for (int i = 0; i < count_here; ++i) AppendBlock();
    ASSERT_EQ(ReadableCount(), count_there + count_here);
  }
  void AppendBlock() {
    store_.clock.Advance(std::chrono::seconds(1));
    Append(std::to_string(++trace_));
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  void MaintainThrice() {
    for (int rounds = 0; rounds < 3; ++rounds) {
      store_.clock.Advance(std::chrono::seconds(1));
      ASSERT_TRUE(store_.storage().Maintain().has_value());
    }
  }
  void GoAway() { fs::rename(elsewhere_ + "/day", elsewhere_ + "/away"); }
  void ComeBack() { fs::rename(elsewhere_ + "/away", elsewhere_ + "/day"); }
  // To be asked before they are made.
  std::uint64_t BlockSize() const { return fs::file_size(kept_); }
  void ReserveOnDisk(std::uint64_t bytes) {
    *free_ = bytes;
    store_.options.retention.disk_reserve_bytes = bytes;
    store_.options.retention.free_disk_bytes = [free = free_] { return free->load(); };
  }

  const std::shared_ptr<std::atomic<std::uint64_t>> free_ =
      std::make_shared<std::atomic<std::uint64_t>>();

 private:
  int trace_ = 1;
};

TEST_F(ObjectsOnTwoDisksTest, WhatIsAwayIsNotTakenToMakeRoom) {
  ReserveOnDisk(3 * BlockSize());
  MakeBlocks(11, 5);
  GoAway();
  --*free_;

  MaintainThrice();

  EXPECT_GT(store_.metrics.Sum("clew_storage_deleted_blocks"), 0);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_condemned_blocks"), 0);
  EXPECT_EQ(store_.storage().Sources({}).size(), 11u + 2u)
      << "one each round, since what is free does not change";
  ++*free_;
  ComeBack();
  MaintainThrice();
  EXPECT_EQ(ReadableCount(), 11 + 2);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_disk_missing_bytes"), 0);
}

TEST_F(ObjectsOnTwoDisksTest, WhatIsAwayMakesNoRoomWhenRetentionTakesIt) {
  store_.options.retention.bytes = BlockSize() + BlockSize() / 2;
  ReserveOnDisk(1u << 20);
  MakeBlocks(1, 1);
  GoAway();
  MaintainThrice();
  ASSERT_EQ(store_.metrics.Sum("clew_storage_condemned_blocks"), 1);
  ASSERT_EQ(store_.metrics.Sum("clew_storage_deleted_blocks"), 0);
  --*free_;

  MaintainThrice();

  EXPECT_EQ(store_.metrics.Sum("clew_storage_deleted_blocks"), 1);  // the one that is here
  EXPECT_EQ(store_.metrics.Sum("clew_storage_condemned_blocks"), 1);
  EXPECT_TRUE(store_.storage().Sources({}).empty());
  ComeBack();
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_deleted_blocks"), 2);
}

TEST_F(ObjectInPlaceTest, AStartWithoutTheDiskOfAllBlocksSaysSoAndForgetsNone) {
  fs::rename(kept_, path_);
  const std::string blocks = root_ + "/blocks";
  fs::rename(blocks, elsewhere_ + "/away");
  fs::create_symlink(elsewhere_ + "/blocks", blocks);
  ScanCache cache(0, store_.metrics);
  const BlockReading reading{*objects_, cache, cache};
  BlockKeeper keeper({reading, store_.clock, store_.metrics}, {}, store_.options.inventory_path);

  const Status opened = keeper.OpenAll([](const BlockPtr&) {}, {});

  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message,
              ::testing::HasSubstr(blocks + ": blocks is a link to what is not there"));
  EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
  EXPECT_EQ(Inventory(store_.options.inventory_path).Load(true)->blocks.size(), 1u);
  fs::rename(elsewhere_ + "/away", elsewhere_ + "/blocks");
  store_.Restart();
  EXPECT_EQ(ReadableCount(), 1);
}

TEST_F(ObjectInPlaceTest, AStartEndsWhenWhatAllBlocksAreInIsNoFolder) {
  fs::rename(kept_, path_);
  const std::string blocks = root_ + "/blocks";
  fs::rename(blocks, elsewhere_ + "/away");
  using Put = std::function<void()>;
  const std::vector<Put> puts = {
      [&] { std::ofstream(blocks) << "x"; },
      [&] { fs::create_symlink("/dev/zero", blocks); },
      [&] { EXPECT_EQ(::mkfifo(blocks.c_str(), 0600), 0); },
  };
  for (const Put& put : puts) {
    put();
    ScanCache cache(0, store_.metrics);
    const BlockReading reading{*objects_, cache, cache};
    BlockKeeper keeper({reading, store_.clock, store_.metrics}, {}, store_.options.inventory_path);

    const Status opened = keeper.OpenAll([](const BlockPtr&) {}, {});

    ASSERT_FALSE(opened.has_value());
    EXPECT_THAT(opened.error().message, ::testing::HasSubstr(blocks + " is no folder: move away"));
    EXPECT_EQ(Inventory(store_.options.inventory_path).Load(true)->blocks.size(), 1u);
    fs::remove(blocks);
  }
  fs::rename(elsewhere_ + "/away", blocks);
  store_.Restart();
  EXPECT_EQ(ReadableCount(), 1);
}

TEST_F(ObjectInPlaceTest, WhatStandsInThePlaceOfATenantsFolderMakesItsAnswersPartial) {
  fs::rename(kept_, path_);
  const std::string name = "blocks/" + std::string(TenantId{}.name());
  const std::string tenant = root_ + "/" + name;
  fs::rename(tenant, elsewhere_ + "/away");
  using Put = std::function<void()>;
  const std::vector<Put> puts = {
      [&] { std::ofstream(tenant) << "x"; },
      [&] { fs::create_symlink("/dev/zero", tenant); },
      [&] { EXPECT_EQ(::mkfifo(tenant.c_str(), 0600), 0); },
  };
  for (const Put& put : puts) {
    put();
    store_.Restart();
    EXPECT_THAT(store_.storage().LeftOut({}),
                ::testing::ElementsAre(::testing::HasSubstr(name), ::testing::HasSubstr(name_)));
    EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 1);
    EXPECT_FALSE(Inventory(store_.options.inventory_path).Load(true)->blocks.contains(name));

    fs::remove(tenant);
    fs::rename(elsewhere_ + "/away", tenant);
    store_.clock.Advance(std::chrono::minutes(1));
    ASSERT_TRUE(store_.storage().Maintain().has_value());
    EXPECT_THAT(store_.storage().LeftOut({}), ::testing::IsEmpty());
    EXPECT_EQ(ReadableCount(), 1);
    EXPECT_EQ(store_.metrics.Sum("clew_storage_missing_blocks"), 0);
    fs::rename(tenant, elsewhere_ + "/away");
  }
  fs::rename(elsewhere_ + "/away", tenant);
}

}  // namespace
}  // namespace clew::storage
