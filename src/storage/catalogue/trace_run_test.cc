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

// The blocks that have the key, by number.
std::vector<std::size_t> Find(const TraceRun& run, std::uint64_t key) {
  std::vector<bool> is_found(run.blocks().size());
  EXPECT_TRUE(run.Find(key, &is_found).has_value());
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < is_found.size(); ++i) {
    if (is_found[i]) numbers.push_back(i);
  }
  return numbers;
}

const std::vector<TraceRun::Block> kBlocks = {{"a", 1}, {"b", 2}, {"c", 3}};

std::string SmallFile() {
  return TraceRun::Encode(kBlocks, {{kLast, 0}, {7, 2}, {7, 0}, {7, 2}, {0, 1}});
}

TEST(TraceRun, FindsTheBlocksOfAKey) {
  const std::string file = SmallFile();
  const auto run = TraceRun::Open(ReaderOf(file), file.size()).value();

  EXPECT_EQ(run->blocks(), kBlocks);
  EXPECT_EQ(Find(*run, 7), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(Find(*run, 0), std::vector<std::size_t>{1});
  EXPECT_EQ(Find(*run, kLast), std::vector<std::size_t>{0});
  EXPECT_EQ(Find(*run, 8), std::vector<std::size_t>());
}

TEST(TraceRun, FindsKeysAcrossPages) {
  std::vector<TraceRun::Block> blocks;
  std::vector<TraceRun::Entry> entries;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    blocks.push_back({"block " + std::to_string(i), i});
    entries.push_back({500, i});
    entries.push_back({2 * i, i});
  }
  const std::string file = TraceRun::Encode(blocks, entries);
  const auto run = TraceRun::Open(ReaderOf(file), file.size()).value();

  EXPECT_EQ(Find(*run, 500).size(), 1000u);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    if (i != 250) {
      EXPECT_EQ(Find(*run, 2 * i), std::vector<std::size_t>{i});
    }
    EXPECT_EQ(Find(*run, 2 * i + 1), std::vector<std::size_t>());
  }
}

TEST(TraceRun, OneWithoutTracesFindsNothing) {
  const std::string file = TraceRun::Encode(kBlocks, {});
  EXPECT_EQ(Find(*TraceRun::Open(ReaderOf(file), file.size()).value(), 7),
            std::vector<std::size_t>());
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
    std::vector<bool> is_found(kBlocks.size());
    const Status status = (*run)->Find(7, &is_found);
    EXPECT_FALSE(status.has_value()) << i;
  }
  for (std::size_t size = 0; size < sound.size(); ++size) {
    const std::string file = sound.substr(0, size);
    EXPECT_FALSE(TraceRun::Open(ReaderOf(file), file.size()).has_value()) << size;
  }
}

}  // namespace
}  // namespace clew::storage
