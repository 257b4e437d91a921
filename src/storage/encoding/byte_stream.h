#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace clew::storage {

/// Appends little-endian numbers and texts to a string.
class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}

  template <typename Number>
  void Fixed(Number number) {
    out_->append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  /// Base 128, low groups first.
  void Varint(std::uint64_t number) {
    while (number >= 0x80) {
      out_->push_back(static_cast<char>(number | 0x80));
      number >>= 7;
    }
    out_->push_back(static_cast<char>(number));
  }
  /// Length, then bytes.
  void Text(std::string_view text) {
    Varint(text.size());
    Bytes(text);
  }
  /// As they are: who reads them knows how many there are.
  void Bytes(std::string_view bytes) { out_->append(bytes); }

 private:
  std::string* out_;
};

/// Reads what ByteWriter wrote. Past the end it gives zeros and `ok()` turns false: check it once,
/// after the last read. Never reads outside `data`.
class ByteReader {
 public:
  explicit ByteReader(std::string_view data) : rest_(data) {}

  template <typename Number>
  Number Fixed() {
    Number number{};
    if (rest_.size() < sizeof(number)) return Fail<Number>();
    std::memcpy(&number, rest_.data(), sizeof(number));
    rest_.remove_prefix(sizeof(number));
    return number;
  }

  std::uint64_t Varint() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return Fail<std::uint64_t>();
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    return Fail<std::uint64_t>();
  }

  /// A varint of at most 32 bits; a larger one is bad.
  std::uint32_t Count() {
    const std::uint64_t count = Varint();
    return count > 0xffffffff ? Fail<std::uint32_t>() : static_cast<std::uint32_t>(count);
  }

  std::string_view Text() {
    const std::uint64_t length = Varint();
    return Bytes(length);
  }

  std::string_view Bytes(std::uint64_t length) {
    if (length > rest_.size()) return Fail<std::string_view>();
    const std::string_view bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return bytes;
  }

  /// For values that read well but make no sense.
  void MarkBad() { Fail<int>(); }
  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

 private:
  template <typename T>
  T Fail() {
    ok_ = false;
    rest_ = {};
    return T{};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace clew::storage
