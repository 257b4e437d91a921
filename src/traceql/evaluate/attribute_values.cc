#include "traceql/evaluate/attribute_values.h"

#include <algorithm>
#include <bit>

#include "traceql/evaluate/array_value.h"

namespace clew::traceql::evaluate {
namespace {

using model::ValueType;

Value Read(const model::AttributeColumn& column, std::size_t at) {
  switch (column.type) {
    case ValueType::kString:
      return Value::String(column.strings[at]);
    case ValueType::kBool:
      return Value::Bool(column.numbers[at] != 0);
    case ValueType::kInt:
      return Value::Int(column.numbers[at]);
    case ValueType::kDouble:
      return Value::Float(std::bit_cast<double>(column.numbers[at]));
    case ValueType::kArray:
      return ReadArray(column.strings[at]);
    case ValueType::kEmpty:
    case ValueType::kBytes:
    case ValueType::kKvList:
      break;
  }
  return {};
}

}  // namespace

void AttributeValues::Add(const model::AttributeColumn& column) {
  const auto place = std::ranges::upper_bound(
      cursors_, column.type, {}, [](const Cursor& cursor) { return cursor.column->type; });
  cursors_.insert(place, Cursor{&column});
}

std::optional<Value> AttributeValues::At(std::uint32_t row) {
  bool is_there = false;
  for (Cursor& cursor : cursors_) {
    if (!Find(row, &cursor)) continue;
    is_there = true;
    const auto& rows = cursor.column->rows;
    for (std::size_t at = cursor.at; at < rows.size() && rows[at] == row; ++at) {
      const Value value = Read(*cursor.column, at);
      if (!value.is_nil()) return value;
    }
  }
  return is_there ? std::optional(Value()) : std::nullopt;
}

bool AttributeValues::Find(std::uint32_t row, Cursor* cursor) {
  const auto& rows = cursor->column->rows;
  const auto is_first = [&](std::size_t at) {
    return at < rows.size() && rows[at] >= row && (at == 0 || rows[at - 1] < row);
  };
  if (!is_first(cursor->at)) {
    // Mostly it is the next one.
    cursor->at = is_first(cursor->at + 1)
                     ? cursor->at + 1
                     : static_cast<std::size_t>(std::ranges::lower_bound(rows, row) - rows.begin());
  }
  return cursor->at < rows.size() && rows[cursor->at] == row;
}

}  // namespace clew::traceql::evaluate
