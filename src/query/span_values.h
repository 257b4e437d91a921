#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "scan/span_source.h"
#include "traceql/attribute.h"
#include "traceql/evaluate/value.h"
#include "traceql/naming.h"

namespace clew::query {

/// The values of an attribute for all spans of a source, each value as a number: of a dictionary
/// that is its place there, so that no text is looked at for a span. Values may repeat. What is
/// lost to damage is not there.
struct CodedValues {
  traceql::evaluate::Value Of(std::size_t row) const { return values[codes[row]]; }
  /// Under which of its names the row has the attribute, when it has one.
  const std::string& NameOf(std::size_t row) const {
    const auto next = std::ranges::upper_bound(names, codes[row], {}, &Named::first_code);
    return std::prev(next)->name;
  }

  /// An attribute's name, and the first of the codes of values that are there under it.
  struct Named {
    std::uint32_t first_code;
    std::string name;
  };

  /// By span.
  std::vector<std::uint32_t> codes;
  /// By code; views into what is kept. The first ones are nil.
  std::vector<traceql::evaluate::Value> values;
  std::vector<scan::ColumnPtr> kept{};
  /// By code; none of intrinsics.
  std::vector<Named> names{};
};

/// Rows of a table, in any order; nothing: all.
using AskedRows = std::optional<std::span<const std::uint32_t>>;

/// `attribute` is one of the span, its resource or instrumentation, or an intrinsic of the span
/// alone, as in a traceql::metrics::ScanPlan. As traceql::evaluate::FieldReader reads it: the first
/// name under which it is there counts, and of a key with several values the first of the least
/// type that a query can see. Of few `asked` rows it is much faster; others may be nil then.
Result<CodedValues> ReadCoded(const scan::SpanSource& source, const traceql::Attribute& attribute,
                              traceql::Naming naming, AskedRows asked = std::nullopt);

/// The same of an attribute of `owner`, by row of its table.
Result<CodedValues> ReadOwned(const scan::SpanSource& source, model::Owner owner,
                              std::string_view key, AskedRows asked = std::nullopt);

/// The same, but for texts, of which it is only known that they are there: true in their place.
Result<CodedValues> ReadOwnedRows(const scan::SpanSource& source, model::Owner owner,
                                  std::string_view key, AskedRows asked);

/// The same of the names of events, by row of their table.
Result<CodedValues> ReadEventNames(const scan::SpanSource& source);

/// The same of the tracestates of spans.
Result<CodedValues> ReadTraceStates(const scan::SpanSource& source);

/// The same as numbers, durations in nanoseconds; NaN where it is no number.
Result<std::vector<double>> ReadNumbers(const scan::SpanSource& source,
                                        const traceql::Attribute& attribute,
                                        traceql::Naming naming);

/// The numbers of a column, however they are stored; none when it has others.
std::vector<std::int64_t> NumbersOf(const scan::Column& column);

}  // namespace clew::query
