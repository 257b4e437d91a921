#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace clew::base {

/// 16 bytes, big-endian as on the wire; all zero is invalid (otlp.md section 2).
struct TraceId {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const TraceId&) const = default;
  bool is_zero() const { return *this == TraceId{}; }
  /// 32 lower-case hex digits.
  std::string ToHex() const;
  /// Takes 1 to 32 hex digits of either case, left-padded with zeros; nothing otherwise.
  static std::optional<TraceId> FromHex(std::string_view text);
};

/// 8 bytes, big-endian as on the wire; all zero is invalid, and as a parent means "none".
struct SpanId {
  std::array<std::uint8_t, 8> bytes{};

  auto operator<=>(const SpanId&) const = default;
  bool is_zero() const { return *this == SpanId{}; }
  /// 16 lower-case hex digits.
  std::string ToHex() const;
  /// Takes 1 to 16 hex digits of either case, left-padded with zeros; nothing otherwise.
  static std::optional<SpanId> FromHex(std::string_view text);
};

/// Whose data it is. Empty never occurs: without tenancy everything is `kSingleTenant`.
/// At most 150 bytes of letters, digits and `!-_.*'()`, not "." or ".." (tempo-api.md 1.2).
class TenantId {
 public:
  /// The one tenant when tenancy is off.
  TenantId() : name_("single-tenant") {}
  /// Nothing when `name` breaks the rules above.
  static std::optional<TenantId> Parse(std::string_view name);

  const std::string& name() const { return name_; }
  auto operator<=>(const TenantId&) const = default;

 private:
  explicit TenantId(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace clew::base

template <>
struct std::hash<clew::base::TraceId> {
  std::size_t operator()(const clew::base::TraceId& id) const noexcept {
    std::uint64_t high;
    std::uint64_t low;
    std::memcpy(&high, id.bytes.data(), 8);
    std::memcpy(&low, id.bytes.data() + 8, 8);
    return (high ^ (low * 0x9E3779B97F4A7C15ULL)) * 0xD6E8FEB86659FD93ULL;
  }
};

template <>
struct std::hash<clew::base::SpanId> {
  std::size_t operator()(const clew::base::SpanId& id) const noexcept {
    std::uint64_t value;
    std::memcpy(&value, id.bytes.data(), 8);
    return value * 0x9E3779B97F4A7C15ULL;
  }
};
