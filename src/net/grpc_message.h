#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/compression.h"
#include "base/vocabulary.h"
#include "net/request_body.h"
#include "net/request_memory.h"

namespace clew::net {

// How messages, statuses and times are written on the wire (gRPC over HTTP/2, "Requests" and
// "Responses").

/// Reads the one message of a unary call from the data of its stream: a prefix of five bytes, which
/// says whether it is compressed and how long it is, and the message.
class GrpcMessageReader {
 public:
  /// `bytes_max`: of the message as sent.
  explicit GrpcMessageReader(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Takes all of `data`; `hold` takes what the message needs. RESOURCE_EXHAUSTED for a message
  /// over the limit, or that could never be held; UNAVAILABLE when there is no memory for it now;
  /// INVALID_ARGUMENT for a prefix that is none, and for what comes behind the message. Not called
  /// again after an error.
  Status Put(std::string_view data, RequestHold& hold);
  /// The client sends nothing more. INVALID_ARGUMENT when the message is not whole.
  Status End() const;

  bool is_compressed() const { return is_compressed_; }
  /// What is held for the message.
  std::uint64_t capacity() const { return message_.capacity(); }
  /// The message as sent. Once, after End.
  Bytes Take() { return message_.Take(); }

 private:
  Status ReadPrefix(RequestHold& hold);

  const std::uint64_t bytes_max_;
  std::string prefix_;  // so far; short enough to need no memory of its own
  bool is_compressed_ = false;
  std::uint64_t announced_bytes_ = 0;
  RequestBody message_;
};

/// A message of `text` with its prefix.
std::string FrameMessage(std::string_view text);

/// How a message of a call with this grpc-encoding (empty: none is said) is compressed, when its
/// prefix says that it is. UNIMPLEMENTED for what is not known.
Result<base::Compression> ParseGrpcEncoding(std::string_view grpc_encoding);

/// The value of grpc-accept-encoding.
inline constexpr std::string_view kGrpcEncodings = "identity,gzip,deflate,zstd,snappy";

/// `message` decompressed. RESOURCE_EXHAUSTED when the result is larger than `bytes_max` (and the
/// sender is to be told so), or than `room` of memory; INVALID_ARGUMENT when it does not
/// decompress. `reserve` is asked before each buffer to decompress into is made, and its error
/// given back instead.
Result<Bytes> UnpackMessage(base::Compression compression, std::string_view message,
                            std::uint64_t bytes_max, std::uint64_t room,
                            const base::ReserveBuffer& reserve);

/// Says that the server lacks what a call needs, and when to come again.
Error ServerBusy(std::string_view what);
/// Says that a message is over the limit, and what to do.
Error MessageTooLarge(std::uint64_t bytes_max);

/// A status message as the value of grpc-message: what is not printable ASCII, and '%', as %XX.
std::string EncodeGrpcText(std::string_view text);

/// The value of a header whose name ends with "-bin" as bytes; as it is, if it is not base64.
std::string DecodeBinaryHeader(std::string_view value);
std::string EncodeBinaryHeader(std::string_view bytes);

/// The value of grpc-timeout, such as "20S" or "100m"; nothing when it is none.
std::optional<Nanos> ParseGrpcTimeout(std::string_view text);

}  // namespace clew::net
