#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/object_store/object_store.h"

namespace clew::storage {

/// What every ObjectStore must do. An implementation runs it with
///   INSTANTIATE_TEST_SUITE_P(Local, ObjectStoreSuite, ::testing::Values(ObjectStoreMaker([]
///   {…})));
/// where the maker gives an empty store, and what it needs to live as long.
using ObjectStoreMaker = std::function<std::shared_ptr<ObjectStore>()>;

class ObjectStoreSuite : public ::testing::TestWithParam<ObjectStoreMaker> {
 protected:
  ObjectStoreSuite() : store_(GetParam()()) {}

  Status Put(const std::string& name, std::string_view content) {
    return store_->PutIfAbsent(name, {content});
  }
  std::string ContentOf(const std::string& name) {
    const Result<Bytes> object = store_->Get(name);
    return object.has_value() ? std::string(object->view()) : object.error().message;
  }
  std::vector<std::string> NamesOf(std::string_view prefix) {
    std::vector<std::string> names;
    const Result<std::vector<ObjectInfo>> infos = store_->List(prefix);
    EXPECT_TRUE(infos.has_value());
    for (const ObjectInfo& info : *infos) names.push_back(info.name);
    return names;
  }

  const std::shared_ptr<ObjectStore> store_;
};

TEST_P(ObjectStoreSuite, GivesBackWhatWasPut) {
  const std::string large(300'000, 'x');
  ASSERT_TRUE(store_->PutIfAbsent("t/blocks/1", {"head ", "", large, " tail"}).has_value());
  ASSERT_TRUE(store_->PutIfAbsent("t/blocks/empty", {}).has_value());

  EXPECT_EQ(ContentOf("t/blocks/1"), "head " + large + " tail");
  EXPECT_EQ(ContentOf("t/blocks/empty"), "");
  EXPECT_EQ(store_->Stat("t/blocks/1")->size_bytes, large.size() + 10);
  EXPECT_EQ(store_->Stat("t/blocks/1")->name, "t/blocks/1");
  EXPECT_EQ(store_->Stat("t/blocks/empty")->size_bytes, 0U);
}

TEST_P(ObjectStoreSuite, ManyPartsAreOneObject) {
  std::vector<std::string_view> parts(5000, "ab");

  ASSERT_TRUE(store_->PutIfAbsent("many", parts).has_value());

  EXPECT_EQ(store_->Stat("many")->size_bytes, 10'000U);
}

TEST_P(ObjectStoreSuite, TheFirstStays) {
  ASSERT_TRUE(Put("a", "first").has_value());

  EXPECT_EQ(Put("a", "second").error().code, Code::kAlreadyExists);
  EXPECT_EQ(ContentOf("a"), "first");
}

TEST_P(ObjectStoreSuite, OneOfManyWritersWins) {
  constexpr int kThreadCount = 8;
  std::atomic<int> winner_count = 0;
  std::vector<std::string> contents;
  for (int i = 0; i < kThreadCount; ++i) contents.emplace_back(10'000, static_cast<char>('a' + i));
  std::vector<std::thread> threads;
  for (const std::string& content : contents) {
    threads.emplace_back([&] {
      const Status status = Put("deep/down/x", content);
      if (status.has_value()) ++winner_count;
      EXPECT_TRUE(status.has_value() || status.error().code == Code::kAlreadyExists);
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(winner_count, 1);
  EXPECT_THAT(contents, ::testing::Contains(ContentOf("deep/down/x")));
}

TEST_P(ObjectStoreSuite, RangesAreReadInOrder) {
  ASSERT_TRUE(Put("a", "0123456789").has_value());

  const auto parts = store_->GetRanges("a", {{7, 3}, {0, 2}, {4, 0}, {10, 0}, {0, 10}});

  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 5U);
  EXPECT_EQ((*parts)[0].view(), "789");
  EXPECT_EQ((*parts)[1].view(), "01");
  EXPECT_EQ((*parts)[2].view(), "");
  EXPECT_EQ((*parts)[3].view(), "");
  EXPECT_EQ((*parts)[4].view(), "0123456789");
}

// Of every length, beside each other, apart by more than is read for nothing, over each other.
TEST_P(ObjectStoreSuite, RangesAreReadExactly) {
  std::string content;
  for (int i = 0; content.size() < 50'000; ++i) content += std::to_string(i);
  ASSERT_TRUE(Put("a", content).has_value());
  std::vector<ByteRange> ranges = {{20, 100},   {4216, 3},     {8316, 9000}, {17'316, 1},
                                   {21'500, 7}, {21'500, 300}, {21'400, 1},  {49'999, 1}};
  for (std::uint64_t length = 0; length < 70; ++length) ranges.push_back({5 + length, length});

  const auto parts = store_->GetRanges("a", ranges);

  ASSERT_EQ(parts.value().size(), ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_EQ((*parts)[i].view(), content.substr(ranges[i].offset, ranges[i].length)) << i;
    EXPECT_EQ((*parts)[i].owner().use_count(), 1) << i << ": who keeps it keeps its neighbours";
  }
}

TEST_P(ObjectStoreSuite, RangesPastTheEndAreRefused) {
  ASSERT_TRUE(Put("a", "0123456789").has_value());

  for (const ByteRange range : {ByteRange{0, 11}, ByteRange{10, 1}, ByteRange{11, 0},
                                ByteRange{5, ~0ULL}, ByteRange{~0ULL, 2}}) {
    EXPECT_EQ(store_->GetRanges("a", {{0, 1}, range}).error().code, Code::kOutOfRange);
  }
}

TEST_P(ObjectStoreSuite, TheTailIsWhatThereIs) {
  ASSERT_TRUE(Put("a", "0123456789").has_value());

  EXPECT_EQ(store_->GetTail("a", 3)->view(), "789");
  EXPECT_EQ(store_->GetTail("a", 10)->view(), "0123456789");
  EXPECT_EQ(store_->GetTail("a", 1000)->view(), "0123456789");
  EXPECT_EQ(store_->GetTail("a", 0)->view(), "");
}

TEST_P(ObjectStoreSuite, WhatIsAbsentIsNotFound) {
  ASSERT_TRUE(Put("folder/a", "x").has_value());

  for (const std::string name : {"absent", "folder", "folder/b", "folder/a/b"}) {
    EXPECT_EQ(store_->Get(name).error().code, Code::kNotFound) << name;
    EXPECT_EQ(store_->GetRanges(name, {}).error().code, Code::kNotFound) << name;
    EXPECT_EQ(store_->GetTail(name, 1).error().code, Code::kNotFound) << name;
    EXPECT_EQ(store_->Stat(name).error().code, Code::kNotFound) << name;
    EXPECT_TRUE(store_->Delete(name).has_value()) << name;
  }
  EXPECT_EQ(ContentOf("folder/a"), "x");
}

TEST_P(ObjectStoreSuite, ListsByPrefixSortedByName) {
  for (const std::string name : {"b/2", "b/10", "b/1/x", "a", "b-c/1", "b!/1", ".t/~"}) {
    const Status status = Put(name, name);
    EXPECT_EQ(status.has_value(), name != ".t/~");
  }
  ASSERT_TRUE(Put(".t/x", "").has_value());

  using ::testing::ElementsAre;
  EXPECT_THAT(NamesOf(""), ElementsAre(".t/x", "a", "b!/1", "b-c/1", "b/1/x", "b/10", "b/2"));
  EXPECT_THAT(NamesOf("b"), ElementsAre("b!/1", "b-c/1", "b/1/x", "b/10", "b/2"));
  EXPECT_THAT(NamesOf("b/"), ElementsAre("b/1/x", "b/10", "b/2"));
  EXPECT_THAT(NamesOf("b/1"), ElementsAre("b/1/x", "b/10"));
  EXPECT_THAT(NamesOf("b/1/x"), ElementsAre("b/1/x"));
  EXPECT_THAT(NamesOf("c"), ElementsAre());
  EXPECT_EQ(store_->List("b/1/x/y").error().code, Code::kFailedPrecondition);
  EXPECT_THAT(NamesOf("../"), ElementsAre());
  EXPECT_THAT(NamesOf("/"), ElementsAre());
  EXPECT_EQ(store_->List("b/10")->at(0).size_bytes, 4U);
}

TEST_P(ObjectStoreSuite, WhatIsDeletedIsGoneAndItsNameFree) {
  ASSERT_TRUE(Put("t/a/b", "one").has_value());
  ASSERT_TRUE(Put("t/c", "two").has_value());

  EXPECT_TRUE(store_->Delete("t/a/b").has_value());

  EXPECT_EQ(store_->Get("t/a/b").error().code, Code::kNotFound);
  EXPECT_THAT(NamesOf(""), ::testing::ElementsAre("t/c"));
  EXPECT_TRUE(Put("t/a", "three").has_value());
  EXPECT_TRUE(Put("t/c/d", "four").error().code == Code::kFailedPrecondition);
}

TEST_P(ObjectStoreSuite, ReadBytesOutliveTheObject) {
  ASSERT_TRUE(Put("a", "0123456789").has_value());
  const Bytes content = store_->Get("a").value();

  ASSERT_TRUE(store_->Delete("a").has_value());

  EXPECT_EQ(content.view(), "0123456789");
}

TEST_P(ObjectStoreSuite, NoNameIsObjectAndFolder) {
  ASSERT_TRUE(Put("a/b", "x").has_value());

  EXPECT_EQ(Put("a", "x").error().code, Code::kFailedPrecondition);
  EXPECT_EQ(Put("a/b/c", "x").error().code, Code::kFailedPrecondition);
  EXPECT_EQ(Put("a/b/c/d", "x").error().code, Code::kFailedPrecondition);
}

TEST_P(ObjectStoreSuite, NamesThatLeadElsewhereAreRefused) {
  const std::vector<std::string> names = {
      "",
      "/",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "a/..",
      "../a",
      "a/./b",
      "a b",
      "a\n",
      "a\\b",
      "~a",
      "\u00e4",
      std::string("a\0b", 3),
      std::string(256, 'a'),
  };
  for (const std::string& name : names) {
    EXPECT_EQ(Put(name, "x").error().code, Code::kInvalidArgument) << name;
    EXPECT_EQ(store_->Get(name).error().code, Code::kInvalidArgument) << name;
    EXPECT_EQ(store_->Stat(name).error().code, Code::kInvalidArgument) << name;
    EXPECT_EQ(store_->Delete(name).error().code, Code::kInvalidArgument) << name;
  }
  EXPECT_TRUE(Put("Team-a_1.(x)*'!/" + std::string(255, 'a'), "x").has_value());
}

TEST_P(ObjectStoreSuite, PutAndDeleteInOneFolderGoTogether) {
  constexpr int kRoundCount = 50;
  const auto work = [&](const std::string& name) {
    for (int i = 0; i < kRoundCount; ++i) {
      ASSERT_TRUE(Put(name, name).has_value());
      ASSERT_EQ(ContentOf(name), name);
      ASSERT_TRUE(store_->List("").has_value());
      ASSERT_TRUE(store_->Delete(name).has_value());
    }
  };
  std::thread other([&] { work("folder/deep/a"); });
  work("folder/deep/b");
  other.join();

  EXPECT_THAT(NamesOf(""), ::testing::IsEmpty());
}

}  // namespace clew::storage
