#pragma once

#include <string_view>

#include "query/query_service.h"
#include "query/row_set.h"
#include "storage/span_source.h"

namespace clew::query {

/// The rows of `column`'s table whose value reads as `text` (model::ValueToText; numbers compare as
/// numbers, so "1.50" finds 1.5). Errors are those of source.Check().
Status AddEqualRows(const storage::SpanSource& source, const storage::ScanColumn& column,
                    std::string_view text, RowSet* rows);

/// The same for a text field (name, scope name …).
Status AddEqualTexts(const storage::SpanSource& source, const storage::ScanColumn& column,
                     std::string_view text, RowSet* rows);

/// The rows of which `column` may have lost a value.
void AddLostRows(const storage::ScanColumn& column, RowSet* rows);

/// The spans that have the tag; see Tag for what `any` means.
Result<RowSet> MatchTag(const storage::SpanSource& source, const Tag& tag);

/// How many rows the table of `owner` has.
std::size_t RowCountOf(const storage::SpanSource& source, model::Owner owner);

/// The spans of which it is lost which rows of the owner's table are theirs: any of all spans when
/// an event or link has lost its span.
Result<RowSet> SpansWithLost(const storage::SpanSource& source, model::Owner owner);

/// The spans whose resource row (or scope row: `field`) is in `owner_rows`.
Result<RowSet> SpansOf(const storage::SpanSource& source, storage::SpanField field,
                       const RowSet& owner_rows);

}  // namespace clew::query
