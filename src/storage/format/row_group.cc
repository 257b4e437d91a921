#include "storage/format/row_group.h"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/service_name.h"
#include "storage/format/merged_attributes.h"
#include "storage/format/merged_batches.h"
#include "storage/format/operation_columns.h"
#include "storage/format/page_writer.h"
#include "storage/format/related_tables.h"
#include "storage/format/table_writer.h"
#include "storage/format/trace_columns.h"

namespace clew::storage {
namespace {

using expr::Field;
using model::Owner;
using model::SpanColumns;

class RowGroupBuilder {
 public:
  RowGroupBuilder(const MergedBatches& merged, const RowGroupLimits& limits)
      : merged_(merged), limits_(limits) {}

  RowGroup Build() {
    std::vector<std::uint64_t> trace_keys = WriteTraces(merged_, &writer_);
    Spans();
    WriteRelatedTables(merged_, &tables_, &writer_, &stats_);
    const std::vector<MergedColumn> columns = CollectColumns(merged_);
    WriteAttributes(merged_, columns, limits_.attribute_column_count_max, &writer_, &filter_keys_,
                    &tags_);
    OperationColumns operations(merged_, names_);
    filter_keys_.AddTexts(scan::ValueKeys::OfField(Field::kService), operations.services());
    operations.Count(&tags_);
    operations.Write(&writer_);
    RowGroup group;
    group.directory.stats = stats_;
    group.directory.trace_count = static_cast<std::uint32_t>(merged_.trace_starts.size() - 1);
    group.directory.operation_count = operations.count();
    group.directory.row_order = RowOrder::kDepthFirst;
    group.directory.starts = std::move(starts_);
    group.directory.columns = writer_.TakeColumns();
    group.pages = Bytes(writer_.TakePages());
    group.directory.byte_size = group.pages.size();
    group.trace_keys = std::move(trace_keys);
    group.value_keys = filter_keys_.Take(stats_.span_count);
    group.operations = operations.Roll();
    group.tags = tags_.Take();
    group.repeating_traces = RepeatingOnes();
    return group;
  }

 private:
  RepeatingTraces RepeatingOnes() const {
    if (merged_.repeating_traces.size() > kRepeatingTracesMax) return std::nullopt;
    std::vector<TraceId> ids;
    for (const std::uint32_t trace : merged_.repeating_traces) {
      const RowOrigin first = merged_.spans.origins[merged_.trace_starts[trace]];
      ids.push_back(merged_.BatchOf(first).trace_ids[first.row]);
    }
    return ids;
  }

  void Spans() {
    const MergedTable& spans = merged_.spans;
    stats_.span_count = spans.row_count();
    WriteParents(merged_, &writer_);
    starts_ = WriteTimes(merged_, &writer_, &stats_);
    // Numbers first: so it has been since the first version.
    tables_.Fields<Owner::kSpan>([](auto field) { return !IsText(field); });
    tables_.Rows(
        ColumnField::kResource, spans,
        [](const SpanColumns& batch) -> auto& { return batch.resource_indexes; },
        merged_.resource_rows);
    tables_.Rows(
        ColumnField::kScope, spans,
        [](const SpanColumns& batch) -> auto& { return batch.scope_indexes; }, merged_.scope_rows);
    Names();
    tables_.Fields<Owner::kSpan>([](auto field) {
      return IsText(field) && kColumnOf<decltype(field)> != ColumnField::kName;
    });
  }

  static constexpr bool IsText(auto field) {
    return std::is_same_v<typename decltype(field)::Cell, std::string_view>;
  }

  void Names() {
    names_ = tables_.Gather(merged_.spans,
                            [](const SpanColumns& batch) -> auto& { return batch.names; });
    const auto names = tables_.Texts(ColumnField::kName, names_);
    if (names &&
        std::ranges::find(names->dictionary, std::string_view()) != names->dictionary.end()) {
      filter_keys_.AddTexts(scan::ValueKeys::OfField(Field::kName), {&model::kNoSpanName, 1});
    }
  }

  const MergedBatches& merged_;
  const RowGroupLimits& limits_;
  scan::SourceStats stats_;
  std::vector<ZoneRange> starts_;
  std::vector<std::string_view> names_;
  FilterKeyCollector filter_keys_;
  TagCounter tags_;
  PageWriter writer_;
  TableWriter tables_{merged_, writer_, filter_keys_, tags_};
};

}  // namespace

std::uint64_t MemoryOf(const RowGroup& row_group) {
  std::uint64_t operation_bytes = 0;
  for (const scan::OperationCount& operation : row_group.operations) {
    operation_bytes += sizeof(operation) + operation.service.size() + operation.name.size();
  }
  return row_group.pages.size() + MemoryOf(row_group.directory) +
         row_group.trace_keys.capacity() * sizeof(std::uint64_t) + MemoryOf(row_group.value_keys) +
         operation_bytes + kRepeatingTracesMax * sizeof(TraceId) +
         (row_group.tags ? MemoryOf(*row_group.tags) : 0);
}

RowGroup BuildRowGroup(const std::vector<model::SpanColumnsPtr>& batches,
                       const RowGroupLimits& limits) {
  const MergedBatches merged = MergeBatches(batches);
  return RowGroupBuilder(merged, limits).Build();
}

}  // namespace clew::storage
