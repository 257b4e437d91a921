#include "model/edit_attributes.h"

#include <algorithm>
#include <string>
#include <utility>

namespace clew::model {
namespace {

// Makes an attribute column value after value, in the order of rows.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(const AttributeColumn& column) : from_(column) {
    out_.owner = column.owner;
    out_.type = column.type;
    out_.key = column.key;
  }

  void Reserve(std::size_t count) {
    out_.rows.reserve(count);
    if (HoldsText(from_.type)) {
      out_.strings.reserve(count);
    } else if (from_.type != ValueType::kEmpty) {
      out_.numbers.reserve(count);
    }
  }
  // The values of the column at [begin, end).
  void Keep(std::size_t begin, std::size_t end) {
    const auto append = [&](const auto& from, auto& to) {
      if (!from.empty()) to.Append(std::span(from).subspan(begin, end - begin));
    };
    append(from_.rows, out_.rows);
    append(from_.strings, out_.strings);
    append(from_.numbers, out_.numbers);
  }
  void Add(std::uint32_t row, const ColumnValue& value) {
    out_.rows.push_back(row);
    if (HoldsText(value.type)) {
      out_.strings.push_back(value.text);
    } else if (value.type != ValueType::kEmpty) {
      out_.numbers.push_back(value.number);
    }
  }

  AttributeColumn Take() { return std::move(out_); }

 private:
  const AttributeColumn& from_;
  AttributeColumn out_;
};

// Where the values of `row` or later begin, at or after `begin`.
std::size_t Find(const AttributeColumn& column, std::uint32_t row, std::size_t begin) {
  // Mostly it is near.
  const std::size_t near_end = std::min(begin + 8, column.count());
  for (; begin < near_end; ++begin) {
    if (column.rows[begin] >= row) return begin;
  }
  const std::span<const std::uint32_t> rest = std::span(column.rows).subspan(begin);
  const auto found = std::ranges::lower_bound(rest, row);
  return begin + static_cast<std::size_t>(found - rest.begin());
}

// The column without the values of these rows, and with `value` for each of them instead, if given.
AttributeColumn Replace(const AttributeColumn& column, std::span<const std::uint32_t> rows,
                        const ColumnValue* value) {
  ColumnBuilder builder(column);
  builder.Reserve(column.count() + (value != nullptr ? rows.size() : 0));
  std::size_t next = 0;
  for (const std::uint32_t row : rows) {
    const std::size_t found = Find(column, row, next);
    if (found != next) builder.Keep(next, found);
    next = Find(column, row + 1, found);
    if (value != nullptr) builder.Add(row, *value);
  }
  if (next != column.count()) builder.Keep(next, column.count());
  return builder.Take();
}

bool HasAny(const AttributeColumn& column, std::span<const std::uint32_t> rows) {
  std::size_t next = 0;
  for (const std::uint32_t row : rows) {
    next = Find(column, row, next);
    if (next == column.count()) return false;
    if (column.rows[next] == row) return true;
  }
  return false;
}

// Key and text are copied into the memory of the batch.
AttributeColumn EmptyColumn(Owner owner, std::string_view key, ValueType type,
                            SpanColumns* columns) {
  columns->memory.emplace_back(std::string(key));
  AttributeColumn column;
  column.owner = owner;
  column.type = type;
  column.key = columns->memory.back().view();
  return column;
}

template <typename IsKept>
void RemoveWhere(Owner owner, std::string_view key, std::span<const std::uint32_t> rows,
                 IsKept is_kept, SpanColumns* columns) {
  for (AttributeColumn& column : columns->attributes) {
    if (column.owner != owner || column.key != key || is_kept(column)) continue;
    if (HasAny(column, rows)) column = Replace(column, rows, nullptr);
  }
  std::erase_if(columns->attributes,
                [](const AttributeColumn& column) { return column.rows.empty(); });
}

}  // namespace

void SetAttribute(Owner owner, std::string_view key, const ColumnValue& value,
                  std::span<const std::uint32_t> rows, SpanColumns* columns) {
  if (rows.empty()) return;
  const auto has_type = [&](const AttributeColumn& column) { return column.type == value.type; };
  RemoveWhere(owner, key, rows, has_type, columns);
  ColumnValue kept = value;
  if (HoldsText(value.type)) {
    columns->memory.emplace_back(std::string(value.text));
    kept.text = columns->memory.back().view();
  }
  const auto is_target = [&](const AttributeColumn& column) {
    return column.owner == owner && column.key == key && has_type(column);
  };
  const auto target = std::ranges::find_if(columns->attributes, is_target);
  if (target != columns->attributes.end()) {
    *target = Replace(*target, rows, &kept);
  } else {
    AttributeColumn added = EmptyColumn(owner, key, value.type, columns);
    columns->attributes.push_back(Replace(added, rows, &kept));
  }
}

void AddValues(Owner owner, std::string_view key, ValueType type, std::span<const RowValue> values,
               SpanColumns* columns) {
  if (values.empty()) return;
  const auto is_target = [&](const AttributeColumn& column) {
    return column.owner == owner && column.key == key && column.type == type;
  };
  auto target = std::ranges::find_if(columns->attributes, is_target);
  if (target == columns->attributes.end()) {
    columns->attributes.push_back(EmptyColumn(owner, key, type, columns));
    target = columns->attributes.end() - 1;
  }
  ColumnBuilder builder(*target);
  builder.Reserve(target->count() + values.size());
  std::size_t next = 0;
  for (const RowValue& value : values) {
    const std::size_t end = Find(*target, value.row + 1, next);
    if (end != next) builder.Keep(next, end);
    next = end;
    builder.Add(value.row, {type, value.text, value.number});
  }
  if (next != target->count()) builder.Keep(next, target->count());
  *target = builder.Take();
}

std::vector<RowValue> MadeTexts::Give(SpanColumns* columns) && {
  if (values_.empty()) return {};
  columns->memory.emplace_back(std::move(all_));
  std::string_view rest = columns->memory.back().view();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i].text = rest.substr(0, sizes_[i]);
    rest.remove_prefix(sizes_[i]);
  }
  return std::move(values_);
}

void RemoveValues(const std::vector<bool>& is_removed, AttributeColumn* column) {
  if (std::ranges::find(is_removed, true) == is_removed.end()) return;
  ColumnBuilder builder(*column);
  for (std::size_t begin = 0; begin < column->count();) {
    std::size_t end = begin;
    while (end < column->count() && !is_removed[end]) ++end;
    if (begin != end) builder.Keep(begin, end);
    begin = end + 1;
  }
  *column = builder.Take();
}

void RemoveAttribute(Owner owner, std::string_view key, std::span<const std::uint32_t> rows,
                     SpanColumns* columns) {
  RemoveWhere(owner, key, rows, [](const AttributeColumn&) { return false; }, columns);
}

}  // namespace clew::model
