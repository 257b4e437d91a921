#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "wire/otlp/testing/random_request.h"

namespace clew::wire::otlp::testing {

/// The dice of the generators. Leans to the values where mistakes live.
class RandomSource {
 public:
  RandomSource(std::uint64_t seed, TextKind text_kind) : engine_(seed), text_kind_(text_kind) {}

  std::uint64_t Next() { return engine_(); }
  /// Below `count`, which is not 0.
  std::uint64_t Below(std::uint64_t count) { return engine_() % count; }
  /// True once in `count` times.
  bool OneIn(std::uint64_t count) { return Below(count) == 0; }

  std::string Octets(std::size_t size);
  /// Often empty, mostly short, now and then longer than a length of one byte can say.
  std::string Text();
  /// Few enough that keys repeat.
  std::string Key();
  /// 0, the bounds of 32 and 64 bits, times of our days, anything.
  std::uint64_t Number();
  double Real();

 private:
  std::mt19937_64 engine_;
  const TextKind text_kind_;
};

}  // namespace clew::wire::otlp::testing
