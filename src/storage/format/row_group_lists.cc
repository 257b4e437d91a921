#include "storage/format/row_group_lists.h"

#include <cstdint>
#include <string>
#include <utility>

#include "storage/format/overflow_columns.h"

namespace clew::storage {

Result<std::vector<scan::AttributeCount>> ListAttributes(const ColumnReader& reader,
                                                         Damage* damage) {
  std::vector<scan::AttributeCount> attributes;
  for (const ColumnEntry& column : reader.directory().columns) {
    if (column.field != ColumnField::kAttribute) continue;
    attributes.push_back({column.owner, column.type, std::string(column.key), column.value_count});
  }
  TRY(AddOverflowCounts(reader, &attributes, damage));
  return attributes;
}

Result<std::vector<scan::OperationCount>> ListOperations(const ColumnReader& unfetched,
                                                         Damage* damage) {
  PagePlan plan;
  for (const ColumnField field : {ColumnField::kOperationService, ColumnField::kOperationName,
                                  ColumnField::kOperationKind, ColumnField::kOperationSpans}) {
    unfetched.AddColumn(unfetched.Required(field), /*are_zones_kept=*/true, &plan);
  }
  ASSIGN_OR_RETURN(const ColumnReader reader, unfetched.Fetched(std::move(plan)));
  const std::uint32_t count = reader.directory().operation_count;
  const WantedRows all = WantedRows::Range(0, count, count);
  std::vector<Bytes> memory;
  Gaps gaps[4];
  const auto column = [&](ColumnField field) -> auto& { return reader.Required(field); };
  ASSIGN_OR_RETURN(const auto services, reader.Texts(column(ColumnField::kOperationService),
                                                     all.rows, &memory, &gaps[0]));
  ASSIGN_OR_RETURN(const auto names,
                   reader.Texts(column(ColumnField::kOperationName), all.rows, &memory, &gaps[1]));
  ASSIGN_OR_RETURN(const auto kinds,
                   reader.Numbers(column(ColumnField::kOperationKind), all.rows, &gaps[2]));
  ASSIGN_OR_RETURN(const auto counts,
                   reader.Numbers(column(ColumnField::kOperationSpans), all.rows, &gaps[3]));
  std::vector<bool> is_known(count, true);
  for (const Gaps& of_column : gaps) {
    damage->insert(damage->end(), of_column.damage.begin(), of_column.damage.end());
    for (const std::uint32_t i : of_column.indexes) is_known[i] = false;
  }
  std::vector<scan::OperationCount> operations;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!is_known[i]) continue;
    operations.push_back({std::string(services[i]), std::string(names[i]),
                          static_cast<std::int32_t>(kinds[i]),
                          static_cast<std::uint64_t>(counts[i])});
  }
  return operations;
}

std::vector<scan::TraceSize> ListTraces(const TraceTable& table) {
  std::vector<scan::TraceSize> traces;
  traces.reserve(table.count());
  for (std::size_t trace = 0; trace < table.count(); ++trace) {
    if (table.is_lost[trace]) continue;
    const std::uint32_t span_count = table.span_starts[trace + 1] - table.span_starts[trace];
    traces.push_back({table.Id(trace), span_count});
  }
  return traces;
}

}  // namespace clew::storage
