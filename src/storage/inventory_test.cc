#include "storage/catalogue/inventory.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/testing/test_folder.h"
#include "log/testing/faulty_file_system.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"
#include "storage/verify_store.h"

/// How blocks are noticed that somebody removed.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::FaultyObjectStore;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestStore;

class InventoryTest : public ::testing::Test {
 protected:
  InventoryTest() : path_(folder_.path() + "/inventory") {
    std::filesystem::create_directories(folder_.path());
    options_.inventory_path = path_;
  }

  static std::vector<std::string> Names(TestStore& store) {
    std::vector<std::string> names;
    const std::vector<ObjectInfo> objects = store.objects.List(kBlockPrefix).value();
    for (const ObjectInfo& object : objects) names.push_back(object.name);
    return names;
  }

  // Names of what `clew storage verify` says is gone, or damaged.
  std::vector<std::string> Verified(TestStore& store) const {
    std::vector<std::string> names;
    const std::vector<ObjectInfo> listed = store.objects.List(kBlockPrefix).value();
    const auto damages = VerifyInventory(path_, store.objects, listed);
    for (const base::Damage& damage : damages.value()) names.push_back(damage.path);
    return names;
  }

  static std::string ReadAll(const std::string& path) {
    return base::ReadFile(path, 1u << 20).value_or("cannot be read");
  }

  const base::testing::TestFolder folder_;
  const std::string path_;
  StorageOptions options_;
};

TEST_F(InventoryTest, ABlockThatSomebodyRemovedIsMissingAtEachStartUntilItIsBack) {
  TestStore store(options_);
  store.AppendBlock(0);
  store.AppendBlock(1);
  const std::string name = Names(store).front();
  const Bytes block = store.objects.Get(name).value();
  ASSERT_TRUE(store.objects.Delete(name).has_value());

  for (int starts = 0; starts < 3; ++starts) {
    ::testing::internal::CaptureStderr();
    store.Restart();
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("block=" + name));
    EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1);
    EXPECT_EQ(store.metrics.Sum("clew_storage_left_out_blocks"), 0);
    EXPECT_THAT(store.storage().LeftOut({}),
                ElementsAre("block " + name + ": it is gone, and clew did not delete it"));
    EXPECT_THAT(store.storage().LeftOut(testing::kOther), IsEmpty());
    EXPECT_EQ(Verified(store), std::vector<std::string>{name});
  }

  ASSERT_TRUE(store.objects.PutIfAbsent(name, {block.view()}).has_value());
  store.clock.Advance(std::chrono::minutes(1));
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.SpanCount(), 2u);
  for (int starts = 0; starts < 2; ++starts) {
    EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
    EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
    EXPECT_THAT(Verified(store), IsEmpty());
    store.Restart();
  }
}

TEST_F(InventoryTest, ABlockThatIsGoneIsForgottenWhenRetentionWouldHaveDeletedIt) {
  options_.retention.age = std::chrono::hours(2);
  TestStore store(options_);
  store.AppendBlock(0);
  ASSERT_TRUE(store.objects.Delete(Names(store).front()).has_value());
  store.clock.Advance(std::chrono::hours(1));
  store.Restart();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.storage().LeftOut({}).size(), 1u);

  store.clock.Advance(std::chrono::hours(2));
  store.Restart();
  ASSERT_TRUE(store.storage().Maintain().has_value());

  for (int starts = 0; starts < 2; ++starts) {
    EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
    EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
    EXPECT_THAT(Verified(store), IsEmpty());
    store.Restart();
  }
}

TEST_F(InventoryTest, ABlockThatIsGoneTakesNoRoom) {
  TestStore store(options_);
  store.AppendBlock(0);
  store.AppendBlock(1);
  ASSERT_TRUE(store.objects.Delete(Names(store).front()).has_value());
  store.options.retention.bytes = store.objects.List(kBlockPrefix)->at(0).size_bytes;
  store.Restart();

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_EQ(store.storage().LeftOut({}).size(), 1u);
}

TEST_F(InventoryTest, BlocksThatAreGoneAreForgottenWithTheInventory) {
  TestStore store(options_);
  store.AppendBlock(0);
  store.AppendBlock(1);
  ASSERT_TRUE(store.objects.Delete(Names(store).front()).has_value());
  store.Restart();
  ASSERT_EQ(store.storage().LeftOut({}).size(), 1u);

  std::filesystem::remove(path_);
  store.Restart();

  EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 0);
  EXPECT_EQ(Inventory(path_).Load(true)->blocks.size(), 1u);
}

TEST_F(InventoryTest, WhatStandsInThePlaceOfATenantsFolderMakesItsAnswersPartialAndIsNotNoted) {
  const std::string place = "blocks/" + TenantId().name();
  for (const bool is_noted : {true, false}) {
    std::filesystem::remove(path_);
    TestStore store(options_);
    store.AppendBlock(0);
    const std::string name = Names(store).front();
    const Bytes block = store.objects.Get(name).value();
    ASSERT_TRUE(store.objects.Delete(name).has_value());
    ASSERT_TRUE(store.objects.PutIfAbsent(place, {"x\n"}).has_value());
    if (!is_noted) std::filesystem::remove(path_);

    store.Restart();

    const std::vector<std::string> left_out = store.storage().LeftOut({});
    ASSERT_EQ(left_out.size(), is_noted ? 2u : 1u);
    EXPECT_THAT(left_out.front(), HasSubstr(place + ": "));
    EXPECT_THAT(store.storage().LeftOut(testing::kOther), IsEmpty());
    EXPECT_FALSE(Inventory(path_).Load(true)->blocks.contains(place));

    ASSERT_TRUE(store.objects.Delete(place).has_value());
    ASSERT_TRUE(store.objects.PutIfAbsent(name, {block.view()}).has_value());
    store.clock.Advance(std::chrono::minutes(1));
    ASSERT_TRUE(store.storage().Maintain().has_value());
    EXPECT_THAT(store.storage().LeftOut({}), IsEmpty());
    store.Restart();
    EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
    EXPECT_EQ(store.SpanCount(), 1u);
  }
}

TEST_F(InventoryTest, ALeftOutBlockThatSomebodyRemovedIsCountedOnce) {
  TestStore store(options_);
  store.AppendBlock(0);
  store.objects.Fail(FaultyObjectStore::Call::kTail,
                     {Code::kUnavailable, "too many open files", {}});
  store.Restart();
  ASSERT_EQ(store.storage().LeftOut({}).size(), 1u);
  ASSERT_TRUE(store.objects.Delete(Names(store).front()).has_value());
  store.objects.Mend();

  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    store.clock.Advance(std::chrono::minutes(1));
    ASSERT_TRUE(store.storage().Maintain().has_value());
  }
  const std::string text = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(text.find("a block is gone"), text.rfind("a block is gone")) << "it is told once";
  for (int starts = 0; starts < 2; ++starts) {
    EXPECT_THAT(store.storage().LeftOut({}), ElementsAre(HasSubstr("it is gone")));
    EXPECT_EQ(store.metrics.Sum("clew_storage_left_out_blocks"), 0);
    EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1);
    store.Restart();
  }
}

TEST_F(InventoryTest, WhatRetentionDeletedIsNotMissed) {
  TestStore store(options_);
  store.AppendBlock(0);
  store.AppendBlock(1);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  store.options.retention.bytes = 1;
  store.Restart();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_THAT(Names(store), IsEmpty());

  store.Restart();

  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
}

TEST_F(InventoryTest, ALineThatACrashCutDoesNotCount) {
  TestStore store(options_);
  store.AppendBlock(0);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  std::ofstream(path_, std::ios::app) << "+ 100 blocks/a/b/never-whole";

  store.Restart();

  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
  EXPECT_EQ(store.SpanCount(), 1u);
}

TEST_F(InventoryTest, ADamagedInventoryIsToldCountedAndKept) {
  for (const std::string& content : {std::string("garbage\n"), std::string("garbage"),
                                     std::string(), std::string("clew inventory 2\n+ 100 a\n")}) {
    TestStore store(options_);
    store.AppendBlock(0);
    ASSERT_TRUE(store.storage().Maintain().has_value());
    std::ofstream(path_) << content;

    ::testing::internal::CaptureStderr();
    store.Restart();
    const std::string text = ::testing::internal::GetCapturedStderr();

    EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 1) << content;
    EXPECT_THAT(text, HasSubstr("file=" + path_)) << content;
    EXPECT_EQ(ReadAll(path_ + ".damaged"), content);
    EXPECT_EQ(store.SpanCount(), 1u);
    store.Restart();
    EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 1) << "it is told once";
  }
}

TEST_F(InventoryTest, OneThatIsLargerThanItMayBeIsNamedAndBegunAnew) {
  TestStore store(options_);
  store.AppendBlock(0);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  std::filesystem::resize_file(path_, std::uint64_t{5} << 40);

  ::testing::internal::CaptureStderr();
  store.Restart();
  const std::string text = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 1);
  EXPECT_THAT(text, HasSubstr("has 5497558138880 bytes, more than"));
  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_EQ(Inventory(path_).Load(true)->blocks.size(), 1u);
}

TEST_F(InventoryTest, WhatWasAppendedIsOneDamage) {
  ASSERT_TRUE(Inventory(path_).Replace({{"a", 1}}).has_value());
  const std::string sound = ReadAll(path_);
  for (const std::string& more : {std::string(100'000, '\0'), std::string(100'000, '\n')}) {
    std::ofstream(path_) << sound + more;
    const Inventory::Found found = Inventory(path_).Load(true).value();
    EXPECT_EQ(found.blocks.size(), 1u);
    ASSERT_EQ(found.damages.size(), 1u);
    EXPECT_EQ(found.damages[0].offset, sound.size());
    EXPECT_EQ(found.damages[0].size_bytes, more.size());
  }
}

TEST_F(InventoryTest, ALineThatIsGoneIsFoundAndTheOtherLinesCount) {
  Inventory inventory(path_);
  ASSERT_TRUE(inventory.Replace({{"a", 1}, {"b", 2}}).has_value());
  inventory.Add("c", 3);
  inventory.Remove("a");
  ASSERT_TRUE(inventory.Write().has_value());
  const std::string sound = ReadAll(path_);
  ASSERT_THAT(Inventory(path_).Load(true)->damages, IsEmpty());
  std::size_t begin = sound.find('\n') + 1;  // behind the head
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = sound.find('\n', begin) + 1;
    std::ofstream(path_) << sound.substr(0, begin) + sound.substr(end);
    const Inventory::Found found = Inventory(path_).Load(true).value();
    EXPECT_EQ(found.damages.size(), 1u) << line;
    EXPECT_EQ(found.blocks.size(), line == 0 ? 2u : 1u) << line;
    begin = end;
  }
}

TEST_F(InventoryTest, EveryFlippedBitIsFoundAndTheOtherLinesCount) {
  TestStore store(options_);
  store.AppendBlock(0);
  store.AppendBlock(1);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  const std::string sound = ReadAll(path_);
  const std::vector<ObjectInfo> listed = store.objects.List(kBlockPrefix).value();
  ASSERT_EQ(Inventory(path_).Load(true)->blocks.size(), 2u);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] ^= 1;
    std::ofstream(path_) << damaged;
    const Inventory::Found found = Inventory(path_).Load(true).value();
    EXPECT_EQ(found.damages.size() + (i + 1 == sound.size() ? 1 : 0), 1u) << i;
  }
  std::ofstream(path_) << sound;
  EXPECT_THAT(VerifyInventory(path_, store.objects, listed).value(), IsEmpty());

  ASSERT_TRUE(store.objects.Delete(listed[0].name).has_value());
  const auto missing = VerifyInventory(path_, store.objects, {listed[1]}).value();
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].path, listed[0].name);
  EXPECT_EQ(missing[0].kind, base::Damage::Kind::kMissing);
}

TEST_F(InventoryTest, OneOfAnEarlierReleaseIsRead) {
  const std::string gone = BlockName({}, 1'700'000'000'000'000'000, 1);
  const std::string deleted = BlockName({}, 1'700'000'000'000'000'000, 2);
  std::ofstream(path_) << fmt::format("+ 100 {}\n+ 2 blocks/no-block\n+ 100 {}\n- {}\n", gone,
                                      deleted, deleted);

  TestStore store(options_);

  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1) << "what was no block is not gone";
  EXPECT_EQ(Inventory(path_).Load(false)->blocks.size(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 0);
}

TEST_F(InventoryTest, OneWhoseLinesHaveNoNumbersIsRead) {
  const std::string line = "+ 100 blocks/a/b/gone";
  std::ofstream(path_) << fmt::format("clew inventory 2\n{:016x} {}\n", base::Hash64(line), line);

  const Inventory::Found found = Inventory(path_).Load(true).value();

  EXPECT_EQ(found.blocks.size(), 1u);
  EXPECT_THAT(found.damages, IsEmpty());
}

TEST_F(InventoryTest, WhatStandsInItsPlaceIsMovedAside) {
  std::filesystem::create_directories(path_ + "/kept");
  std::filesystem::create_directories(path_ + ".new/kept");

  TestStore store(options_);
  store.AppendBlock(0);
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_TRUE(std::filesystem::is_directory(path_ + ".aside/kept"));
  EXPECT_EQ(Inventory(path_).Load(true)->blocks.size(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 1);
}

TEST_F(InventoryTest, OneThatMayBeSoundIsNotBegunAnew) {
  ASSERT_TRUE(Inventory(path_).Replace({{"a", 1}}).has_value());
  for (const int error : {EMFILE, ENFILE, ENOMEM, EACCES, EPERM}) {
    log::FaultyFileSystem disk;
    disk.FailReads({.path_part = path_, .end = 1, .error = error});

    const auto found = Inventory(path_).Load(true, disk);

    ASSERT_FALSE(found.has_value()) << error;
    EXPECT_THAT(found.error().message, HasSubstr(path_));
    EXPECT_THAT(found.error().message, HasSubstr("have it be readable, or move it away"));
    disk.MendReads();
    EXPECT_EQ(Inventory(path_).Load(true, disk)->blocks.size(), 1u);
  }
}

TEST_F(InventoryTest, OneThatTheDiskDoesNotGiveBackIsNamedAndBegunAnew) {
  log::FaultyFileSystem disk;
  disk.FailReads({.path_part = path_, .end = 1, .error = EIO});

  const auto found = Inventory(path_).Load(true, disk);

  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->damages.size(), 1u);
  EXPECT_EQ(found->damages[0].path, path_);
  EXPECT_EQ(found->damages[0].kind, base::Damage::Kind::kFile);
}

TEST_F(InventoryTest, ABadSectorLosesOnlyItsLines) {
  constexpr std::size_t kSector = 4096;
  std::map<std::string, std::uint64_t> blocks;
  for (int i = 0; i < 200; ++i) blocks.emplace(fmt::format("blocks/{:090}", i), 100 + i);
  ASSERT_TRUE(Inventory(path_).Replace(blocks).has_value());
  const std::string text = ReadAll(path_);
  const std::size_t sector_count = (text.size() + kSector - 1) / kSector;
  ASSERT_GT(sector_count, 3u);
  for (std::size_t sector = 0; sector < sector_count; ++sector) {
    log::FaultyFileSystem disk;
    const std::size_t begin = sector * kSector;
    disk.FailReads({.path_part = path_, .begin = begin, .end = begin + kSector, .error = EIO});

    const Inventory::Found found = Inventory(path_).Load(true, disk).value();

    ASSERT_EQ(found.damages.size(), 1u) << sector;
    const base::Damage& damage = found.damages[0];
    EXPECT_THAT(damage.what, HasSubstr("the disk does not give them back")) << sector;
    EXPECT_LE(damage.offset, begin);
    EXPECT_GE(damage.offset + damage.size_bytes, std::min(begin + kSector, text.size()));
    const std::string_view lost = std::string_view(text).substr(damage.offset, damage.size_bytes);
    for (const auto& [name, size] : blocks) {
      const bool is_lost = lost.find(name) != std::string_view::npos;
      EXPECT_EQ(found.blocks.contains(name), !is_lost) << sector << ' ' << name;
    }
    EXPECT_LE(std::ranges::count(lost, '\n'), 2 + 4096 / 100);
  }
}

TEST_F(InventoryTest, OneThatMayBeSoundKeepsTheStoreFromOpening) {
  TestStore store(options_);
  store.AppendBlock(0);
  const std::vector<ObjectInfo> listed = store.objects.List(kBlockPrefix).value();
  std::filesystem::rename(path_, path_ + ".away");
  std::filesystem::create_symlink(path_, path_);  // a loop, which not even root can open
  wire::otlp::OtlpCodec codec{wire::otlp::kNothingCut};
  base::SeededRandom random{1};

  const auto refused =
      Storage::Open(options_, store.log, store.objects, codec, store.clock, random, store.metrics);

  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("which blocks there should be"));
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(store.metrics.Sum("clew_storage_damaged_files"), 0);
  EXPECT_FALSE(VerifyInventory(path_, store.objects, listed).has_value());

  // What was removed meanwhile is missed once it can be read.
  ASSERT_TRUE(store.objects.Delete(listed.at(0).name).has_value());
  std::filesystem::rename(path_ + ".away", path_);
  store.Restart();
  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1);
}

TEST_F(InventoryTest, OneThatCannotBeWrittenDoesNotHoldUpTheLogAndIsMadeUpFor) {
  const std::string folder = folder_.path() + "/gone";
  options_.inventory_path = folder + "/inventory";
  TestStore store(options_);
  store.AppendBlock(0);

  EXPECT_EQ(store.log.Committed("storage"), store.log.end());
  EXPECT_GT(store.metrics.Sum("clew_storage_maintenance_failures"), 0);
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(store.storage().Maintain().has_value());

  ASSERT_TRUE(store.objects.Delete(Names(store).front()).has_value());
  store.Restart();
  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 1);
}

TEST_F(InventoryTest, OfManyBlocksThatAreForgottenSomeAreNamedAndNoneCountsAsDeleted) {
  options_.maintenance_interval = std::chrono::hours(1);  // only as called for below
  options_.retention.age = Nanos(0);
  TestStore store(options_);
  for (int i = 0; i < 31; ++i) {
    store.clock.Advance(std::chrono::seconds(1));
    store.AppendBlock(i);
  }
  std::vector<ObjectInfo> blocks = store.objects.List(kBlockPrefix).value();
  std::ranges::sort(blocks, {}, [](const ObjectInfo& block) { return *CreatedAtOf(block.name); });
  store.options.retention.bytes = blocks.back().size_bytes + 10;
  blocks.pop_back();
  for (const auto& block : blocks) ASSERT_TRUE(store.objects.Delete(block.name).has_value());
  store.Restart();
  store.clock.Advance(std::chrono::seconds(1));
  store.AppendBlock(31);

  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(std::ranges::count(log, '\n'), 21) << log;
  EXPECT_THAT(log, HasSubstr("blocks=10"));
  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_missing_blocks"), 0);
  EXPECT_EQ(store.metrics.Sum("clew_storage_condemned_blocks"), 0);
  EXPECT_EQ(store.metrics.Sum("clew_storage_deleted_blocks"), 1);
}

}  // namespace
}  // namespace clew::storage
