#include "wire/otlp/testing/random_source.h"

#include <array>
#include <bit>
#include <limits>

namespace clew::wire::otlp::testing {

std::string RandomSource::Octets(std::size_t size) {
  std::string octets;
  for (std::size_t i = 0; i < size; ++i) octets += static_cast<char>(Next());
  return octets;
}

std::string RandomSource::Text() {
  static constexpr auto kPieces = std::to_array<std::string_view>(
      {"a", "checkout", " ", "\"", "\\", "/", "\n", "\x01", "\x7F", "\xC3\xBC", "\xE2\x82\xAC",
       "\xF0\x9F\x98\x80", "\xEF\xBF\xBD", "\xEF\xBB\xBF", "0", "null", "{}", "<&>", "SELECT * "});
  if (OneIn(5)) return {};
  if (OneIn(60)) return std::string(100 + Below(300), 'x');
  std::string text;
  const std::uint64_t count = 1 + Below(6);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (text_kind_ == TextKind::kAnyOctets && OneIn(4)) {
      text += Octets(1 + Below(3));
    } else {
      text += kPieces[Below(kPieces.size())];
    }
  }
  if (OneIn(20)) text += '\0';
  return text;
}

std::string RandomSource::Key() {
  static constexpr auto kKeys = std::to_array<std::string_view>(
      {"service.name", "http.method", "http.status_code", "a", "b", "", "key with \"quotes\""});
  return OneIn(8) ? Text() : std::string(kKeys[Below(kKeys.size())]);
}

std::uint64_t RandomSource::Number() {
  static constexpr auto kEdges = std::to_array<std::uint64_t>(
      {0, 1, 127, 128, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 1ull << 53,
       (1ull << 53) + 1, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF,
       1'660'000'000'123'456'789});
  return OneIn(3) ? Next() >> Below(64) : kEdges[Below(kEdges.size())];
}

double RandomSource::Real() {
  using Limits = std::numeric_limits<double>;
  static constexpr auto kEdges = std::to_array<double>(
      {0.0, -0.0, 1.0, -2.5, 0.1, 1e300, Limits::max(), Limits::min(), Limits::denorm_min(),
       Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), 9007199254740993.0});
  if (!OneIn(3)) return kEdges[Below(kEdges.size())];
  // JSON knows one NaN only.
  const double any = std::bit_cast<double>(Next());
  return any == any ? any : 1.5;
}

}  // namespace clew::wire::otlp::testing
