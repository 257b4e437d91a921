#include "scan/value_column.h"

#include <cstddef>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "model/service_name.h"
#include "scan/kernels.h"
#include "scan/pace.h"
#include "scan/resource_services.h"

namespace clew::scan {
namespace {

using Column;
using SpanField;
using SpanSource;
using expr::Field;
using model::ValueType;
using EmptyText = ValueColumn::EmptyText;

ValueColumn Texts(std::vector<std::string_view> texts, std::vector<Bytes> memory) {
  auto column = std::make_shared<Column>();
  column->texts = std::move(texts);
  column->memory = std::move(memory);
  return {std::move(column), ValueType::kString, EmptyText::kAbsent};
}

ValueColumn Numbers(std::vector<std::int64_t> numbers) {
  auto column = std::make_shared<Column>();
  column->numbers = std::move(numbers);
  return {std::move(column), ValueType::kInt};
}

/// Ids as hex, all in one piece of memory; of a zero id, which means none, an empty text.
template <typename Id>
ValueColumn IdTexts(const std::vector<Id>& ids) {
  constexpr std::size_t kDigits = sizeof(Id) * 2;
  std::string digits;
  digits.reserve(ids.size() * kDigits);
  for (const Id& id : ids) digits += id.ToHex();
  Bytes memory(std::move(digits));
  std::vector<std::string_view> texts;
  texts.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    texts.push_back(ids[i].is_zero() ? std::string_view()
                                     : memory.view().substr(i * kDigits, kDigits));
  }
  return Texts(std::move(texts), {std::move(memory)});
}

std::int64_t WrappingDifference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

ValueColumn TimesSinceStart(const model::SpanColumns& columns) {
  std::vector<std::int64_t> offsets(columns.events.count());
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    offsets[i] =
        WrappingDifference(columns.events.times[i], columns.starts[columns.events.span_rows[i]]);
  }
  return Numbers(std::move(offsets));
}

/// Of which nothing is known.
ValueColumn Lost(ValueType type) {
  auto column = std::make_shared<Column>();
  column->is_lost = true;
  return {std::move(column), type};
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
  if (column->is_coded) return ValueOf(column->dictionary[column->codes[position]]);
  if (!column->texts.empty()) return ValueOf(column->texts[position]);
  if (!column->numbers.empty()) return ValueOf(column->numbers[position]);
  return {.type = type};
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
  const auto passes = [&](const StoredValue& value) {
    return static_cast<std::uint8_t>(IsThere(value) && test.holds(value));
  };
  if (column->is_coded || !words.empty()) {
    const std::size_t entry_count = column->is_coded ? column->dictionary.size() : words.size();
    std::vector<std::uint8_t> holds;
    holds.reserve(entry_count);
    std::uint8_t is_any = 0;
    for (std::size_t i = 0; i < entry_count; ++i) {
      TRY(pace.Step());
      holds.push_back(passes(ValueOf(column->is_coded ? column->dictionary[i] : words[i])));
      is_any |= holds.back();
    }
    if (is_any == 0) return {};
    if (column->is_coded) {
      const std::span codes(column->codes);
      AddRows(column->rows, codes.size(), [&](std::size_t i) { return holds[codes[i]]; }, rows);
    } else {
      const std::span numbers(column->numbers);
      const auto holds_for = [&](std::int64_t number) {
        return holds[std::cmp_less(static_cast<std::uint64_t>(number), entry_count)
                         ? static_cast<std::size_t>(number)
                         : 0];
      };
      AddRows(
          column->rows, numbers.size(), [&](std::size_t i) { return holds_for(numbers[i]); }, rows);
    }
    return {};
  }
  if (type == ValueType::kBool) {
    const std::uint8_t holds[] = {passes(ValueOf(std::int64_t{0})),
                                  passes(ValueOf(std::int64_t{1}))};
    const std::span numbers(column->numbers);
    AddRows(
        column->rows, numbers.size(), [&](std::size_t i) { return holds[numbers[i] != 0]; }, rows);
    return {};
  }
  if (type == ValueType::kInt && test.ints) {
    const IntRange range = *test.ints;
    const std::span numbers(column->numbers);
    AddRows(
        column->rows, numbers.size(),
        [&](std::size_t i) {
          return static_cast<unsigned>(numbers[i] >= range.least) &
                 static_cast<unsigned>(numbers[i] <= range.most);
        },
        rows);
    return {};
  }
  for (std::size_t i = 0; i < column->count(); ++i) {
    TRY(pace.Step());
    if (passes(ValueAt(i)) != 0) rows->Add(column->RowOf(i));
  }
  return {};
}

Result<std::vector<ValueColumn>> ValueColumns::Find(const expr::Reference& reference,
                                                    model::Owner owner) {
  std::vector<ValueColumn> found;
  if (reference.field) {
    ASSIGN_OR_RETURN(ValueColumn column, FindField(*reference.field));
    found.push_back(std::move(column));
    return found;
  }
  ASSIGN_OR_RETURN(const auto columns, source_.Attribute(owner, reference.key));
  for (const ColumnPtr& column : columns) found.push_back({column, column->type});
  return found;
}

Result<ValueColumn> ValueColumns::FindField(Field field) {
  const ValueColumn text{.type = ValueType::kString, .empty_text = EmptyText::kAbsent};
  switch (field) {
    case Field::kService:
      return FindServices();
    case Field::kName:
      return FromScan(SpanField::kName,
                      {.type = ValueType::kString, .empty_text = EmptyText::kUnnamedSpan});
    case Field::kTraceState:
      return FromScan(SpanField::kTraceState, text);
    case Field::kStatusMessage:
      return FromScan(SpanField::kStatusMessage, text);
    case Field::kScopeName:
      return FromScan(SpanField::kScopeName, text);
    case Field::kScopeVersion:
      return FromScan(SpanField::kScopeVersion, text);
    case Field::kEventName:
      return FromScan(SpanField::kEventName, text);
    case Field::kKind:
      return FromScan(SpanField::kKind,
                      {.type = ValueType::kString, .words = expr::WordsOf(field)});
    case Field::kStatus:
      return FromScan(SpanField::kStatusCode,
                      {.type = ValueType::kString, .words = expr::WordsOf(field)});
    case Field::kStart:
      return FromScan(SpanField::kStart, {.type = ValueType::kInt});
    case Field::kEnd:
      return FromScan(SpanField::kEnd, {.type = ValueType::kInt});
    case Field::kDuration:
      return FromScan(SpanField::kDuration, {.type = ValueType::kInt});
    case Field::kTraceId: {
      std::vector<std::uint32_t> rows(source_.stats().span_count);
      std::iota(rows.begin(), rows.end(), 0u);
      ASSIGN_OR_RETURN(const std::vector<TraceId> ids, source_.TraceIds(rows));
      return IdTexts(ids);
    }
    default:
      return FromAll(field);
  }
}

Result<ValueColumn> ValueColumns::FindServices() const {
  ASSIGN_OR_RETURN(ResourceServices services, ServicesOf(source_));
  auto column = std::make_shared<Column>();
  for (std::string& name : services.names) {
    column->memory.emplace_back(std::move(name));
    column->texts.push_back(column->memory.back().view());
  }
  column->lost = services.lost.Rows();
  return ValueColumn{std::move(column), ValueType::kString, EmptyText::kAbsent};
}

Result<ValueColumn> ValueColumns::FromScan(SpanField field, ValueColumn column) const {
  ASSIGN_OR_RETURN(column.column, source_.Field(field));
  return column;
}

Result<ValueColumn> ValueColumns::FromAll(Field field) {
  const bool is_of_tree = field == Field::kSpanId || field == Field::kParentSpanId;
  ASSIGN_OR_RETURN(const model::SpanColumnsPtr all,
                   All(is_of_tree ? ReadExtent::kTree : ReadExtent::kAll));
  if (all == nullptr) return Lost(ValueType::kString);
  switch (field) {
    case Field::kSpanId:
      return IdTexts(all->span_ids);
    case Field::kParentSpanId:
      return IdTexts(all->parent_span_ids);
    case Field::kResourceSchemaUrl:
      return Texts(all->resources.schema_urls, all->memory);
    case Field::kScopeSchemaUrl:
      return Texts(all->scopes.schema_urls, all->memory);
    case Field::kEventTime:
      return Numbers(all->events.times);
    case Field::kEventTimeSinceStart:
      return TimesSinceStart(*all);
    case Field::kLinkTraceId:
      return IdTexts(all->links.trace_ids);
    case Field::kLinkSpanId:
      return IdTexts(all->links.span_ids);
    case Field::kLinkTraceState:
      return Texts(all->links.trace_states, all->memory);
    default:
      return Internal("{} is not read from spans", expr::InfoOf(field).name);
  }
}

Result<model::SpanColumnsPtr> ValueColumns::All(ReadExtent extent) {
  const auto known = all_.find(extent);
  if (known != all_.end()) return known->second;
  bool is_damaged = false;
  const auto note = [&is_damaged](const Error&) { is_damaged = true; };
  // Its rows are those of the source when nothing is damaged.
  ASSIGN_OR_RETURN(model::SpanColumnsPtr all, source_.PastDamage(note, {})->ReadAll(extent));
  if (is_damaged) all.reset();
  return all_[extent] = std::move(all);
}

}  // namespace clew::scan
