#include "storage/encoding/bloom_filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace clew::storage {
namespace {

// Stored: those of Parquet. Odd numbers, by which the low half of a key chooses a bit a word.
constexpr std::array<std::uint32_t, 8> kSalts = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu,
                                                 0xa2b7289du, 0x705495c7u, 0x2df1424bu,
                                                 0x9efc4947u, 0x5c6bfb31u};
constexpr std::uint64_t kBitsPerKey = 12;
static_assert(kSalts.size() * sizeof(std::uint32_t) == kBloomBlockBytes);
static_assert(std::endian::native == std::endian::little, "words are stored as they are here");

using Words = std::array<std::uint32_t, kSalts.size()>;

Words MaskOf(std::uint64_t key) {
  Words mask;
  const auto low = static_cast<std::uint32_t>(key);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = 1u << (low * kSalts[i] >> 27);
  return mask;
}

}  // namespace

// The high half of the key, spread evenly over the blocks.
std::uint64_t BloomBlockOffset(std::uint64_t key, std::uint64_t byte_size) {
  return ((key >> 32) * (byte_size / kBloomBlockBytes) >> 32) * kBloomBlockBytes;
}

std::uint64_t BloomFilterBytes(std::uint64_t key_count) {
  constexpr std::uint64_t kBlockBits = kBloomBlockBytes * 8;
  constexpr std::uint64_t kKeysMax = kBloomBytesMax * 8 / kBitsPerKey;
  if (key_count >= kKeysMax) return kBloomBytesMax;
  const std::uint64_t blocks = (key_count * kBitsPerKey + kBlockBits - 1) / kBlockBits;
  return std::max<std::uint64_t>(blocks, 1) * kBloomBlockBytes;
}

std::string BuildBloomFilter(std::span<const std::uint64_t> keys) {
  std::string filter(BloomFilterBytes(keys.size()), '\0');
  for (const std::uint64_t key : keys) {
    char* const block = filter.data() + BloomBlockOffset(key, filter.size());
    const Words mask = MaskOf(key);
    Words words;
    std::memcpy(words.data(), block, kBloomBlockBytes);
    for (std::size_t i = 0; i < words.size(); ++i) words[i] |= mask[i];
    std::memcpy(block, words.data(), kBloomBlockBytes);
  }
  return filter;
}

bool MayContain(std::string_view filter, std::uint64_t key) {
  if (filter.empty() || filter.size() % kBloomBlockBytes != 0 || filter.size() > kBloomBytesMax) {
    return true;
  }
  return MayContainInBlock(filter.substr(BloomBlockOffset(key, filter.size()), kBloomBlockBytes),
                           key);
}

bool MayContainInBlock(std::string_view block, std::uint64_t key) {
  if (block.size() != kBloomBlockBytes) return true;
  const Words mask = MaskOf(key);
  Words words;
  std::memcpy(words.data(), block.data(), kBloomBlockBytes);
  std::uint32_t missing = 0;
  for (std::size_t i = 0; i < words.size(); ++i) missing |= mask[i] & ~words[i];
  return missing == 0;
}

}  // namespace clew::storage
