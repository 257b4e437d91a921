#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "model/value.h"
#include "scan/span_source.h"
#include "scan/truth.h"

/// The tables of one source, and which rows of one belong to those of another.
namespace clew::scan {

/// How many rows the table of `owner` has.
std::size_t RowCountOf(const SpanSource& source, model::Owner owner);

/// What is known of the rows of `table` by what is known of those of `owner`: it holds for a row
/// when it does for one that belongs to it. Unknown where it is lost which rows belong together,
/// unless none of them would do.
Result<Truth> Lift(const SpanSource& source, model::Owner owner, const Truth& of_owner,
                   model::Owner table);

/// The rows of `table` of which it is lost which rows of `owner` are theirs: all of them when an
/// event or link has lost its span.
Result<RowSet> RowsWithLost(const SpanSource& source, model::Owner owner, model::Owner table);

/// Calls visit(row of the table, row of the owner) for all that belong together.
Status ForEachPair(const SpanSource& source, model::Owner owner, model::Owner table,
                   const std::function<void(std::uint32_t, std::uint32_t)>& visit);

}  // namespace clew::scan
