#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/filter.h"
#include "query/row_set.h"
#include "storage/span_source.h"

namespace clew::query {

/// Whose table the values of a level lie in; the span's for kSpanOrResource.
model::Owner OwnerOf(FilterLevel level);

/// One stored value, as a filter sees it.
struct FilterValue {
  model::ValueType type = model::ValueType::kEmpty;
  std::string_view text{};  // as in a column: arrays and lists encoded
  std::int64_t number = 0;  // as in a column: doubles by their bits
};

/// Values of one type of what a reference names at one level.
struct FilterColumn {
  storage::ScanColumnPtr column{};
  model::ValueType type = model::ValueType::kEmpty;
  /// Of a field: an empty text says that there is none.
  bool is_empty_absent = false;

  /// Calls visit(row, value) for each value that is there, and of no row that has lost one; rows
  /// are those of the level's table. Errors are those of source.Check().
  Status ForEach(const storage::SpanSource& source,
                 const std::function<void(std::uint32_t, const FilterValue&)>& visit) const;
  /// Adds the rows with a value for which the test holds, which is asked once for each entry of a
  /// dictionary. Those that have lost one are left out.
  Status AddIf(const storage::SpanSource& source,
               const std::function<bool(const FilterValue&)>& test, RowSet* rows) const;
};

/// Finds the columns of references in one source. What a scan does not offer is read as a whole,
/// once.
class FilterColumns {
 public:
  /// `source` outlives it.
  explicit FilterColumns(const storage::SpanSource& source) : source_(source) {}

  /// `level` is one of the reference's own, never kSpanOrResource.
  Result<std::vector<FilterColumn>> Find(const FilterReference& reference, FilterLevel level);

 private:
  Result<FilterColumn> FindField(FilterField field, FilterLevel level);
  Result<FilterColumn> FindServices() const;
  Result<FilterColumn> FindOperations() const;
  Result<FilterColumn> FindSpanField(FilterField field);
  Result<FilterColumn> FromScan(storage::SpanField field, model::ValueType type) const;
  Result<FilterColumn> FindWords(storage::SpanField field,
                                 const std::vector<std::string_view>& words) const;
  /// Null when something of it is damaged: which values are not what they were is not told.
  Result<model::SpanColumnsPtr> All(storage::ReadExtent extent);

  const storage::SpanSource& source_;
  /// By extent.
  std::map<storage::ReadExtent, model::SpanColumnsPtr> all_;
};

/// -1, 0 or 1; nothing when the two are of kinds that do not compare, or differ and have no order,
/// like booleans, bytes, arrays and lists.
std::optional<int> Compare(const FilterValue& left, const FilterValue& right);
std::optional<int> Compare(const FilterValue& value, const FilterConstant& constant);
/// Text as it is; arrays, lists and bytes as people write them.
std::string TextOf(const FilterValue& value);

}  // namespace clew::query
