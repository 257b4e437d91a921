#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/number.h"

namespace clew::traceql::evaluate::testing {

/// So many cases a property is tried on, `otherwise` unless there is to be a long run:
/// CLEW_TRACEQL_CASES=1000000.
inline std::uint64_t CaseCount(std::uint64_t otherwise = 2000) {
  const char* const text = std::getenv("CLEW_TRACEQL_CASES");
  return text == nullptr ? otherwise : base::ParseNumber<std::uint64_t>(text).value();
}

/// The number of the first of them, which is its seed. CLEW_TRACEQL_SEED=4711 goes on from there.
inline std::uint64_t FirstCase() {
  const char* const text = std::getenv("CLEW_TRACEQL_SEED");
  return text == nullptr ? 0 : base::ParseNumber<std::uint64_t>(text).value();
}

}  // namespace clew::traceql::evaluate::testing
