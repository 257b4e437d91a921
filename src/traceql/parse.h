#pragma once

#include <cstddef>
#include <string_view>

#include "base/vocabulary.h"
#include "traceql/query.h"

namespace clew::traceql {

inline constexpr std::size_t kQueryBytesMax = 128 << 10;

/// The tree of a query in TraceQL, as it is written. Whether its types are right says Check.
///
/// INVALID_ARGUMENT, `invalid TraceQL query: parse error at line 1, col 3: …`, says what was found
/// there, what may stand there, and for unknown words which known one may have been meant.
///
/// There is no operator that ignores case: the regular expression of `=~` does, with (?i).
Result<Query> Parse(std::string_view text, std::size_t bytes_max = kQueryBytesMax);

}  // namespace clew::traceql
