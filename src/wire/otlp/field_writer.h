#pragma once

#include <cstddef>
#include <cstdint>
#include <protozero/buffer_string.hpp>
#include <protozero/varint.hpp>
#include <string>
#include <string_view>

namespace clew::wire::otlp {

enum class WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

/// Appends protobuf fields.
class FieldWriter {
 public:
  std::string& out() { return out_; }

  /// Whether numbers are written without tags, as a packed list has them.
  void SetPacked(bool is_packed) { is_packed_ = is_packed; }

  void Tag(std::uint32_t number, WireType type) {
    if (is_packed_) return;
    protozero::add_varint_to_buffer(&out_, number << 3 | static_cast<std::uint32_t>(type));
  }
  void Varint(std::uint32_t number, std::uint64_t value) {
    Tag(number, WireType::kVarint);
    protozero::add_varint_to_buffer(&out_, value);
  }
  void Fixed32(std::uint32_t number, std::uint32_t value) {
    Tag(number, WireType::kFixed32);
    for (int shift = 0; shift < 32; shift += 8) out_ += static_cast<char>(value >> shift & 0xFF);
  }
  void Fixed64(std::uint32_t number, std::uint64_t value) {
    Tag(number, WireType::kFixed64);
    for (int shift = 0; shift < 64; shift += 8) out_ += static_cast<char>(value >> shift & 0xFF);
  }
  void Text(std::uint32_t number, std::string_view text) {
    Tag(number, WireType::kLength);
    protozero::add_varint_to_buffer(&out_, text.size());
    out_ += text;
  }
  /// Leaves `length_size` bytes for the length; gives where the content begins.
  std::size_t BeginMessage(std::uint32_t number, std::size_t length_size) {
    Tag(number, WireType::kLength);
    out_.append(length_size, '\0');
    return out_.size();
  }
  void EndMessage(std::size_t begin, std::size_t length_size) {
    const std::size_t size = out_.size() - begin;
    const auto needed = static_cast<std::size_t>(protozero::length_of_varint(size));
    if (needed > length_size) out_.insert(begin, needed - length_size, '\0');
    if (needed < length_size) out_.erase(begin - (length_size - needed), length_size - needed);
    protozero::write_varint(out_.data() + begin - length_size, size);
  }

 private:
  std::string out_;
  bool is_packed_ = false;
};

}  // namespace clew::wire::otlp
