#pragma once

#include <cstddef>
#include <string_view>

#include "base/vocabulary.h"
#include "traceql/static.h"

namespace clew::traceql {

/// Of the number, with its unit, that `text` begins with: everything that is directly behind it.
std::size_t NumberLength(std::string_view text);

/// A whole number, a float, or a duration: as Prometheus writes them (`1d12h`; `ms s m h d w y`, a
/// year of 365 days), else as Go does (`1h15m30.9s`). INVALID_ARGUMENT when it is none of these or
/// does not fit.
Result<Static> ParseNumber(std::string_view text);

}  // namespace clew::traceql
