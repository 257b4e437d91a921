#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/span_columns.h"

/// Edits of a batch that is not shared yet: copy the columns, edit the copy. What an edit does not
/// touch stays shared with the original. One thread; linear in the values of the key.
namespace clew::model {

/// A value as a column holds it.
struct ColumnValue {
  ValueType type = ValueType::kEmpty;
  /// As AttributeColumn::strings and numbers; which of them counts says the type.
  std::string_view text = {};
  std::int64_t number = 0;
};

/// Gives these rows of the owner's table (ascending, each once; not those of a column of `columns`,
/// which may be replaced meanwhile) the value, and no other of that key. Key and text are copied
/// into the memory of the batch.
void SetAttribute(Owner owner, std::string_view key, const ColumnValue& value,
                  std::span<const std::uint32_t> rows, SpanColumns* columns);

/// Takes all values of the key from these rows of the owner's table (likewise).
void RemoveAttribute(Owner owner, std::string_view key, std::span<const std::uint32_t> rows,
                     SpanColumns* columns);

/// One value more of a row.
struct RowValue {
  std::uint32_t row = 0;
  std::string_view text = {};
  std::int64_t number = 0;
};
/// Gives rows of the owner's table (never descending) one value of this type more, behind those
/// that they have. The key is copied; texts are not, as many rows may share one: the memory of the
/// batch keeps them alive already.
void AddValues(Owner owner, std::string_view key, ValueType type, std::span<const RowValue> values,
               SpanColumns* columns);

/// Values of texts that are made, each for one row: what AddValues takes once they lie in memory
/// of the batch.
class MadeTexts {
 public:
  void Add(std::uint32_t row, std::string_view text) {
    values_.push_back({.row = row});
    sizes_.push_back(text.size());
    all_ += text;
  }
  /// Gives them to the batch, in one piece of memory.
  std::vector<RowValue> Give(SpanColumns* columns) &&;

 private:
  std::vector<RowValue> values_;
  std::vector<std::size_t> sizes_;
  std::string all_;
};

/// Takes the values that are marked from a column, which may become empty.
void RemoveValues(const std::vector<bool>& is_removed, AttributeColumn* column);

}  // namespace clew::model
