#include "query/filter_column.h"

#include <bit>
#include <compare>
#include <memory>
#include <numeric>
#include <utility>

#include "model/service_name.h"
#include "query/pace.h"
#include "query/resource_services.h"
#include "wire/otlp/json_text.h"
#include "wire/otlp/materialize.h"

namespace clew::query {
namespace {

using model::Owner;
using model::ValueType;
using storage::ScanColumn;
using storage::SpanField;

FilterColumn Texts(std::vector<std::string_view> texts, std::vector<Bytes> memory) {
  auto column = std::make_shared<ScanColumn>();
  column->texts = std::move(texts);
  column->memory = std::move(memory);
  return {std::move(column), ValueType::kString, true};
}

FilterColumn Numbers(std::vector<std::int64_t> numbers) {
  auto column = std::make_shared<ScanColumn>();
  column->numbers = std::move(numbers);
  return {std::move(column), ValueType::kInt};
}

/// Ids as hex, all in one piece of memory; of a zero id, which means none, an empty text.
template <typename Id>
FilterColumn IdTexts(const std::vector<Id>& ids) {
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

FilterColumn TimesSinceStart(const model::SpanColumns& columns) {
  std::vector<std::int64_t> offsets(columns.events.count());
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    offsets[i] =
        WrappingDifference(columns.events.times[i], columns.starts[columns.events.span_rows[i]]);
  }
  return Numbers(std::move(offsets));
}

template <typename Number>
std::optional<int> Order(Number left, Number right) {
  const std::partial_ordering order = left <=> right;
  if (order == std::partial_ordering::unordered) return std::nullopt;
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

std::optional<int> Order(std::string_view left, std::string_view right) {
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/// Of values that have no order.
std::optional<int> EqualOrNothing(bool is_equal) {
  return is_equal ? std::optional(0) : std::nullopt;
}

bool IsNumber(ValueType type) { return type == ValueType::kInt || type == ValueType::kDouble; }

/// Asked for rows that ascend.
class LostRows {
 public:
  explicit LostRows(const ScanColumn& column)
      : next_(column.lost.begin()), end_(column.lost.end()) {}
  bool Has(std::uint32_t row) {
    while (next_ != end_ && *next_ < row) ++next_;
    return next_ != end_ && *next_ == row;
  }

 private:
  std::vector<std::uint32_t>::const_iterator next_;
  std::vector<std::uint32_t>::const_iterator end_;
};

/// Of which nothing is known.
FilterColumn Lost(ValueType type) {
  auto column = std::make_shared<ScanColumn>();
  column->is_lost = true;
  return {std::move(column), type};
}

double AsDouble(const FilterValue& value) {
  return value.type == ValueType::kDouble ? std::bit_cast<double>(value.number)
                                          : static_cast<double>(value.number);
}

}  // namespace

Owner OwnerOf(FilterLevel level) {
  switch (level) {
    case FilterLevel::kResource:
      return Owner::kResource;
    case FilterLevel::kScope:
      return Owner::kScope;
    case FilterLevel::kEvent:
      return Owner::kEvent;
    case FilterLevel::kLink:
      return Owner::kLink;
    default:
      return Owner::kSpan;
  }
}

Status FilterColumn::ForEach(
    const storage::SpanSource& source,
    const std::function<void(std::uint32_t, const FilterValue&)>& visit) const {
  const std::size_t count = column->count();
  Pace pace(source);
  LostRows lost(*column);
  for (std::size_t i = 0; i < count; ++i) {
    TRY(pace.Step());
    if (lost.Has(column->RowOf(i))) continue;
    FilterValue value{.type = type};
    if (column->is_coded) {
      value.text = column->dictionary[column->codes[i]];
    } else if (!column->texts.empty()) {
      value.text = column->texts[i];
    } else if (!column->numbers.empty()) {
      value.number = column->numbers[i];
    }
    if (!is_empty_absent || !value.text.empty()) visit(column->RowOf(i), value);
  }
  return {};
}

Status FilterColumn::AddIf(const storage::SpanSource& source,
                           const std::function<bool(const FilterValue&)>& test,
                           RowSet* rows) const {
  if (!column->is_coded) {
    return ForEach(source, [&](std::uint32_t row, const FilterValue& value) {
      if (test(value)) rows->Add(row);
    });
  }
  Pace pace(source);
  std::vector<bool> holds;
  holds.reserve(column->dictionary.size());
  for (const std::string_view text : column->dictionary) {
    TRY(pace.Step());
    holds.push_back((!is_empty_absent || !text.empty()) && test({.type = type, .text = text}));
  }
  LostRows lost(*column);
  for (std::size_t i = 0; i < column->codes.size(); ++i) {
    if (holds[column->codes[i]] && !lost.Has(column->RowOf(i))) rows->Add(column->RowOf(i));
  }
  return {};
}

Result<std::vector<FilterColumn>> FilterColumns::Find(const FilterReference& reference,
                                                      FilterLevel level) {
  std::vector<FilterColumn> found;
  if (reference.field) {
    ASSIGN_OR_RETURN(FilterColumn column, FindField(*reference.field, level));
    found.push_back(std::move(column));
    return found;
  }
  ASSIGN_OR_RETURN(const auto columns, source_.Attribute(OwnerOf(level), reference.key));
  for (const storage::ScanColumnPtr& column : columns) found.push_back({column, column->type});
  return found;
}

Result<FilterColumn> FilterColumns::FindField(FilterField field, FilterLevel level) {
  if (field == FilterField::kService) return FindServices();
  if (level == FilterLevel::kSpan) return FindSpanField(field);
  if (level == FilterLevel::kScope && field == FilterField::kName) {
    return FromScan(SpanField::kScopeName, ValueType::kString);
  }
  if (level == FilterLevel::kScope && field == FilterField::kVersion) {
    return FromScan(SpanField::kScopeVersion, ValueType::kString);
  }
  if (level == FilterLevel::kEvent && field == FilterField::kName) {
    return FromScan(SpanField::kEventName, ValueType::kString);
  }
  ASSIGN_OR_RETURN(const model::SpanColumnsPtr all, All(storage::ReadExtent::kAll));
  if (all == nullptr) return Lost(ValueType::kString);
  if (field == FilterField::kSchemaUrl) {
    return Texts(
        level == FilterLevel::kScope ? all->scopes.schema_urls : all->resources.schema_urls,
        all->memory);
  }
  switch (field) {
    case FilterField::kTime:
      return Numbers(all->events.times);
    case FilterField::kTimeSinceStart:
      return TimesSinceStart(*all);
    case FilterField::kTraceId:
      return IdTexts(all->links.trace_ids);
    case FilterField::kSpanId:
      return IdTexts(all->links.span_ids);
    case FilterField::kTraceState:
      return Texts(all->links.trace_states, all->memory);
    default:
      return Internal("a filter names a field that its level does not have");
  }
}

Result<FilterColumn> FilterColumns::FindServices() const {
  ASSIGN_OR_RETURN(ResourceServices services, ServicesOf(source_));
  auto column = std::make_shared<ScanColumn>();
  for (std::string& name : services.names) {
    column->memory.emplace_back(std::move(name));
    column->texts.push_back(column->memory.back().view());
  }
  column->lost = services.lost.Rows();
  return FilterColumn{std::move(column), ValueType::kString, true};
}

Result<FilterColumn> FilterColumns::FindOperations() const {
  ASSIGN_OR_RETURN(const storage::ScanColumnPtr names, source_.Field(SpanField::kName));
  auto column = std::make_shared<ScanColumn>(*names);
  for (auto* texts : {&column->dictionary, &column->texts}) {
    for (std::string_view& text : *texts) text = model::OperationName(text);
  }
  return FilterColumn{std::move(column), ValueType::kString};
}

Result<FilterColumn> FilterColumns::FindSpanField(FilterField field) {
  static const std::vector<std::string_view> kKinds = {"unspecified", "internal", "server",
                                                       "client",      "producer", "consumer"};
  static const std::vector<std::string_view> kStatuses = {"unset", "ok", "error"};
  switch (field) {
    case FilterField::kTraceState:
      return FromScan(SpanField::kTraceState, ValueType::kString);
    case FilterField::kName:
      return FindOperations();
    case FilterField::kStatusMessage:
      return FromScan(SpanField::kStatusMessage, ValueType::kString);
    case FilterField::kStartTime:
      return FromScan(SpanField::kStart, ValueType::kInt);
    case FilterField::kDuration:
      return FromScan(SpanField::kDuration, ValueType::kInt);
    case FilterField::kKind:
      return FindWords(SpanField::kKind, kKinds);
    case FilterField::kStatus:
      return FindWords(SpanField::kStatusCode, kStatuses);
    case FilterField::kEndTime:
      return FromScan(SpanField::kEnd, ValueType::kInt);
    default:
      break;
  }
  if (field == FilterField::kTraceId) {
    std::vector<std::uint32_t> rows(source_.stats().span_count);
    std::iota(rows.begin(), rows.end(), 0u);
    ASSIGN_OR_RETURN(const std::vector<TraceId> ids, source_.TraceIds(rows));
    return IdTexts(ids);
  }
  ASSIGN_OR_RETURN(const model::SpanColumnsPtr tree, All(storage::ReadExtent::kTree));
  if (tree == nullptr) return Lost(ValueType::kString);
  return IdTexts(field == FilterField::kSpanId ? tree->span_ids : tree->parent_span_ids);
}

Result<FilterColumn> FilterColumns::FromScan(SpanField field, ValueType type) const {
  ASSIGN_OR_RETURN(storage::ScanColumnPtr column, source_.Field(field));
  return FilterColumn{std::move(column), type, type == ValueType::kString};
}

Result<FilterColumn> FilterColumns::FindWords(SpanField field,
                                              const std::vector<std::string_view>& words) const {
  ASSIGN_OR_RETURN(const storage::ScanColumnPtr numbers, source_.Field(field));
  auto column = std::make_shared<ScanColumn>();
  column->is_coded = true;
  column->dictionary = words;
  column->rows = numbers->rows;
  column->lost = numbers->lost;
  column->is_lost = numbers->is_lost;
  column->codes.reserve(numbers->numbers.size());
  for (const std::int64_t number : numbers->numbers) {
    const bool is_known = number >= 0 && std::cmp_less(number, words.size());
    column->codes.push_back(is_known ? static_cast<std::uint32_t>(number) : 0);
  }
  return FilterColumn{std::move(column), ValueType::kString};
}

Result<model::SpanColumnsPtr> FilterColumns::All(storage::ReadExtent extent) {
  const auto known = all_.find(extent);
  if (known != all_.end()) return known->second;
  bool is_damaged = false;
  const auto note = [&is_damaged](const Error&) { is_damaged = true; };
  // Its rows are those of the source when nothing is damaged.
  ASSIGN_OR_RETURN(model::SpanColumnsPtr all, source_.PastDamage(note, {})->ReadAll(extent));
  if (is_damaged) all.reset();
  return all_[extent] = std::move(all);
}

std::string TextOf(const FilterValue& value) {
  switch (value.type) {
    case ValueType::kBytes:
      return model::ValueToText({model::ByteString{std::string(value.text)}});
    case ValueType::kArray:
    case ValueType::kKvList:
      return model::ValueToText(wire::otlp::DecodeNestedValue(value.type, value.text));
    case ValueType::kBool:
      return value.number != 0 ? "true" : "false";
    case ValueType::kInt:
      return std::to_string(value.number);
    case ValueType::kDouble:
      return model::ValueToText({std::bit_cast<double>(value.number)});
    default:
      return std::string(value.text);
  }
}

std::optional<int> Compare(const FilterValue& left, const FilterValue& right) {
  if (left.type == ValueType::kInt && right.type == ValueType::kInt) {
    return Order(left.number, right.number);
  }
  if (IsNumber(left.type) && IsNumber(right.type)) return Order(AsDouble(left), AsDouble(right));
  if (left.type != right.type) return std::nullopt;
  if (left.type == ValueType::kString) return Order(left.text, right.text);
  return EqualOrNothing(left.number == right.number && left.text == right.text);
}

std::optional<int> Compare(const FilterValue& value, const FilterConstant& constant) {
  if (constant.type && *constant.type != value.type) return std::nullopt;
  switch (value.type) {
    case ValueType::kEmpty:
      return std::nullopt;
    case ValueType::kInt:
      if (constant.integer) return Order(value.number, *constant.integer);
      return constant.real ? Order(AsDouble(value), *constant.real) : std::nullopt;
    case ValueType::kDouble:
      return constant.real ? Order(AsDouble(value), *constant.real) : std::nullopt;
    case ValueType::kString:
      return wire::otlp::IsShownAs(value.text, constant.text) ? 0
                                                              : Order(value.text, constant.text);
    default:
      return EqualOrNothing(wire::otlp::IsShownAs(TextOf(value), constant.text));
  }
}

}  // namespace clew::query
