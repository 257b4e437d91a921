#include "query/resource_services.h"

#include "model/service_name.h"

namespace clew::query {

Result<std::vector<std::string>> ServiceNamesOf(const storage::SpanSource& source) {
  model::ServiceNames names(source.stats().resource_count);
  ASSIGN_OR_RETURN(const std::vector<storage::ScanColumnPtr> columns,
                   source.Attribute(model::Owner::kResource, model::kServiceNameKey));
  for (const storage::ScanColumnPtr& column : columns) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      const std::string_view text = column->is_coded        ? column->dictionary[column->codes[i]]
                                    : column->texts.empty() ? std::string_view()
                                                            : column->texts[i];
      names.Add(column->RowOf(i), column->type, text,
                column->numbers.empty() ? 0 : column->numbers[i]);
    }
  }
  return names.Take();
}

}  // namespace clew::query
