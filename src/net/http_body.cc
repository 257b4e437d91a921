#include "net/http_body.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/compression.h"

namespace clew::net {
namespace {

struct Encoding {
  std::string_view name;
  base::Compression compression;
};

constexpr std::array<Encoding, 9> kEncodings = {
    {{"", base::Compression::kNone},
     {"identity", base::Compression::kNone},
     {"gzip", base::Compression::kGzip},
     {"zstd", base::Compression::kZstd},
     {"zlib", base::Compression::kZlib},
     {"deflate", base::Compression::kZlib},
     {"snappy", base::Compression::kSnappy},
     {"x-snappy-framed", base::Compression::kSnappyFramed},
     {"lz4", base::Compression::kLz4}}};

constexpr std::string_view kSnappyStreamHeader("\xff\x06\x00\x00sNaPpY", 10);

std::unexpected<Error> TooLarge(std::uint64_t bytes_max) {
  return base::MakeError(Code::kResourceExhausted,
                         "request body too large: the limit is {} bytes after decompression",
                         bytes_max);
}

}  // namespace

Result<Bytes> DecodeBody(const Bytes& body, std::string_view content_encoding,
                         std::uint64_t bytes_max) {
  const Encoding* encoding = nullptr;
  for (const Encoding& known : kEncodings) {
    if (known.name == content_encoding) encoding = &known;
  }
  if (encoding == nullptr) {
    return base::InvalidArgument("unsupported Content-Encoding: {}", content_encoding);
  }
  base::Compression compression = encoding->compression;
  if (compression == base::Compression::kNone) {
    if (body.size() > bytes_max) return TooLarge(bytes_max);
    return body;
  }
  // Both forms of snappy go by one name; the framed one starts with its stream identifier.
  if (compression == base::Compression::kSnappy && body.view().starts_with(kSnappyStreamHeader)) {
    compression = base::Compression::kSnappyFramed;
  }
  auto decoded = base::Decompress(compression, body.view(), bytes_max);
  if (decoded.has_value()) return Bytes(std::move(*decoded));
  if (decoded.error().code == Code::kResourceExhausted) return TooLarge(bytes_max);
  return std::unexpected(std::move(decoded).error());
}

}  // namespace clew::net
