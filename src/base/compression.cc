#include "base/compression.h"

#include <libdeflate.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/snappy_framing.h"

namespace clew::base {
namespace {

struct Name {
  std::string_view text;
  Compression compression;
};

constexpr std::array<Name, 11> kNames = {{{"identity", Compression::kNone},
                                          {"gzip", Compression::kGzip},
                                          {"zstd", Compression::kZstd},
                                          {"deflate", Compression::kZlib},
                                          {"snappy", Compression::kSnappy},
                                          {"x-snappy-framed", Compression::kSnappyFramed},
                                          {"lz4", Compression::kLz4},
                                          {"", Compression::kNone},
                                          {"none", Compression::kNone},
                                          {"zlib", Compression::kZlib},
                                          {"x-gzip", Compression::kGzip}}};

constexpr std::string_view kGzipHead = "\x1f\x8b";
constexpr std::string_view kZstdHead = "\x28\xb5\x2f\xfd";
constexpr std::string_view kSnappyFramedHead("\xff\x06\x00\x00sNaPpY", 10);

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

// The contexts of the libraries are dear to make and not to be shared, so each thread keeps its
// own.
libdeflate_compressor* DeflateCompressor() {
  constexpr int kLevel = 1;
  thread_local const std::unique_ptr<libdeflate_compressor, Freer<libdeflate_free_compressor>>
      compressor(libdeflate_alloc_compressor(kLevel));
  return compressor.get();
}

libdeflate_decompressor* DeflateDecompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, Freer<libdeflate_free_decompressor>>
      decompressor(libdeflate_alloc_decompressor());
  return decompressor.get();
}

ZSTD_CCtx* ZstdCompressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, Freer<ZSTD_freeCCtx>> context(ZSTD_createCCtx());
  return context.get();
}

ZSTD_DCtx* ZstdDecompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, Freer<ZSTD_freeDCtx>> context(ZSTD_createDCtx());
  return context.get();
}

enum class Outcome { kDone, kTooSmall, kInvalid };

struct Attempt {
  Outcome outcome = Outcome::kInvalid;
  std::size_t size = 0;
  std::string problem = {};  // what is invalid, when that is known
};

// A whole member or frame came before what is invalid.
Attempt EndsAt(std::size_t byte) {
  return {Outcome::kInvalid, 0,
          fmt::format("it ends at byte {}, and what follows is none: cut it off", byte)};
}

// Calls `attempt(out, capacity)` with ever larger buffers until the data fits or `limit` is
// reached. Each try starts anew with the last buffer freed: so no window or second buffer is needed
// and the peak is one buffer; with a growth of 4 all tries together cost a third more than the
// last.
template <typename AttemptFunction>
Result<std::string> DecompressGrowing(Compression compression, std::size_t first_capacity,
                                      std::size_t limit, const ReserveBuffer& reserve,
                                      AttemptFunction attempt) {
  constexpr std::size_t kGrowth = 4;
  std::size_t capacity = std::min(first_capacity, limit);
  for (;;) {
    if (reserve) TRY(reserve(capacity));
    std::string out;
    Attempt result;
    out.resize_and_overwrite(capacity, [&](char* data, std::size_t) {
      result = attempt(data, capacity);
      return result.outcome == Outcome::kDone ? result.size : 0;
    });
    if (result.outcome == Outcome::kDone) return out;
    if (result.outcome == Outcome::kInvalid) {
      return InvalidArgument("data is not valid {}{}{}", CompressionName(compression),
                             result.problem.empty() ? "" : ": ", result.problem);
    }
    if (capacity == limit) {
      return MakeError(Code::kResourceExhausted,
                       "{} data is larger than the limit of {} bytes when decompressed",
                       CompressionName(compression), limit);
    }
    capacity = capacity > limit / kGrowth ? limit : capacity * kGrowth;
  }
}

// The first buffer: what the data claims, as far as that is likely (OTLP shrinks to a 5th to a
// 30th), else a guess.
std::size_t FirstCapacity(std::size_t data_size, std::size_t claimed_size) {
  constexpr std::size_t kLikelyExpansion = 8;
  constexpr std::size_t kBelievedExpansion = 64;
  constexpr std::size_t kSmallest = 4096;
  if (claimed_size == 0) return std::max(data_size * kLikelyExpansion, kSmallest);
  return std::max(std::min(claimed_size, data_size * kBelievedExpansion), kSmallest);
}

using DeflateFunction = decltype(&libdeflate_gzip_decompress_ex);

// Concatenated members count as one, as gzip(1) has it.
Attempt InflateMembers(DeflateFunction inflate, std::string_view data, char* out,
                       std::size_t capacity) {
  std::size_t written = 0;
  const std::size_t whole_size = data.size();
  do {
    std::size_t consumed_size = 0;
    std::size_t member_size = 0;
    const libdeflate_result result =
        inflate(DeflateDecompressor(), data.data(), data.size(), out + written, capacity - written,
                &consumed_size, &member_size);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return {Outcome::kTooSmall};
    if (result != LIBDEFLATE_SUCCESS) {
      const bool is_member = data.size() == whole_size || data.starts_with(kGzipHead);
      return is_member ? Attempt{Outcome::kInvalid, 0, "it is damaged or cut short"}
                       : EndsAt(whole_size - data.size());
    }
    data.remove_prefix(consumed_size);
    written += member_size;
  } while (!data.empty());
  return {Outcome::kDone, written};
}

// What the last four bytes of gzip say of the size; right for one member below 4 GiB.
std::size_t GzipClaimedSize(std::string_view data) {
  std::uint32_t size = 0;
  if (data.size() >= sizeof size) {
    std::memcpy(&size, data.data() + data.size() - sizeof size, sizeof size);
  }
  return size;
}

std::size_t ZstdClaimedSize(std::string_view data) {
  const unsigned long long size = ZSTD_getFrameContentSize(data.data(), data.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return 0;
  return size;
}

Attempt ZstdProblem(std::string_view data) {
  std::string_view rest = data;
  std::size_t size = 0;
  while (!rest.empty()) {
    size = ZSTD_findFrameCompressedSize(rest.data(), rest.size());
    if (ZSTD_isError(size) != 0) break;
    rest.remove_prefix(size);
  }
  if (!rest.empty() && rest.size() < data.size() && !rest.starts_with(kZstdHead)) {
    return EndsAt(data.size() - rest.size());
  }
  const bool is_cut = !rest.empty() && ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong;
  return {Outcome::kInvalid, 0, is_cut ? "it is cut short" : "it is damaged"};
}

// At once, not as a stream: then the output is the window, and a frame that claims a huge window
// allocates nothing.
Attempt ZstdAttempt(std::string_view data, char* out, std::size_t capacity) {
  if (data.empty()) return {Outcome::kInvalid};
  const std::size_t result =
      ZSTD_decompressDCtx(ZstdDecompressor(), out, capacity, data.data(), data.size());
  if (ZSTD_isError(result) == 0) return {Outcome::kDone, result};
  if (ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall) return {Outcome::kTooSmall};
  return ZstdProblem(data);
}

// Besides the output the library holds two blocks of what the frame says (at most 4 MiB each).
Attempt Lz4Attempt(std::string_view data, char* out, std::size_t capacity) {
  LZ4F_dctx* created = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&created, LZ4F_VERSION)) != 0) {
    return {Outcome::kInvalid};
  }
  const std::unique_ptr<LZ4F_dctx, Freer<LZ4F_freeDecompressionContext>> context(created);
  std::size_t written = 0;
  std::size_t hint = 1;
  while (!data.empty()) {
    std::size_t out_size = capacity - written;
    std::size_t in_size = data.size();
    hint = LZ4F_decompress(context.get(), out + written, &out_size, data.data(), &in_size, nullptr);
    if (LZ4F_isError(hint) != 0) return {Outcome::kInvalid};
    written += out_size;
    data.remove_prefix(in_size);
    if (in_size == 0 && out_size == 0) return {Outcome::kTooSmall};
  }
  if (hint == 0) return {Outcome::kDone, written};
  // All was read, yet the frame is not at its end: output may wait inside, or the frame is cut.
  char probe = 0;
  std::size_t probe_size = 1;
  std::size_t no_input = 0;
  hint = LZ4F_decompress(context.get(), &probe, &probe_size, data.data(), &no_input, nullptr);
  const bool has_more = LZ4F_isError(hint) == 0 && probe_size > 0;
  return {has_more ? Outcome::kTooSmall : Outcome::kInvalid};
}

std::string CompressDeflate(Compression compression, std::string_view data) {
  const bool is_gzip = compression == Compression::kGzip;
  const auto bound = is_gzip ? libdeflate_gzip_compress_bound : libdeflate_zlib_compress_bound;
  const auto compress = is_gzip ? libdeflate_gzip_compress : libdeflate_zlib_compress;
  std::string out;
  out.resize_and_overwrite(
      bound(DeflateCompressor(), data.size()), [&](char* target, std::size_t capacity) {
        return compress(DeflateCompressor(), data.data(), data.size(), target, capacity);
      });
  return out;
}

Result<std::string> CompressLz4(std::string_view data) {
  std::string out;
  std::size_t size = 0;
  out.resize_and_overwrite(
      LZ4F_compressFrameBound(data.size(), nullptr), [&](char* target, std::size_t capacity) {
        size = LZ4F_compressFrame(target, capacity, data.data(), data.size(), nullptr);
        return LZ4F_isError(size) != 0 ? 0 : size;
      });
  if (LZ4F_isError(size) != 0) return Internal("lz4: {}", LZ4F_getErrorName(size));
  return out;
}

}  // namespace

std::string_view CompressionName(Compression compression) {
  for (const Name& name : kNames) {
    if (name.compression == compression) return name.text;
  }
  return "unknown";
}

std::optional<Compression> ParseCompression(std::string_view name) {
  const auto equals_ignoring_case = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  };
  for (const Name& known : kNames) {
    if (std::ranges::equal(name, known.text, equals_ignoring_case)) return known.compression;
  }
  return std::nullopt;
}

Compression CompressionOfHead(std::string_view data) {
  if (data.starts_with(kZstdHead)) return Compression::kZstd;
  if (data.starts_with(kSnappyFramedHead)) return Compression::kSnappyFramed;
  return Compression::kNone;
}

Result<std::string> Compress(Compression compression, std::string_view data) {
  switch (compression) {
    case Compression::kNone:
      return std::string(data);
    case Compression::kGzip:
    case Compression::kZlib:
      return CompressDeflate(compression, data);
    case Compression::kZstd:
      return ZstdCompress(data);
    case Compression::kSnappy: {
      std::string out;
      snappy::Compress(data.data(), data.size(), &out);
      return out;
    }
    case Compression::kLz4:
      return CompressLz4(data);
    case Compression::kSnappyFramed:
      break;
  }
  return MakeError(Code::kUnimplemented, "compression \"{}\" is for reading only: use snappy",
                   CompressionName(compression));
}

Result<std::string> Decompress(Compression compression, std::string_view data, std::size_t limit,
                               const ReserveBuffer& reserve) {
  const auto inflate_with = [&](DeflateFunction inflate, std::size_t claimed_size) {
    return DecompressGrowing(compression, FirstCapacity(data.size(), claimed_size), limit, reserve,
                             [&](char* out, std::size_t capacity) {
                               return InflateMembers(inflate, data, out, capacity);
                             });
  };
  switch (compression) {
    case Compression::kNone:
      if (data.size() > limit) {
        return MakeError(Code::kResourceExhausted, "data of {} bytes is over the limit of {} bytes",
                         data.size(), limit);
      }
      if (reserve) TRY(reserve(data.size()));
      return std::string(data);
    case Compression::kGzip:
      return inflate_with(libdeflate_gzip_decompress_ex, GzipClaimedSize(data));
    case Compression::kZlib:
      return inflate_with(libdeflate_zlib_decompress_ex, 0);
    case Compression::kZstd:
      return DecompressGrowing(
          compression, FirstCapacity(data.size(), ZstdClaimedSize(data)), limit, reserve,
          [&](char* out, std::size_t capacity) { return ZstdAttempt(data, out, capacity); });
    case Compression::kLz4:
      return DecompressGrowing(
          compression, FirstCapacity(data.size(), 0), limit, reserve,
          [&](char* out, std::size_t capacity) { return Lz4Attempt(data, out, capacity); });
    case Compression::kSnappy:
      return DecompressSnappyBlock(data, limit, reserve);
    case Compression::kSnappyFramed:
      return DecompressSnappyFramed(data, limit, reserve);
  }
  return InvalidArgument("compression number {} is unknown", static_cast<int>(compression));
}

std::string ZstdCompress(std::string_view data) {
  constexpr int kLevel = 1;
  std::string out;
  out.resize_and_overwrite(ZSTD_compressBound(data.size()), [&](char* target,
                                                                std::size_t capacity) {
    // Cannot fail: the buffer is large enough and level and context are valid.
    return ZSTD_compressCCtx(ZstdCompressor(), target, capacity, data.data(), data.size(), kLevel);
  });
  return out;
}

Status ZstdDecompressInto(std::string_view data, char* out, std::size_t raw_size) {
  const std::size_t result =
      ZSTD_decompressDCtx(ZstdDecompressor(), out, raw_size, data.data(), data.size());
  if (ZSTD_isError(result) != 0) return DataLoss("zstd data: {}", ZSTD_getErrorName(result));
  if (result != raw_size) {
    return DataLoss("zstd data holds {} bytes instead of {}", result, raw_size);
  }
  return {};
}

}  // namespace clew::base
