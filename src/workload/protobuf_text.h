#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// Appends protobuf fields to text. Only for data made here: nothing is checked.
namespace clew::workload {

inline void AppendVarint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

inline std::size_t VarintSize(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

inline void AppendTag(std::string& out, std::uint32_t field, std::uint32_t wire_type) {
  AppendVarint(out, (field << 3) | wire_type);
}

inline void AppendText(std::string& out, std::uint32_t field, std::string_view text) {
  AppendTag(out, field, 2);
  AppendVarint(out, text.size());
  out.append(text);
}

inline void AppendNumber(std::string& out, std::uint32_t field, std::uint64_t value) {
  AppendTag(out, field, 0);
  AppendVarint(out, value);
}

inline void AppendFixed64(std::string& out, std::uint32_t field, std::uint64_t value) {
  AppendTag(out, field, 1);
  char bytes[8];
  std::memcpy(bytes, &value, 8);
  out.append(bytes, 8);
}

inline void AppendFixed32(std::string& out, std::uint32_t field, std::uint32_t value) {
  AppendTag(out, field, 5);
  char bytes[4];
  std::memcpy(bytes, &value, 4);
  out.append(bytes, 4);
}

/// A KeyValue as field `field` whose AnyValue has the given content.
inline void AppendAttribute(std::string& out, std::uint32_t field, std::string_view key,
                            std::string_view any_value) {
  const std::size_t size =
      2 + VarintSize(key.size()) + key.size() + VarintSize(any_value.size()) + any_value.size();
  AppendTag(out, field, 2);
  AppendVarint(out, size);
  AppendText(out, 1, key);
  AppendText(out, 2, any_value);
}

inline void AppendStringAttribute(std::string& out, std::uint32_t field, std::string_view key,
                                  std::string_view text) {
  const std::size_t value_size = 1 + VarintSize(text.size()) + text.size();
  const std::size_t size =
      2 + VarintSize(key.size()) + key.size() + VarintSize(value_size) + value_size;
  AppendTag(out, field, 2);
  AppendVarint(out, size);
  AppendText(out, 1, key);
  AppendTag(out, 2, 2);
  AppendVarint(out, value_size);
  AppendText(out, 1, text);
}

inline void AppendIntAttribute(std::string& out, std::uint32_t field, std::string_view key,
                               std::uint64_t value) {
  std::string any_value;
  AppendNumber(any_value, 3, value);
  AppendAttribute(out, field, key, any_value);
}

inline void AppendBoolAttribute(std::string& out, std::uint32_t field, std::string_view key,
                                bool value) {
  std::string any_value;
  AppendNumber(any_value, 2, value ? 1 : 0);
  AppendAttribute(out, field, key, any_value);
}

inline void AppendDoubleAttribute(std::string& out, std::uint32_t field, std::string_view key,
                                  double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, 8);
  std::string any_value;
  AppendFixed64(any_value, 4, bits);
  AppendAttribute(out, field, key, any_value);
}

}  // namespace clew::workload
