#include "storage/format/operation_columns.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "model/service_name.h"
#include "storage/format/roll_up.h"

namespace clew::storage {

OperationColumns::OperationColumns(const MergedBatches& merged,
                                   std::span<const std::string_view> names)
    : service_names_(merged.resources.row_count()) {
  for (std::size_t batch = 0; batch < merged.batches.size(); ++batch) {
    std::vector<std::string> of_batch = model::ServiceNamesOf(*merged.batches[batch]);
    for (std::size_t row = 0; row < of_batch.size(); ++row) {
      service_names_[merged.resource_rows[batch][row]] = std::move(of_batch[row]);
    }
  }
  services_.assign(service_names_.begin(), service_names_.end());
  std::unordered_map<Operation, std::int64_t, OperationHash> counts;
  for (std::uint32_t row = 0; row < merged.spans.row_count(); ++row) {
    const RowOrigin origin = merged.spans.origins[row];
    const model::SpanColumns& batch = merged.BatchOf(origin);
    const std::uint32_t resource =
        merged.resource_rows[origin.batch][batch.resource_indexes[origin.row]];
    ++counts[{services_[resource], names[row], batch.kinds[origin.row]}];
  }
  operations_.assign(counts.begin(), counts.end());
  std::ranges::sort(operations_);
}

void OperationColumns::Write(PageWriter* writer) const {
  std::vector<std::string_view> service_texts;
  std::vector<std::uint32_t> services;
  std::vector<std::string_view> names;
  std::vector<std::int64_t> kinds;
  std::vector<std::int64_t> counts;
  for (const auto& [operation, count] : operations_) {
    if (service_texts.empty() || service_texts.back() != operation.service) {
      service_texts.push_back(operation.service);
    }
    services.push_back(static_cast<std::uint32_t>(service_texts.size() - 1));
    names.push_back(operation.name);
    kinds.push_back(operation.kind);
    counts.push_back(count);
  }
  // Never plain: a service may have any number of operations, and its name may be long.
  writer->Dictionary({.field = ColumnField::kOperationService}, services, service_texts);
  writer->Texts({.field = ColumnField::kOperationName}, names);
  writer->Numbers({.field = ColumnField::kOperationKind}, kinds);
  writer->Numbers({.field = ColumnField::kOperationSpans}, counts);
}

void OperationColumns::Count(TagCounter* tags) const {
  for (const auto& [operation, count] : operations_) {
    tags->AddOperation(operation.service, operation.name, operation.kind,
                       static_cast<std::uint64_t>(count));
  }
}

std::vector<scan::OperationCount> OperationColumns::Roll() const {
  std::vector<scan::OperationCount> rolled;
  if (operations_.size() > kRolledOperationsMax) return rolled;
  for (const auto& [operation, count] : operations_) {
    rolled.push_back({std::string(operation.service), std::string(operation.name),
                      static_cast<std::int32_t>(operation.kind),
                      static_cast<std::uint64_t>(count)});
  }
  return rolled;
}

}  // namespace clew::storage
