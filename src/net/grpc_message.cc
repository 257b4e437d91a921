#include "net/grpc_message.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/base64.h"
#include "base/number.h"

namespace clew::net {
namespace {

constexpr std::size_t kPrefixBytes = 5;

}  // namespace

Status GrpcMessageReader::Put(std::string_view data, RequestHold& hold) {
  if (prefix_.size() < kPrefixBytes) {
    const std::string_view more = data.substr(0, kPrefixBytes - prefix_.size());
    prefix_ += more;
    data.remove_prefix(more.size());
    if (prefix_.size() < kPrefixBytes) return {};
    TRY(ReadPrefix(hold));
  }
  if (data.size() > announced_bytes_ - message_.size()) {
    return base::InvalidArgument("bytes follow the message of {} bytes: send exactly one",
                                 announced_bytes_);
  }
  if (message_.Append(data, announced_bytes_, hold)) return {};
  return std::unexpected(ServerBusy("no memory is left for this message"));
}

Status GrpcMessageReader::ReadPrefix(RequestHold& hold) {
  const auto octet = [this](std::size_t at) { return static_cast<unsigned char>(prefix_[at]); };
  if (octet(0) > 1) {
    return base::InvalidArgument(
        "the prefix of the message begins with {}: 0 (not compressed) and 1 are known", octet(0));
  }
  is_compressed_ = octet(0) == 1;
  for (std::size_t i = 1; i < kPrefixBytes; ++i)
    announced_bytes_ = announced_bytes_ << 8 | octet(i);
  if (announced_bytes_ > bytes_max_) return std::unexpected(MessageTooLarge(bytes_max_));
  if (hold.CanNeverHold(hold.bytes() + announced_bytes_)) {
    return std::unexpected(Error{Code::kResourceExhausted, hold.TooLargeText()});
  }
  hold.Announce(announced_bytes_);
  return {};
}

Status GrpcMessageReader::End() const {
  if (prefix_.empty()) {
    return base::InvalidArgument("the call carries no message: send exactly one");
  }
  if (prefix_.size() < kPrefixBytes) {
    return base::InvalidArgument("the call ended within the {} bytes before its message",
                                 kPrefixBytes);
  }
  if (message_.size() < announced_bytes_) {
    return base::InvalidArgument("the call ended before its message was complete: {} of {} bytes",
                                 message_.size(), announced_bytes_);
  }
  return {};
}

std::string FrameMessage(std::string_view text) {
  std::string framed(1, '\0');
  framed.reserve(text.size() + 5);
  for (const int shift : {24, 16, 8, 0}) framed.push_back(static_cast<char>(text.size() >> shift));
  return framed.append(text);
}

Result<base::Compression> ParseGrpcEncoding(std::string_view grpc_encoding) {
  static constexpr std::array<std::pair<std::string_view, base::Compression>, 4> kEncodings = {
      {{"gzip", base::Compression::kGzip},
       {"deflate", base::Compression::kZlib},
       {"zstd", base::Compression::kZstd},
       {"snappy", base::Compression::kSnappyFramed}}};  // as grpc-go's users have it
  const auto* const found = std::ranges::find(
      kEncodings, grpc_encoding, &std::pair<std::string_view, base::Compression>::first);
  if (found != kEncodings.end()) return found->second;
  return base::MakeError(
      Code::kUnimplemented,
      "the message is compressed, but not with gzip, deflate, zstd or framed snappy "
      "(grpc-encoding: \"{}\"): set the sender's compression to one of these or none",
      grpc_encoding);
}

Result<Bytes> UnpackMessage(base::Compression compression, std::string_view message,
                            std::uint64_t bytes_max, std::uint64_t room,
                            const base::ReserveBuffer& reserve) {
  Status reserved;
  auto unpacked = base::Decompress(compression, message, std::min(bytes_max, room),
                                   [&](std::size_t bytes) -> Status {
                                     reserved = reserve(bytes);
                                     return reserved;
                                   });
  if (unpacked.has_value()) return Bytes(std::move(*unpacked));
  if (!reserved.has_value()) return std::unexpected(std::move(reserved).error());
  if (unpacked.error().code == Code::kResourceExhausted) {
    return std::unexpected(MessageTooLarge(bytes_max));
  }
  return std::unexpected(std::move(unpacked).error());
}

Error ServerBusy(std::string_view what) {
  constexpr Nanos kRetryAfter = std::chrono::seconds(1);
  return {Code::kUnavailable, std::string(what) + ": try again later", kRetryAfter};
}

Error MessageTooLarge(std::uint64_t bytes_max) {
  return Error{Code::kResourceExhausted,
               fmt::format("message is larger than the limit of {} bytes: send smaller batches or "
                           "raise max_recv_msg_size_mib",
                           bytes_max)};
}

std::string EncodeGrpcText(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded.push_back(c);
    } else {
      static constexpr std::string_view kDigits = "0123456789ABCDEF";
      const auto octet = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(kDigits[octet >> 4]);
      encoded.push_back(kDigits[octet & 15]);
    }
  }
  return encoded;
}

std::string DecodeBinaryHeader(std::string_view value) {
  std::optional<std::string> bytes = base::Base64Decode(value);
  return bytes ? *std::move(bytes) : std::string(value);
}

std::string EncodeBinaryHeader(std::string_view bytes) {
  std::string text = base::Base64Encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<Nanos> ParseGrpcTimeout(std::string_view text) {
  constexpr std::size_t kDigitsMax = 8;
  if (text.size() < 2 || text.size() > kDigitsMax + 1) return std::nullopt;
  const auto count = base::ParseNumber<std::int64_t>(text.substr(0, text.size() - 1));
  if (!count || *count < 0) return std::nullopt;
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(std::min<std::int64_t>(*count, 1'000'000));
    case 'M':
      return std::chrono::minutes(*count);
    case 'S':
      return std::chrono::seconds(*count);
    case 'm':
      return std::chrono::milliseconds(*count);
    case 'u':
      return std::chrono::microseconds(*count);
    case 'n':
      return Nanos(*count);
    default:
      return std::nullopt;
  }
}

}  // namespace clew::net
