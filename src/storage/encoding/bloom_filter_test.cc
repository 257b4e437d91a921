#include "storage/encoding/bloom_filter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/hash.h"

namespace clew::storage {
namespace {

std::uint64_t Key(std::uint64_t number) {
  return base::Hash64({reinterpret_cast<const char*>(&number), sizeof(number)});
}

std::vector<std::uint64_t> Keys(std::uint64_t count) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t i = 0; i < count; ++i) keys.push_back(Key(i));
  return keys;
}

TEST(BloomFilter, HasEveryKeyAndFewOthers) {
  for (const std::uint64_t count : {1u, 21u, 22u, 1000u, 40'000u}) {
    const std::string filter = BuildBloomFilter(Keys(count));

    ASSERT_EQ(filter.size(), BloomFilterBytes(count));
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(MayContain(filter, Key(i)));
    constexpr std::uint64_t kAbsent = 20'000;
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < kAbsent; ++i) wrong += MayContain(filter, Key(1'000'000 + i));
    EXPECT_LT(wrong, kAbsent / 100) << count;
  }
}

TEST(BloomFilter, OfNoKeysHasNone) {
  const std::string filter = BuildBloomFilter({});

  EXPECT_EQ(filter, std::string(kBloomBlockBytes, '\0'));
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_FALSE(MayContain(filter, Key(i)));
}

// The bits are stored: they must stay where the first release put them.
TEST(BloomFilter, PutsItsBitsWhereTheyAlwaysWere) {
  const std::vector<std::uint64_t> keys = {0x0123456789abcdefull, 0xfedcba9876543210ull};

  const std::string filter = BuildBloomFilter(keys);

  ASSERT_EQ(filter.size(), kBloomBlockBytes);
  std::string bits;
  for (const char byte : filter) bits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  EXPECT_EQ(bits, "1000040010000800000001400000900010200000000401000010008000000009");
}

TEST(BloomFilter, BytesThatAreNoFilterSayNothing) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{33},
                                 static_cast<std::size_t>(kBloomBytesMax) + kBloomBlockBytes}) {
    EXPECT_TRUE(MayContain(std::string(size, '\0'), Key(1))) << size;
  }
}

TEST(BloomFilter, IsBoundedWhateverIsPutIn) {
  EXPECT_EQ(BloomFilterBytes(0), kBloomBlockBytes);
  EXPECT_EQ(BloomFilterBytes(1'000'000'000), kBloomBytesMax);
  EXPECT_EQ(BloomFilterBytes(~std::uint64_t{0}), kBloomBytesMax);
}

}  // namespace
}  // namespace clew::storage
