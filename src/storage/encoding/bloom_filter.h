#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// A split-block Bloom filter as Parquet's (docs/formats/block.md): it says of a key that it is
/// surely absent, or that it may be there. Pure functions over its bytes; any thread.
namespace clew::storage {

/// A filter is made of such blocks; a key has one bit in each of the eight words of one of them.
inline constexpr std::size_t kBloomBlockBytes = 32;
/// Larger ones are not made, and not read: with more keys than fit they are wrong more often.
inline constexpr std::uint64_t kBloomBytesMax = 16u << 20;

/// What a filter of so many keys takes: 12 bits each, so that one absent key in some 200 is taken
/// for one that is there.
std::uint64_t BloomFilterBytes(std::uint64_t key_count);

/// `keys` are hashes of 64 bits, in any order; repeats cost nothing but room.
std::string BuildBloomFilter(std::span<const std::uint64_t> keys);

/// Where in a filter of `byte_size` the block of a key begins. The size is that of a filter.
std::uint64_t BloomBlockOffset(std::uint64_t key, std::uint64_t byte_size);
/// As MayContain of the filter that has `block` there; true of what is not as long as a block.
bool MayContainInBlock(std::string_view block, std::uint64_t key);

/// False only when `key` is not among those the filter was made of. True of bytes that are no
/// filter: an empty one says nothing.
bool MayContain(std::string_view filter, std::uint64_t key);

}  // namespace clew::storage
