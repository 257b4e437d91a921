#include "storage/format/overflow_columns.h"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "wire/otlp/json_text.h"

namespace clew::storage {
namespace {

using OverflowPtr = std::shared_ptr<const OverflowColumns>;

// Null when there is none, or it is lost.
Result<OverflowPtr> ReadOverflow(const ColumnReader& reader, Damage* damage) {
  Result<OverflowPtr> overflow = reader.Overflow();
  if (overflow.has_value() || overflow.error().code != Code::kDataLoss) return overflow;
  damage->push_back(std::move(overflow).error());
  return OverflowPtr();
}

// An overflow column as a scan column; its views need `columns` alive.
scan::ColumnPtr FromOverflow(const OverflowColumn& overflow,
                             const std::shared_ptr<const OverflowColumns>& columns) {
  scan::Column column{.type = overflow.type,
                      .rows = overflow.rows,
                      .values = scan::Presence{overflow.rows.size()},
                      .kept = columns};
  if (!overflow.texts.empty()) column.values = std::span(overflow.texts);
  if (!overflow.numbers.empty()) column.values = std::span(overflow.numbers);
  return std::make_shared<const scan::Column>(std::move(column));
}

}  // namespace

Status AddOverflowColumns(const ColumnReader& reader, model::Owner owner, std::string_view key,
                          std::vector<scan::ColumnPtr>* columns, Damage* damage) {
  Damage lost;
  ASSIGN_OR_RETURN(const OverflowPtr overflow, ReadOverflow(reader, &lost));
  if (!lost.empty()) {
    columns->push_back(scan::LostColumn(model::ValueType::kEmpty, lost));
    damage->insert(damage->end(), lost.begin(), lost.end());
  }
  if (overflow == nullptr) return {};
  for (const OverflowColumn& column : overflow->columns) {
    if (column.owner == owner && wire::otlp::IsShownAs(column.key, key)) {
      columns->push_back(FromOverflow(column, overflow));
    }
  }
  return {};
}

Status AddOverflowCounts(const ColumnReader& reader, std::vector<scan::AttributeCount>* attributes,
                         Damage* damage) {
  ASSIGN_OR_RETURN(const OverflowPtr overflow, ReadOverflow(reader, damage));
  if (overflow == nullptr) return {};
  for (const OverflowColumn& column : overflow->columns) {
    attributes->push_back({column.owner, column.type, std::string(column.key), column.rows.size()});
  }
  return {};
}

}  // namespace clew::storage
