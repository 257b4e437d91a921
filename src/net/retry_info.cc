#include "net/retry_info.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace clew::net {
namespace {

constexpr std::string_view kRetryInfoType = "type.googleapis.com/google.rpc.RetryInfo";
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

void PutVarint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void PutNumber(std::string& out, std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  PutVarint(out, field << 3);
  PutVarint(out, value);
}

void PutBytes(std::string& out, std::uint32_t field, std::string_view value) {
  PutVarint(out, field << 3 | 2);
  PutVarint(out, value.size());
  out += value;
}

/// One field of a protobuf message; only the two wire types that the messages here use carry a
/// value.
struct Field {
  std::uint32_t number = 0;
  std::uint64_t varint = 0;
  std::string_view bytes;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view data) : rest_(data) {}

  /// Nothing at the end and at the first malformed field.
  std::optional<Field> Next() {
    const auto tag = Varint();
    if (!tag) return std::nullopt;
    Field field;
    field.number = static_cast<std::uint32_t>(*tag >> 3);
    switch (*tag & 7) {
      case 0: {
        const auto value = Varint();
        if (!value) return std::nullopt;
        field.varint = *value;
        return field;
      }
      case 1:
        return Skip(8) ? std::optional(field) : std::nullopt;
      case 2: {
        const auto size = Varint();
        if (!size || *size > rest_.size()) return std::nullopt;
        field.bytes = rest_.substr(0, *size);
        rest_.remove_prefix(*size);
        return field;
      }
      case 5:
        return Skip(4) ? std::optional(field) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  bool Skip(std::size_t count) {
    if (rest_.size() < count) return false;
    rest_.remove_prefix(count);
    return true;
  }

  std::string_view rest_;
};

std::string_view BytesField(std::string_view message, std::uint32_t number) {
  FieldReader reader(message);
  std::string_view found;
  while (const auto field = reader.Next()) {
    if (field->number == number) found = field->bytes;
  }
  return found;
}

Nanos ReadDuration(std::string_view message) {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  FieldReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == 1) seconds = static_cast<std::int64_t>(field->varint);
    if (field->number == 2) nanos = static_cast<std::int64_t>(field->varint);
  }
  constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond;
  seconds = std::clamp<std::int64_t>(seconds, 0, kSecondsMax - 1);
  return Nanos(seconds * kNanosPerSecond + std::clamp<std::int64_t>(nanos, 0, kNanosPerSecond - 1));
}

}  // namespace

std::string EncodeStatusDetails(const Error& error) {
  std::string status;
  PutNumber(status, 1, static_cast<std::uint64_t>(error.code));
  PutBytes(status, 2, error.message);
  if (!error.retry_after) return status;
  const std::int64_t delay = std::max<std::int64_t>(error.retry_after->count(), 0);
  std::string duration;
  PutNumber(duration, 1, static_cast<std::uint64_t>(delay / kNanosPerSecond));
  PutNumber(duration, 2, static_cast<std::uint64_t>(delay % kNanosPerSecond));
  std::string retry_info;
  PutBytes(retry_info, 1, duration);
  std::string any;
  PutBytes(any, 1, kRetryInfoType);
  PutBytes(any, 2, retry_info);
  PutBytes(status, 3, any);
  return status;
}

std::optional<Nanos> ParseRetryDelay(std::string_view status_details) {
  FieldReader reader(status_details);
  while (const auto field = reader.Next()) {
    if (field->number != 3 || BytesField(field->bytes, 1) != kRetryInfoType) continue;
    return ReadDuration(BytesField(BytesField(field->bytes, 2), 1));
  }
  return std::nullopt;
}

}  // namespace clew::net
