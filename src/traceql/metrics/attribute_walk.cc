#include "traceql/metrics/attribute_walk.h"

#include <bit>
#include <cstddef>
#include <string_view>

#include "traceql/evaluate/array_value.h"

namespace clew::traceql::metrics {
namespace {

using evaluate::Value;
using model::Owner;
using model::ValueType;

constexpr std::array kCompared = {
    Intrinsic::kName,
    Intrinsic::kStatus,
    Intrinsic::kStatusMessage,
    Intrinsic::kKind,
    Intrinsic::kRootName,
    Intrinsic::kRootService,
    Intrinsic::kInstrumentationName,
    Intrinsic::kInstrumentationVersion,
};

Scope ScopeOf(Owner owner) {
  switch (owner) {
    case Owner::kResource:
      return Scope::kResource;
    case Owner::kScope:
      return Scope::kInstrumentation;
    case Owner::kEvent:
      return Scope::kEvent;
    case Owner::kLink:
      return Scope::kLink;
    case Owner::kSpan:
      break;
  }
  return Scope::kSpan;
}

/// Nil is what a query cannot see.
Value ValueOf(const model::AttributeIndex::Entry& entry) {
  switch (entry.type()) {
    case ValueType::kString:
      return Value::String(entry.text());
    case ValueType::kBool:
      return Value::Bool(entry.number() != 0);
    case ValueType::kInt:
      return Value::Int(entry.number());
    case ValueType::kDouble:
      return Value::Float(std::bit_cast<double>(entry.number()));
    case ValueType::kArray:
      return evaluate::ReadArray(entry.text());
    default:
      return {};
  }
}

bool IsEmptyText(const Value& value) {
  return value.kind == Value::Kind::kString && value.text.empty();
}

}  // namespace

std::vector<ComparedField> ComparedFields(evaluate::FieldProgram* fields) {
  std::vector<ComparedField> compared;
  for (const Intrinsic intrinsic : kCompared) {
    const Attribute attribute{.intrinsic = intrinsic};
    compared.push_back(
        {.intrinsic = intrinsic, .name = Print(attribute), .slot = fields->SlotOf(attribute)});
  }
  return compared;
}

AttributeWalk::AttributeWalk(const std::vector<ComparedField>& fields,
                             evaluate::Evaluation* evaluation, AttributeCounts* counts)
    : fields_(fields),
      evaluation_(*evaluation),
      spans_(evaluation->trace().spans()),
      counts_(*counts),
      numbers_(spans_.attributes.size()) {
  for (const model::AttributeColumn& column : spans_.attributes) {
    auto& index = indexes_[static_cast<std::size_t>(column.owner)];
    if (!index) index.emplace(spans_, column.owner, model::RowCount(spans_, column.owner));
  }
}

Status AttributeWalk::CountSpan(std::uint32_t row, const AttributeCounts::Subject& subject) {
  counts_.Begin(subject);
  TRY(CountFields(row));
  TRY(CountAttributes(Owner::kSpan, row));
  TRY(CountAttributes(Owner::kResource, spans_.resource_indexes[row]));
  TRY(CountAttributes(Owner::kScope, spans_.scope_indexes[row]));
  const evaluate::RowRange events = evaluation_.trace().EventsOf(row);
  for (std::uint32_t event = events.begin; event < events.end; ++event) {
    TRY(CountEventName(event));
  }
  TRY(CountAttributes(Owner::kEvent, events));
  return CountAttributes(Owner::kLink, evaluation_.trace().LinksOf(row));
}

Status AttributeWalk::CountFields(std::uint32_t row) {
  for (const ComparedField& field : fields_) {
    const Value value = evaluation_.fields().Read(field.slot, row);
    if (IsEmptyText(value)) continue;
    ASSIGN_OR_RETURN(const std::uint32_t number, counts_.AttributeOf(field.name));
    TRY(counts_.Count(number, value));
  }
  return {};
}

Status AttributeWalk::CountEventName(std::uint32_t event) {
  const std::string_view name = spans_.events.names[event];
  if (name.empty()) return {};
  ASSIGN_OR_RETURN(const std::uint32_t number,
                   counts_.AttributeOf(InfoOf(Intrinsic::kEventName).scoped));
  return counts_.Count(number, Value::String(name));
}

Status AttributeWalk::CountAttributes(Owner owner, evaluate::RowRange rows) {
  for (std::uint32_t row = rows.begin; row < rows.end; ++row) TRY(CountAttributes(owner, row));
  return {};
}

/// Of several under one key the first that can be seen, as where they are read for filters.
Status AttributeWalk::CountAttributes(Owner owner, std::uint32_t row) {
  const auto& index = indexes_[static_cast<std::size_t>(owner)];
  if (!index) return {};
  std::optional<std::string_view> counted;
  for (const model::AttributeIndex::Entry& entry : index->Row(row)) {
    if (counted == entry.key()) continue;
    const Value value = ValueOf(entry);
    if (value.is_nil()) continue;
    counted = entry.key();
    ASSIGN_OR_RETURN(const std::uint32_t number, NumberOf(*entry.column));
    TRY(counts_.Count(number, value));
  }
  return {};
}

Result<std::uint32_t> AttributeWalk::NumberOf(const model::AttributeColumn& column) {
  auto& number = numbers_[static_cast<std::size_t>(&column - spans_.attributes.data())];
  if (!number) {
    const Attribute attribute{.scope = ScopeOf(column.owner), .name = std::string(column.key)};
    ASSIGN_OR_RETURN(number, counts_.AttributeOf(Print(attribute)));
  }
  return *number;
}

}  // namespace clew::traceql::metrics
