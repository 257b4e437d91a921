#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::base {

/// How a body is compressed. Names and extent as the Collector's HTTP server accepts them
/// (collector-config.md section 4). The numbers are stored in the log: never change them.
enum class Compression : std::uint8_t {
  kNone = 0,
  kGzip = 1,
  kZstd = 2,
  kZlib = 3,          // "zlib" and "deflate"
  kSnappy = 4,        // block format
  kSnappyFramed = 5,  // "x-snappy-framed"
  kLz4 = 6,           // frame format
};

/// The value of Content-Encoding ("identity" for none).
std::string_view CompressionName(Compression compression);
/// Takes Content-Encoding and the Collector's `compression:` values ("" and "none" too).
std::optional<Compression> ParseCompression(std::string_view name);

/// What the first bytes of `data` say by themselves: kZstd, kSnappyFramed, or kNone for all else.
Compression CompressionOfHead(std::string_view data);

/// Compresses at a level meant for speed (gzip 1, zstd 1). Never fails but for kSnappyFramed,
/// which is for reading only.
Result<std::string> Compress(Compression compression, std::string_view data);

/// Asked with the size of a buffer before it is made; the last one is gone by then.
using ReserveBuffer = std::function<Status(std::size_t bytes)>;

/// Decompresses at most `limit` bytes. RESOURCE_EXHAUSTED when the result would be larger: no more
/// than `limit` is ever held for the result, whatever `data` claims, and besides it only what the
/// library needs (up to two blocks of 4 MiB for lz4, no window for zstd). INVALID_ARGUMENT when
/// `data` is not in the format. Checksums are verified. `reserve`, when given, is asked before each
/// buffer is made, and its error given back instead.
Result<std::string> Decompress(Compression compression, std::string_view data, std::size_t limit,
                               const ReserveBuffer& reserve = {});

/// Raw zstd for stored data, level 1. `raw_size` is known from the format that holds it.
std::string ZstdCompress(std::string_view data);
/// Writes exactly `raw_size` bytes to `out`; DATA_LOSS when the data is not that.
Status ZstdDecompressInto(std::string_view data, char* out, std::size_t raw_size);

}  // namespace clew::base
