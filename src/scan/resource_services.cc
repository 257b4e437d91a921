#include "scan/resource_services.h"

#include "model/service_name.h"

namespace clew::scan {

Result<ResourceServices> ServicesOf(const SpanSource& source) {
  const std::uint32_t resource_count = source.stats().resource_count;
  model::ServiceNames names(resource_count);
  RowSet without_text(resource_count, RowSet::Fill::kAll);
  RowSet lost(resource_count, RowSet::Fill::kNone);
  bool is_any_lost = false;
  ASSIGN_OR_RETURN(const std::vector<ColumnPtr> columns,
                   source.Attribute(model::Owner::kResource, model::kServiceNameKey));
  for (const ColumnPtr& column : columns) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      names.Add(column->RowOf(i), column->type, column->TextAt(i), column->NumberAt(i));
      if (column->type == model::ValueType::kString) without_text.Remove(column->RowOf(i));
    }
    for (const std::uint32_t row : column->lost) lost.Add(row);
    is_any_lost = is_any_lost || column->is_lost;
  }
  // Text goes before values of other types: who has one is called by it, whatever else is lost.
  if (is_any_lost) lost.Unite(without_text);
  return ResourceServices{names.Take(), std::move(lost)};
}

}  // namespace clew::scan
