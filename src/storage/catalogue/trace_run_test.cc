#include "storage/catalogue/trace_run.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace clew::storage {
namespace {

constexpr std::uint64_t kLast = ~std::uint64_t{0};

TraceRun::ReadAt ReaderOf(const std::string& file) {
  return [&file](std::uint64_t offset, std::uint64_t size) -> Result<std::string> {
    if (offset > file.size() || size > file.size() - offset) return base::DataLoss("it ends");
    return file.substr(offset, size);
  };
}

using Places = std::vector<TraceRun::Place>;

Places Find(const TraceRun& run, std::uint64_t key) {
  Places found;
  EXPECT_TRUE(run.Find(key, &found).has_value());
  return found;
}

const std::vector<TraceRun::Block> kBlocks = {{"a", 1}, {"b", 2}, {"c", 3}};

std::string SmallFile() {
  return TraceRun::Encode(
      kBlocks, {{kLast, {0, 1}}, {7, {2, 3}}, {7, {0, 9}}, {7, {2, 0}}, {7, {2, 3}}, {0, {1, 0}}});
}

TEST(TraceRun, FindsThePlacesOfAKey) {
  const std::string file = SmallFile();
  const auto run = TraceRun::Open(ReaderOf(file), file.size()).value();

  EXPECT_EQ(run->blocks(), kBlocks);
  EXPECT_EQ(Find(*run, 7), (Places{{0, 9}, {2, 0}, {2, 3}}));
  EXPECT_EQ(Find(*run, 0), (Places{{1, 0}}));
  EXPECT_EQ(Find(*run, kLast), (Places{{0, 1}}));
  EXPECT_EQ(Find(*run, 8), Places());
}

TEST(TraceRun, ARowGroupThatANumberDoesNotSufficeForMayBeAny) {
  EXPECT_EQ(TraceRun::RowGroupOf(0), 0u);
  EXPECT_EQ(TraceRun::RowGroupOf(65'534), 65'534u);
  EXPECT_EQ(TraceRun::RowGroupOf(65'535), TraceRun::kAnyRowGroup);
  EXPECT_EQ(TraceRun::RowGroupOf(65'536), TraceRun::kAnyRowGroup);
}

TEST(TraceRun, FindsKeysAcrossPages) {
  std::vector<TraceRun::Block> blocks;
  std::vector<TraceRun::Entry> entries;
  for (std::uint16_t i = 0; i < 1000; ++i) {
    blocks.push_back({"block " + std::to_string(i), i});
    entries.push_back({500, {i, 0}});
    entries.push_back({std::uint64_t{2} * i, {i, 0}});
  }
  const std::string file = TraceRun::Encode(blocks, entries);
  const auto run = TraceRun::Open(ReaderOf(file), file.size()).value();

  EXPECT_EQ(Find(*run, 500).size(), 1000u);
  for (std::uint16_t i = 0; i < 1000; ++i) {
    const auto key = std::uint64_t{2} * i;
    if (i != 250) {
      EXPECT_EQ(Find(*run, key), (Places{{i, 0}}));
    }
    EXPECT_EQ(Find(*run, key + 1), Places());
  }
}

TEST(TraceRun, OneWithoutTracesFindsNothing) {
  const std::string file = TraceRun::Encode(kBlocks, {});
  EXPECT_EQ(Find(*TraceRun::Open(ReaderOf(file), file.size()).value(), 7), Places());
}

TEST(TraceRun, NamesNoMoreBlocksThanPlacesCanTellApart) {
  std::vector<TraceRun::Block> blocks;
  for (std::uint64_t i = 0; i < 65'535; ++i) blocks.push_back({"b", i});
  const std::string most = TraceRun::Encode(blocks, {{kLast, {65'534, 7}}});
  const auto run = TraceRun::Open(ReaderOf(most), most.size());
  ASSERT_TRUE(run.has_value()) << run.error().message;
  EXPECT_EQ(Find(**run, kLast), (Places{{65'534, 7}})) << "and nothing that fills the page";

  blocks.push_back({"b", 1});
  const std::string more = TraceRun::Encode(blocks, {{kLast, {65'534, 7}}});
  const auto refused = TraceRun::Open(ReaderOf(more), more.size());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kDataLoss);
}

TEST(TraceRun, DamageNeverHidesABlock) {
  const std::string sound = SmallFile();
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string file = sound;
    file[i] ^= 16;
    const auto run = TraceRun::Open(ReaderOf(file), file.size());
    if (!run.has_value()) {
      EXPECT_EQ(run.error().code, Code::kDataLoss);
      continue;
    }
    Places found;
    const Status status = (*run)->Find(7, &found);
    EXPECT_FALSE(status.has_value()) << i;
  }
  for (std::size_t size = 0; size < sound.size(); ++size) {
    const std::string file = sound.substr(0, size);
    EXPECT_FALSE(TraceRun::Open(ReaderOf(file), file.size()).has_value()) << size;
  }
}

}  // namespace
}  // namespace clew::storage
