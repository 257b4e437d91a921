#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/storage.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"

/// A block that replaces others shows each span once, whatever a crash leaves beside it.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::FaultyObjectStore;
using ::testing::IsEmpty;
using testing::TestStore;

class ReplacedBlocksTest : public ::testing::Test {
 protected:
  ReplacedBlocksTest() {
    store_.options.maintenance_interval = std::chrono::hours(1);  // only as called for below
    store_.Restart();
  }

  std::vector<std::string> Names() {
    const std::vector<ObjectInfo> objects = store_.objects.List(kBlockPrefix).value();
    std::vector<std::string> names;
    for (const ObjectInfo& object : objects) names.push_back(object.name);
    return names;
  }
  /// A block of one span, by its name.
  std::string MakeBlock(int number) {
    const std::vector<std::string> before = Names();
    store_.clock.Advance(std::chrono::seconds(1));
    store_.AppendBlock(number);
    for (const std::string& name : Names()) {
      if (std::ranges::find(before, name) == before.end()) return name;
    }
    return {};
  }
  /// Of all spans that answer now, as compaction will write it; not seen before the next opening.
  std::string Replace(std::vector<std::string> names) {
    store_.clock.Advance(std::chrono::seconds(1));
    BlockMeta meta;
    meta.created_at = store_.clock.Now();
    meta.replaces = std::move(names);
    std::vector<model::SpanColumnsPtr> batches;
    for (const scan::SpanSourcePtr& source : store_.storage().Sources({})) {
      batches.push_back(source->ReadAll(scan::ReadExtent::kAll).value());
    }
    const std::string name = BlockName({}, meta.created_at, 1);
    const auto group = std::make_shared<const RowGroup>(BuildRowGroup(batches, {}));
    EXPECT_TRUE(testing::WriteBlock(store_.objects, name, std::move(meta), {group}).has_value());
    return name;
  }
  void PutBack(const std::string& name, std::string_view bytes) {
    ASSERT_TRUE(store_.objects.Delete(name).has_value());
    ASSERT_TRUE(store_.objects.PutIfAbsent(name, {bytes}).has_value());
  }

  TestStore store_;
};

TEST_F(ReplacedBlocksTest, WhatIsReplacedDoesNotAnswerAndIsDeleted) {
  const std::string a = MakeBlock(0);
  const std::string b = MakeBlock(1);
  const std::string kept = MakeBlock(2);
  store_.Restart();
  const std::string c = Replace({a, b});

  store_.Restart();  // as after a crash before the others were deleted
  EXPECT_EQ(store_.SpanCount(), 4u) << "of the kept one, and again in the new one";
  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 4u);
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_THAT(Names(), ElementsAre(kept, c));
  EXPECT_EQ(store_.metrics.Sum("clew_storage_deleted_blocks"), 2);
  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 4u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
}

TEST_F(ReplacedBlocksTest, OneThatIsGoneOrDamagedIsNotMissed) {
  const std::string a = MakeBlock(0);
  const std::string b = MakeBlock(1);
  const std::string c = Replace({a, b});
  ASSERT_TRUE(store_.objects.Delete(a).has_value());
  PutBack(b, "garbage");

  store_.Restart();

  EXPECT_EQ(store_.SpanCount(), 2u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_THAT(Names(), ElementsAre(c));
}

TEST_F(ReplacedBlocksTest, OneThatIsDamagedItselfHidesNothing) {
  const std::string a = MakeBlock(0);
  const std::string c = Replace({a});
  const std::string whole(store_.objects.Get(c).value().view());
  PutBack(c, whole.substr(0, whole.size() - 1));  // the footer in front serves

  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 2u);
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_THAT(Names(), ElementsAre(a, c));

  PutBack(c, "garbage");
  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 1u);
}

TEST_F(ReplacedBlocksTest, OneThatIsOpenedLaterHidesThen) {
  const std::string a = MakeBlock(0);
  const std::string c = Replace({a});
  store_.objects.Fail(FaultyObjectStore::Call::kTail, {Code::kUnavailable, "busy", {}});
  store_.objects.Spare(a);
  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_EQ(store_.storage().Sources({}).at(0)->block(), a);

  store_.objects.Mend();
  store_.clock.Advance(std::chrono::hours(1));
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(Names(), ElementsAre(c));
}

TEST_F(ReplacedBlocksTest, OneInAFolderThatComesBackIsHiddenAndDeleted) {
  const std::string a = MakeBlock(0);
  store_.clock.Advance(std::chrono::hours(24));
  const std::string c = Replace({a});
  store_.objects.hidden_folder = a.substr(0, a.rfind('/') + 1);
  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 1u);

  store_.objects.hidden_folder = {};
  store_.clock.Advance(std::chrono::hours(1));
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(Names(), ElementsAre(c));
  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_THAT(store_.storage().LeftOut({}), IsEmpty());
}

TEST_F(ReplacedBlocksTest, OfAChainTheLastAnswersAndTheFirstIsDeletedFirst) {
  const std::string a = MakeBlock(0);
  const std::string b = Replace({a});
  store_.Restart();
  const std::string c = Replace({b});
  std::vector<std::string> deleted;
  store_.objects.on_delete = [&](const std::string& name) { deleted.push_back(name); };

  store_.Restart();
  EXPECT_EQ(store_.SpanCount(), 1u);
  EXPECT_EQ(store_.storage().Sources({}).at(0)->block(), c);
  store_.objects.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "busy", {}});
  store_.objects.Spare(b);
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_THAT(Names(), ElementsAre(a, b, c)) << "without b, a would answer again";
  store_.objects.Mend();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_THAT(Names(), ElementsAre(c));
}

}  // namespace
}  // namespace clew::storage
