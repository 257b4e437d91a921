#include "base/snappy_framing.h"

#include <snappy.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

namespace clew::base {
namespace {

constexpr std::string_view kStreamIdentifier = "sNaPpY";
constexpr std::size_t kChunkHeaderBytes = 4;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kChunkBytesMax = 65536;
// An element of a snappy block writes at most 64 bytes and takes at least 3 to do so; a larger
// claim cannot be true.
constexpr std::size_t kExpansionMax = 22;

enum ChunkType : std::uint8_t {
  kCompressedChunk = 0x00,
  kPlainChunk = 0x01,
  kFirstSkippableChunk = 0x80,
  kIdentifierChunk = 0xff,
};

constexpr std::array<std::uint32_t, 256> MakeCrc32cTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78U : 0);
    table[i] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kCrc32cTable = MakeCrc32cTable();

std::uint32_t MaskedCrc32c(std::string_view data) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : data) {
    crc = kCrc32cTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xff] ^ (crc >> 8);
  }
  return std::rotr(~crc, 15) + 0xa282ead8U;
}

std::uint32_t ReadLittleEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = (value << 8) | static_cast<std::uint8_t>(bytes[i - 1]);
  }
  return value;
}

// The length a block says it has; nothing when it cannot be that.
std::optional<std::size_t> PlausibleLength(std::string_view block) {
  std::size_t length = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &length)) return std::nullopt;
  if (length / kExpansionMax > block.size()) return std::nullopt;
  return length;
}

std::unexpected<Error> TooLarge(std::size_t limit) {
  return MakeError(Code::kResourceExhausted, "snappy data is larger than the limit of {} bytes",
                   limit);
}

struct Chunk {
  std::uint8_t type = 0;
  std::string_view payload;  // without the checksum
  std::uint32_t checksum = 0;
  std::size_t raw_size = 0;
};

bool CarriesData(std::uint8_t type) { return type == kCompressedChunk || type == kPlainChunk; }

// Takes the first chunk off `rest`.
Result<Chunk> NextChunk(std::string_view& rest) {
  if (rest.size() < kChunkHeaderBytes) return InvalidArgument("snappy chunk header is cut short");
  Chunk chunk;
  chunk.type = static_cast<std::uint8_t>(rest[0]);
  const std::size_t length = ReadLittleEndian(rest.substr(1, 3));
  rest.remove_prefix(kChunkHeaderBytes);
  if (length > rest.size()) return InvalidArgument("snappy chunk of {} bytes is cut short", length);
  chunk.payload = rest.substr(0, length);
  rest.remove_prefix(length);
  if (!CarriesData(chunk.type)) return chunk;
  if (length < kChecksumBytes) return InvalidArgument("snappy chunk has no checksum");
  chunk.checksum = ReadLittleEndian(chunk.payload.substr(0, kChecksumBytes));
  chunk.payload.remove_prefix(kChecksumBytes);
  const std::optional<std::size_t> raw_size = chunk.type == kPlainChunk
                                                  ? std::optional(chunk.payload.size())
                                                  : PlausibleLength(chunk.payload);
  if (!raw_size.has_value() || *raw_size > kChunkBytesMax) {
    return InvalidArgument("snappy chunk does not hold at most {} bytes", kChunkBytesMax);
  }
  chunk.raw_size = *raw_size;
  return chunk;
}

// Walks all chunks without decompressing and gives the size of the whole.
Result<std::size_t> MeasureFramed(std::string_view data, std::size_t limit) {
  std::size_t total = 0;
  bool is_first = true;
  while (!data.empty()) {
    ASSIGN_OR_RETURN(const Chunk chunk, NextChunk(data));
    if (chunk.type == kIdentifierChunk && chunk.payload != kStreamIdentifier) {
      return InvalidArgument("snappy stream identifier is wrong");
    }
    if (is_first && chunk.type != kIdentifierChunk) {
      return InvalidArgument("snappy stream does not begin with its identifier");
    }
    if (!CarriesData(chunk.type) && chunk.type < kFirstSkippableChunk) {
      return InvalidArgument("snappy chunk type {:#04x} is unknown", chunk.type);
    }
    is_first = false;
    total += chunk.raw_size;
    if (total > limit) return TooLarge(limit);
  }
  if (is_first) return InvalidArgument("snappy stream is empty");
  return total;
}

}  // namespace

Result<std::string> DecompressSnappyFramed(std::string_view data, std::size_t limit,
                                           const ReserveBuffer& reserve) {
  ASSIGN_OR_RETURN(const std::size_t total, MeasureFramed(data, limit));
  if (reserve) TRY(reserve(total));
  std::string out;
  out.resize(total);
  std::size_t written = 0;
  while (!data.empty()) {
    ASSIGN_OR_RETURN(const Chunk chunk, NextChunk(data));
    if (!CarriesData(chunk.type)) continue;
    char* target = out.data() + written;
    if (chunk.type == kPlainChunk) {
      std::memcpy(target, chunk.payload.data(), chunk.raw_size);
    } else if (!snappy::RawUncompress(chunk.payload.data(), chunk.payload.size(), target)) {
      return InvalidArgument("snappy chunk is malformed");
    }
    if (MaskedCrc32c({target, chunk.raw_size}) != chunk.checksum) {
      return InvalidArgument("snappy chunk has a wrong checksum");
    }
    written += chunk.raw_size;
  }
  return out;
}

Result<std::string> DecompressSnappyBlock(std::string_view data, std::size_t limit,
                                          const ReserveBuffer& reserve) {
  const std::optional<std::size_t> length = PlausibleLength(data);
  if (!length.has_value()) return InvalidArgument("data is not a snappy block");
  if (*length > limit) return TooLarge(limit);
  if (reserve) TRY(reserve(*length));
  std::string out;
  out.resize(*length);
  if (!snappy::RawUncompress(data.data(), data.size(), out.data())) {
    return InvalidArgument("data is not a snappy block");
  }
  return out;
}

}  // namespace clew::base
