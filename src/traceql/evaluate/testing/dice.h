#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace clew::traceql::evaluate::testing {

/// The same throws for the same seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// Below `count`, which is not 0.
  std::size_t Below(std::size_t count) { return engine_() % count; }
  bool OneIn(std::size_t count) { return Below(count) == 0; }
  std::string OneOf(const std::vector<std::string>& all) { return all[Below(all.size())]; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace clew::traceql::evaluate::testing
