#include "base/bit_unpacking.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace clew::base {
namespace {

/// A bit at a time, and no byte more than may be read.
std::string Pack(const std::vector<std::uint64_t>& numbers, unsigned width) {
  std::string data((numbers.size() * width + 7) / 8 + kUnpackPadding, '\0');
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (unsigned bit = 0; bit < width; ++bit) {
      const std::size_t at = i * width + bit;
      if ((numbers[i] >> bit & 1) != 0)
        data[at / 8] = static_cast<char>(data[at / 8] | 1 << at % 8);
    }
  }
  return data;
}

std::vector<std::uint64_t> RandomNumbers(unsigned width, std::size_t count,
                                         std::mt19937_64* random) {
  std::vector<std::uint64_t> numbers(count);
  for (std::uint64_t& number : numbers) number = width == 0 ? 0 : (*random)() >> (64 - width);
  return numbers;
}

TEST(BitUnpacking, GivesEveryWidthFromAnyPlace) {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    const auto numbers = RandomNumbers(width, 3 * kUnpackBlock + 5, &random);
    const std::string data = Pack(numbers, width);
    for (const std::size_t first : {0u, 1u, 63u, 64u, 100u, 196u}) {
      std::vector<std::uint64_t> wide(numbers.size() - first);
      std::vector<std::uint32_t> narrow(numbers.size() - first);
      Unpack(data.data(), width, first, std::span(wide));
      Unpack(data.data(), width, first, std::span(narrow));
      for (std::size_t i = 0; i < wide.size(); ++i) {
        ASSERT_EQ(wide[i], numbers[first + i]) << width << ' ' << first << ' ' << i;
        ASSERT_EQ(narrow[i], static_cast<std::uint32_t>(numbers[first + i])) << width;
        ASSERT_EQ(UnpackOne(data.data(), width, first + i), numbers[first + i]) << width;
      }
    }
  }
}

TEST(BitUnpacking, UnpacksBlocks) {
  std::mt19937_64 random(2);
  for (unsigned width = 0; width <= 64; ++width) {
    const auto numbers = RandomNumbers(width, kUnpackBlock, &random);
    const std::string data = Pack(numbers, width);
    std::vector<std::uint64_t> wide(kUnpackBlock);
    BlockUnpacker64(width)(data.data(), wide.data());
    EXPECT_EQ(wide, numbers) << width;
    if (width > 32) continue;
    std::vector<std::uint32_t> narrow(kUnpackBlock);
    BlockUnpacker32(width)(data.data(), narrow.data());
    EXPECT_EQ(narrow, std::vector<std::uint32_t>(numbers.begin(), numbers.end())) << width;
  }
}

}  // namespace
}  // namespace clew::base
