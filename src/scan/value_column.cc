#include "scan/value_column.h"

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "model/service_name.h"
#include "scan/kernels.h"
#include "scan/resource_services.h"

namespace clew::scan {
namespace {

using expr::Field;
using model::ValueType;
using EmptyText = ValueColumn::EmptyText;

template <typename T>
constexpr bool kIsNumber = std::is_integral_v<T>;

/// Texts that are made here, all in one piece of memory.
struct OwnedTexts {
  std::string memory;
  std::vector<std::string_view> texts;
};

/// Ids as hex; of a zero id, which means none, an empty text.
template <typename Id>
Column AsHex(const Column& ids) {
  constexpr std::size_t kDigits = sizeof(Id) * 2;
  const std::span<const Id> all = ids.all<Id>();
  struct Kept {
    OwnedTexts owned;
    std::shared_ptr<const void> rows;
  };
  auto kept = std::make_shared<Kept>();
  kept->rows = ids.kept;
  auto& [memory, texts] = kept->owned;
  memory.reserve(all.size() * kDigits);
  for (const Id& id : all) memory += id.ToHex();
  texts.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    texts.push_back(all[i].is_zero() ? std::string_view()
                                     : std::string_view(memory).substr(i * kDigits, kDigits));
  }
  Column column = ids;
  column.values = std::span<const std::string_view>(texts);
  column.kept = std::move(kept);
  return column;
}

Result<ColumnPtr> IdsAsHex(const SpanSource& source, Field field) {
  ASSIGN_OR_RETURN(const ColumnPtr ids, source.Field(field));
  const bool is_trace_id = std::holds_alternative<std::span<const TraceId>>(ids->values);
  return std::make_shared<const Column>(is_trace_id ? AsHex<TraceId>(*ids) : AsHex<SpanId>(*ids));
}

Result<ColumnPtr> FindServices(const SpanSource& source) {
  ASSIGN_OR_RETURN(ResourceServices services, ServicesOf(source));
  struct Kept {
    std::vector<std::string> names;
    std::vector<std::string_view> texts;
  };
  auto kept = std::make_shared<Kept>();
  kept->names = std::move(services.names);
  kept->texts.assign(kept->names.begin(), kept->names.end());
  auto column = std::make_shared<Column>();
  column->values = std::span<const std::string_view>(kept->texts);
  column->kept = std::move(kept);
  column->lost = services.lost.Rows();
  return column;
}

Result<ValueColumn> FindField(const SpanSource& source, Field field) {
  ValueColumn found{.type = ValueType::kString};
  switch (expr::InfoOf(field).kind) {
    case expr::FieldKind::kText:
      found.empty_text = field == Field::kName ? EmptyText::kUnnamedSpan : EmptyText::kAbsent;
      break;
    case expr::FieldKind::kId:
      found.empty_text = EmptyText::kAbsent;
      break;
    case expr::FieldKind::kWord:
      found.words = expr::WordsOf(field);
      break;
    case expr::FieldKind::kTime:
    case expr::FieldKind::kDuration:
      found.type = ValueType::kInt;
      break;
  }
  if (field == Field::kService) {
    ASSIGN_OR_RETURN(found.column, FindServices(source));
  } else if (expr::InfoOf(field).kind == expr::FieldKind::kId) {
    ASSIGN_OR_RETURN(found.column, IdsAsHex(source, field));
  } else {
    ASSIGN_OR_RETURN(found.column, source.Field(field));
  }
  return found;
}

/// Asked for rows that ascend.
class LostRows {
 public:
  explicit LostRows(const Column& column) : next_(column.lost.begin()), end_(column.lost.end()) {}
  bool Has(std::uint32_t row) {
    while (next_ != end_ && *next_ < row) ++next_;
    return next_ != end_ && *next_ == row;
  }

 private:
  std::vector<std::uint32_t>::const_iterator next_;
  std::vector<std::uint32_t>::const_iterator end_;
};

}  // namespace

void AddLostRows(const Column& column, RowSet* rows) {
  if (column.is_lost) rows->Unite(RowSet(rows->row_count(), RowSet::Fill::kAll));
  for (const std::uint32_t row : column.lost) rows->Add(row);
}

StoredValue ValueColumn::ValueOf(std::string_view text) const {
  if (empty_text == EmptyText::kUnnamedSpan) text = model::OperationName(text);
  return {.type = type, .text = text};
}

StoredValue ValueColumn::ValueOf(std::int64_t number) const {
  if (words.empty()) return {.type = type, .number = number};
  const bool is_known = number >= 0 && std::cmp_less(number, words.size());
  return {.type = type, .text = words[is_known ? static_cast<std::size_t>(number) : 0]};
}

StoredValue ValueColumn::ValueAt(std::size_t position) const {
  return std::visit(
      [&](const auto& all) -> StoredValue {
        using Held = std::decay_t<decltype(all)>;
        if constexpr (std::is_same_v<Held, CodedTexts>) {
          return ValueOf(all.At(position));
        } else if constexpr (std::is_same_v<Held, Texts>) {
          return ValueOf(all[position]);
        } else if constexpr (std::is_same_v<Held, Presence>) {
          return {.type = type};
        } else if constexpr (kIsNumber<typename Held::value_type>) {
          return ValueOf(static_cast<std::int64_t>(all[position]));
        } else {
          return {};  // ids are compared as hex
        }
      },
      column->values);
}

Status ValueColumn::ForEach(
    const SpanSource& source,
    const std::function<void(std::uint32_t, const StoredValue&)>& visit) const {
  const std::size_t count = column->count();
  Pace pace(source);
  LostRows lost(*column);
  for (std::size_t i = 0; i < count; ++i) {
    TRY(pace.Step());
    if (lost.Has(column->RowOf(i))) continue;
    const StoredValue value = ValueAt(i);
    if (IsThere(value)) visit(column->RowOf(i), value);
  }
  return {};
}

Status ValueColumn::AddTo(const SpanSource& source, const ValueTest& test, Truth* truth) const {
  if (column->lost.empty()) {
    TRY(AddPassing(source, test, &truth->holds));
  } else {
    // What stands in the place of a lost value is a guess; another column may know better.
    RowSet lost(truth->holds.row_count(), RowSet::Fill::kNone);
    AddLostRows(*column, &lost);
    RowSet passing(truth->holds.row_count(), RowSet::Fill::kNone);
    TRY(AddPassing(source, test, &passing));
    passing.Subtract(lost);
    truth->holds.Unite(passing);
  }
  AddLostRows(*column, &truth->unknown);
  return {};
}

Status ValueColumn::AddPassing(const SpanSource& source, const ValueTest& test,
                               RowSet* rows) const {
  Pace pace(source);
  return std::visit(
      [&](const auto& all) {
        using Held = std::decay_t<decltype(all)>;
        if constexpr (std::is_same_v<Held, CodedTexts>) {
          return AddPassing(all, test, &pace, rows);
        } else if constexpr (std::is_same_v<Held, Presence>) {
          return AddEachPassing(test, &pace, rows);
        } else if constexpr (kIsNumber<typename Held::value_type>) {
          return AddPassing(all, test, &pace, rows);
        } else {
          return AddEachPassing(test, &pace, rows);
        }
      },
      column->values);
}

Status ValueColumn::AddPassing(const CodedTexts& texts, const ValueTest& test, Pace* pace,
                               RowSet* rows) const {
  std::vector<std::uint8_t> holds;
  holds.reserve(texts.dictionary.size());
  std::uint8_t is_any = 0;
  for (const std::string_view text : texts.dictionary) {
    TRY(pace->Step(text.size()));
    holds.push_back(static_cast<std::uint8_t>(Passes(ValueOf(text), test)));
    is_any |= holds.back();
  }
  if (is_any == 0) return {};
  std::visit(
      [&](const auto& codes) {
        AddRows(column->rows, codes.size(), [&](std::size_t i) { return holds[codes[i]]; }, rows);
      },
      texts.codes);
  return {};
}

template <typename Number>
Status ValueColumn::AddPassing(std::span<const Number> numbers, const ValueTest& test, Pace* pace,
                               RowSet* rows) const {
  const auto holds_for = [&](std::int64_t number) {
    return static_cast<std::uint8_t>(Passes(ValueOf(number), test));
  };
  if (!words.empty()) {
    std::vector<std::uint8_t> holds;
    for (std::size_t i = 0; i < words.size(); ++i) {
      holds.push_back(holds_for(static_cast<std::int64_t>(i)));
    }
    AddRows(
        column->rows, numbers.size(),
        [&](std::size_t i) {
          const bool is_known = numbers[i] >= 0 && std::cmp_less(numbers[i], holds.size());
          return holds[is_known ? static_cast<std::size_t>(numbers[i]) : 0];
        },
        rows);
  } else if (type == ValueType::kBool) {
    const std::uint8_t holds[] = {holds_for(0), holds_for(1)};
    AddRows(
        column->rows, numbers.size(), [&](std::size_t i) { return holds[numbers[i] != 0]; }, rows);
  } else if (type == ValueType::kInt && test.ints) {
    const IntRange range = *test.ints;
    AddRows(
        column->rows, numbers.size(),
        [&](std::size_t i) {
          const auto number = static_cast<std::int64_t>(numbers[i]);
          return static_cast<unsigned>(number >= range.least) &
                 static_cast<unsigned>(number <= range.most);
        },
        rows);
  } else {
    return AddEachPassing(test, pace, rows);
  }
  return {};
}

Status ValueColumn::AddEachPassing(const ValueTest& test, Pace* pace, RowSet* rows) const {
  const std::size_t count = column->count();
  for (std::size_t i = 0; i < count; ++i) {
    const StoredValue value = ValueAt(i);
    TRY(pace->Step(value.text.size()));
    if (Passes(value, test)) rows->Add(column->RowOf(i));
  }
  return {};
}

Result<std::vector<ValueColumn>> FindColumns(const SpanSource& source,
                                             const expr::Reference& reference, model::Owner owner) {
  std::vector<ValueColumn> found;
  if (reference.field) {
    ASSIGN_OR_RETURN(ValueColumn column, FindField(source, *reference.field));
    found.push_back(std::move(column));
    return found;
  }
  ASSIGN_OR_RETURN(const auto columns, source.Attribute(owner, reference.key));
  for (const ColumnPtr& column : columns) found.push_back({column, column->type});
  return found;
}

}  // namespace clew::scan
