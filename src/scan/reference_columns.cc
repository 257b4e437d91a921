#include "scan/reference_columns.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/hex.h"
#include "scan/resource_services.h"

namespace clew::scan {
namespace {

using expr::Field;
using model::ValueType;
using EmptyText = ValueColumn::EmptyText;

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
  for (const Id& id : all) base::AppendHex(id.bytes, &memory);
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

Result<ValueColumn> FindField(const SpanSource& source, Field field,
                              const std::optional<IntRange>& within) {
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
  } else if (found.type == ValueType::kInt && within) {
    ASSIGN_OR_RETURN(found.column, source.FieldWithin(field, *within));
  } else {
    ASSIGN_OR_RETURN(found.column, source.Field(field));
  }
  return found;
}

}  // namespace

std::vector<model::Owner> OwnersOf(const expr::Reference& reference) {
  if (reference.field) return {expr::InfoOf(*reference.field).owner};
  const auto owners = expr::OwnersOf(reference.scope);
  return {owners.begin(), owners.end()};
}

Result<std::vector<ValueColumn>> FindColumns(const SpanSource& source,
                                             const expr::Reference& reference, model::Owner owner,
                                             const std::optional<IntRange>& within) {
  std::vector<ValueColumn> found;
  if (reference.field) {
    ASSIGN_OR_RETURN(ValueColumn column, FindField(source, *reference.field, within));
    found.push_back(std::move(column));
    return found;
  }
  ASSIGN_OR_RETURN(const auto columns, within
                                           ? source.AttributeWithin(owner, reference.key, *within)
                                           : source.Attribute(owner, reference.key));
  for (const ColumnPtr& column : columns) found.push_back({column, column->type});
  return found;
}

}  // namespace clew::scan
