#pragma once

#include <optional>
#include <vector>

#include "expr/expression.h"
#include "scan/value_column.h"

namespace clew::scan {

/// In whose tables there may be values of what a reference names.
std::vector<model::Owner> OwnersOf(const expr::Reference& reference);

/// The columns of what a reference names, in the table of `owner`, which is one of those of the
/// reference. Of whole numbers those may be missing that are not in `within`.
Result<std::vector<ValueColumn>> FindColumns(const SpanSource& source,
                                             const expr::Reference& reference, model::Owner owner,
                                             const std::optional<IntRange>& within = {});

}  // namespace clew::scan
