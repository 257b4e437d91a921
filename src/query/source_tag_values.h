#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "expr/expression.h"
#include "query/scan.h"
#include "query/tag_lists.h"
#include "scan/row_set.h"
#include "scan/span_source.h"

namespace clew::query {

/// The word for a number in a field of words; the first one for a number without a word.
std::string_view WordOf(expr::Field field, std::int64_t number);

/// The values of `tag` that are there for these spans, or without `spans` for all. What of the
/// source cannot be read is left out; errors are of the question.
Status AddValuesOf(const Scan& scan, const scan::SpanSource& source, const expr::Reference& tag,
                   const std::optional<scan::RowSet>& spans, TagValueCounts& values);

}  // namespace clew::query
