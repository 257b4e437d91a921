#include "storage/catalogue/trace_index.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/testing/test_folder.h"
#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// The index of traces never hides a span, whatever happens to its files.
namespace clew::storage {
namespace {

using ::testing::IsEmpty;
using testing::TestStore;

constexpr int kBlockCount = 40;

class TraceIndexTest : public ::testing::Test {
 protected:
  TraceIndexTest() {
    StorageOptions options;
    options.trace_index_directory = folder_.path() + "/trace-index";
    store_ = std::make_unique<TestStore>(options);
    for (int i = 0; i < kBlockCount; ++i) store_->AppendBlock(i);
  }

  void Maintain() { ASSERT_TRUE(store_->storage().Maintain().has_value()); }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path() + "/trace-index", none)) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
    return files;
  }

  std::vector<scan::SpanSourcePtr> SourcesOf(int number) {
    const TraceId id = *TraceId::FromHex(std::to_string(number + 1));
    return store_->storage().SourcesOf({}, {&id, 1}).value();
  }
  // Each trace is found once.
  void ExpectWhole() {
    for (int i = 0; i < kBlockCount; ++i) {
      const TraceId id = *TraceId::FromHex(std::to_string(i + 1));
      std::size_t found = 0;
      for (const auto& source : SourcesOf(i)) {
        found += source->ReadTraces({&id, 1}, scan::ReadExtent::kAll).value() != nullptr ? 1u : 0u;
      }
      EXPECT_EQ(found, 1u) << i;
    }
  }
  // How many blocks have their filters read to find a trace.
  double Asked(int number) {
    store_->Restart();
    const double before = store_->metrics.Sum("clew_block_directory_misses");
    SourcesOf(number);
    return store_->metrics.Sum("clew_block_directory_misses") - before;
  }

  const base::testing::TestFolder folder_;
  std::unique_ptr<TestStore> store_;
};

TEST_F(TraceIndexTest, SpeaksForManyBlocksOfADay) {
  EXPECT_EQ(Asked(5), kBlockCount);
  Maintain();

  EXPECT_EQ(Files().size(), 1u);
  EXPECT_EQ(SourcesOf(5).size(), 1u);
  EXPECT_EQ(Asked(5), kBlockCount - 32) << "those that are not in a file are asked";
  EXPECT_THAT(SourcesOf(kBlockCount + 100), IsEmpty());
  ExpectWhole();

  Maintain();
  EXPECT_EQ(Files().size(), 1u) << "too few are left";
}

TEST_F(TraceIndexTest, OfADayThatIsOverItSpeaksForAll) {
  Maintain();
  store_->clock.Advance(std::chrono::hours(24));
  Maintain();

  EXPECT_EQ(Files().size(), 2u);
  EXPECT_EQ(Asked(5), 0);
  ExpectWhole();
}

TEST_F(TraceIndexTest, WhereverAFileIsDamagedNothingIsHidden) {
  Maintain();
  const std::string path = Files().front();
  const std::string sound = base::ReadFile(path, 1u << 20).value();
  const auto write = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  };
  for (std::size_t offset = 0; offset < sound.size(); offset += sound.size() / 40) {
    std::string damaged = sound;
    damaged[offset] ^= 1;
    write(damaged);
    store_->Restart();
    ExpectWhole();
  }
  write(sound.substr(0, sound.size() / 2));
  store_->Restart();
  ExpectWhole();
}

TEST_F(TraceIndexTest, NamesTheRowGroupsThatHaveATrace) {
  // Of 4 spans each, and 3 of them a block. The trace "77" is in the first and in the last.
  constexpr std::size_t kGroups = 3;
  store_->options.seal.row_group_span_count = 4;
  store_->Restart();
  std::vector<testing::SpanSpec> spans;
  for (std::size_t i = 0; i < kGroups * 4; ++i) {
    const bool is_spread = i == 0 || i == kGroups * 4 - 1;
    spans.push_back({.trace = is_spread ? "77" : fmt::format("5{}", i / 4),
                     .span = fmt::format("{:x}", i + 1),
                     .service = "shop",
                     .name = "op",
                     .start = static_cast<UnixNanos>(i)});
    ASSERT_TRUE(store_->Append(testing::MakeData({spans.back()})).has_value());
  }
  ASSERT_TRUE(store_->storage().Flush().has_value());
  const auto groups_of = [&](const char* trace) {
    const TraceId id = *TraceId::FromHex(trace);
    std::vector<std::uint32_t> span_counts;
    const auto sources = store_->storage().SourcesOf({}, {&id, 1}).value();
    for (const auto& source : sources) {
      const auto found = source->ReadTraces({&id, 1}, scan::ReadExtent::kAll).value();
      span_counts.push_back(found == nullptr ? 0 : static_cast<std::uint32_t>(found->span_count()));
    }
    return span_counts;
  };
  using Counts = std::vector<std::uint32_t>;
  EXPECT_EQ(groups_of("51"), (Counts{0, 4, 0})) << "the block is asked";
  EXPECT_EQ(groups_of("77"), (Counts{1, 0, 1}));

  store_->clock.Advance(std::chrono::hours(24));
  Maintain();
  Maintain();
  ASSERT_EQ(Files().size(), 2u);

  const double before = store_->metrics.Sum("clew_block_filter_skips");
  EXPECT_EQ(groups_of("51"), Counts{4});
  EXPECT_EQ(store_->metrics.Sum("clew_block_filter_skips") - before, kBlockCount + kGroups - 1);
  EXPECT_EQ(groups_of("77"), (Counts{1, 1}));
  ExpectWhole();
}

TEST_F(TraceIndexTest, OneOfAnotherVersionIsMadeAnew) {
  Maintain();
  const std::string path = Files().front();
  std::string earlier = base::ReadFile(path, 1u << 20).value();
  earlier[7] = '1';
  std::ofstream(path, std::ios::binary | std::ios::trunc) << earlier;
  store_->Restart();

  ExpectWhole();
  EXPECT_THAT(Files(), IsEmpty());
  Maintain();
  ASSERT_EQ(Files().size(), 1u);
  EXPECT_NE(Files().front(), path);
  EXPECT_EQ(Asked(5), kBlockCount - 32);
}

TEST_F(TraceIndexTest, OneThatIsLostIsMadeAnew) {
  Maintain();
  std::filesystem::remove_all(folder_.path() + "/trace-index");
  ExpectWhole();
  Maintain();
  EXPECT_EQ(Files().size(), 1u);
  ExpectWhole();
}

TEST_F(TraceIndexTest, AnotherBlockOfTheSameNameIsAskedItself) {
  Maintain();
  const std::vector<ObjectInfo> objects = store_->objects.List(kBlockPrefix).value();
  int number = 0;
  while (SourcesOf(number).front()->block() != objects[1].name) ++number;
  const Bytes other = store_->objects.Get(objects[1].name).value();
  ASSERT_TRUE(store_->objects.Delete(objects[0].name).has_value());
  ASSERT_TRUE(store_->objects.PutIfAbsent(objects[0].name, {other.view()}).has_value());
  store_->Restart();

  EXPECT_EQ(SourcesOf(number).size(), 2u);
}

TEST_F(TraceIndexTest, GoesWithItsBlocks) {
  Maintain();
  store_->options.retention.age = std::chrono::hours(1);
  store_->clock.Advance(std::chrono::hours(100));
  store_->Restart();
  for (int i = 0; i < 200 && store_->storage().facts().block_count > 0; ++i) {
    store_->clock.Advance(std::chrono::minutes(30));
    Maintain();
  }
  ASSERT_EQ(store_->storage().facts().block_count, 0u);
  Maintain();

  EXPECT_THAT(Files(), IsEmpty());
}

}  // namespace
}  // namespace clew::storage
