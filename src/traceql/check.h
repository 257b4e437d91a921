#pragma once

#include <cstddef>

#include "base/vocabulary.h"
#include "traceql/query.h"

namespace clew::traceql {

/// So many regular expressions a query may have, and of so many instructions together: to compile
/// them takes time, a microsecond or two for an instruction.
inline constexpr int kPatternsMax = 64;
inline constexpr std::size_t kPatternProgramMax = 100'000;

/// What of that has been used.
struct PatternsUsed {
  int patterns = 0;
  std::size_t program_size = 0;
};

/// What is known of the values of the expression before it runs.
Type TypeOf(const FieldExpression& expression);

/// OK when operators have operands of types that they take and everything has a meaning: it can be
/// evaluated. Else INVALID_ARGUMENT, `invalid TraceQL query: …`, which shows the part that is
/// wrong.
///
/// Of what Tempo does not support `parent` alone is refused here too.
Status Check(const Query& query);
/// Of a filter alone. Of several, whose regular expressions count together with what has been used.
Status CheckFilter(const FieldExpression& filter);
Status CheckFilter(const FieldExpression& filter, PatternsUsed* used);

}  // namespace clew::traceql
