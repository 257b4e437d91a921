#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/number.h"

namespace clew::traceql::evaluate::testing {

/// So many cases a property is tried on. For a long run: CLEW_TRACEQL_CASES=1000000.
inline std::uint64_t CaseCount() {
  const char* const text = std::getenv("CLEW_TRACEQL_CASES");
  return text == nullptr ? 2000 : base::ParseNumber<std::uint64_t>(text).value();
}

}  // namespace clew::traceql::evaluate::testing
