#include "storage/catalogue/known_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/testing/test_folder.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// A start that knows its blocks opens none of them, and is not led astray by what it knows.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestStore;

class KnownBlocksTest : public ::testing::Test {
 protected:
  KnownBlocksTest() : path_(folder_.path() + "/known-blocks") {
    std::filesystem::create_directories(folder_.path());
    StorageOptions options;
    options.inventory_path = folder_.path() + "/inventory";
    options.known_blocks_path = path_;
    store_ = std::make_unique<TestStore>(options);
    for (int i = 0; i < 3; ++i) store_->AppendBlock(i);
    const std::vector<ObjectInfo> objects = store_->objects.List(kBlockPrefix).value();
    for (const ObjectInfo& object : objects) names_.push_back(object.name);
  }

  // How many blocks a start opens.
  int Opened() {
    int count = 0;
    store_->objects.on_tail = [&count] { ++count; };
    store_->Restart();
    store_->objects.on_tail = nullptr;
    return count;
  }

  std::string Content() const { return base::ReadFile(path_, 1u << 20).value_or("unreadable"); }
  void SetContent(std::string_view content) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
  }

  // All spans are found, by their ids.
  void ExpectWhole() {
    for (int i = 0; i < 3; ++i) {
      const TraceId id = *TraceId::FromHex(std::to_string(i + 1));
      int found = 0;
      for (const scan::SpanSourcePtr& source : store_->storage().Sources({})) {
        found += *source->ReadTraces({&id, 1}, scan::ReadExtent::kAll) != nullptr ? 1 : 0;
      }
      EXPECT_EQ(found, 1) << i;
    }
    EXPECT_THAT(store_->storage().LeftOut({}), IsEmpty());
  }

  const base::testing::TestFolder folder_;
  const std::string path_;
  std::unique_ptr<TestStore> store_;
  std::vector<std::string> names_;
};

TEST_F(KnownBlocksTest, AStartOpensNoBlockThatHasNotChanged) {
  const TenantFacts before = store_->storage().facts();

  EXPECT_EQ(Opened(), 0);

  const TenantFacts after = store_->storage().facts();
  EXPECT_EQ(after.block_count, before.block_count);
  EXPECT_EQ(after.block_span_count, before.block_span_count);
  EXPECT_EQ(after.block_bytes, before.block_bytes);
  ExpectWhole();
  EXPECT_EQ(Opened(), 0) << "what was taken from the file is in it still";
}

TEST_F(KnownBlocksTest, ABlockThatIsAnotherOneNowIsOpened) {
  const Bytes other = store_->objects.Get(names_[1]).value();
  ASSERT_TRUE(store_->objects.Delete(names_[0]).has_value());
  ASSERT_TRUE(store_->objects.PutIfAbsent(names_[0], {other.view()}).has_value());

  EXPECT_EQ(Opened(), 1);
  EXPECT_EQ(store_->SpanCount(), 3u);
  EXPECT_EQ(Opened(), 0);
}

TEST_F(KnownBlocksTest, ALostFileCostsOnlyTime) {
  std::filesystem::remove(path_);

  EXPECT_EQ(Opened(), 3);
  ExpectWhole();
  EXPECT_EQ(Opened(), 0);
}

TEST_F(KnownBlocksTest, WhereverItIsDamagedAndCutOnlyThoseBlocksAreOpened) {
  const std::string content = Content();
  for (std::size_t i = 0; i < content.size(); i += 7) {
    std::string damaged = content;
    damaged[i] ^= 4;
    SetContent(damaged);
    EXPECT_LE(Opened(), 1) << i;
    ExpectWhole();
    SetContent(content.substr(0, i));
    EXPECT_LE(Opened(), 3) << i;
    ExpectWhole();
  }
}

TEST_F(KnownBlocksTest, WhatStandsInItsPlaceIsMovedAside) {
  std::filesystem::remove(path_);
  std::filesystem::create_directories(path_ + "/folder");

  EXPECT_EQ(Opened(), 3);
  ExpectWhole();
  EXPECT_EQ(Opened(), 0);
}

TEST_F(KnownBlocksTest, ABlockWhoseRecordsTheLogStillHasIsOpened) {
  store_->log.ignores_commits = true;
  store_->AppendBlock(3);

  EXPECT_EQ(Opened(), 1);
  EXPECT_EQ(store_->SpanCount(), 4u) << "nothing is doubled";
}

TEST_F(KnownBlocksTest, OneThatTurnsOutToBeDamagedMakesAnswersPartial) {
  ASSERT_EQ(Opened(), 0);
  store_->objects.Fail(testing::FaultyObjectStore::Call::kStat,
                       Error{Code::kDataLoss, "bad sector", {}});

  const TraceId id = *TraceId::FromHex("1");
  int failed = 0;
  for (const scan::SpanSourcePtr& source : store_->storage().Sources({})) {
    const auto read = source->ReadTraces({&id, 1}, scan::ReadExtent::kAll);
    if (read.has_value()) continue;
    ++failed;
    EXPECT_THAT(read.error().message, HasSubstr("block " + names_[0]));
  }
  EXPECT_EQ(failed, 1) << "the filters of the others say that it is not there";
}

TEST_F(KnownBlocksTest, WhatRetentionDeletedIsForgottenInTime) {
  const std::size_t size = Content().size();
  ASSERT_TRUE(store_->objects.Delete(names_[0]).has_value());
  std::filesystem::remove(folder_.path() + "/inventory");

  EXPECT_EQ(Opened(), 0);

  EXPECT_LT(Content().size(), size);
  EXPECT_THAT(Content(), ::testing::Not(HasSubstr(names_[0])));
  EXPECT_THAT(Content(), HasSubstr(names_[1]));
}

}  // namespace
}  // namespace clew::storage
