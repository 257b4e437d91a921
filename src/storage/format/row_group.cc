#include "storage/format/row_group.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "model/service_name.h"
#include "storage/format/merged_attributes.h"
#include "storage/format/merged_batches.h"
#include "storage/format/operation_columns.h"
#include "storage/format/page_writer.h"
#include "storage/format/trace_columns.h"

namespace clew::storage {
namespace {

using expr::Field;
using model::SpanColumns;

class RowGroupBuilder {
 public:
  RowGroupBuilder(const MergedBatches& merged, const RowGroupLimits& limits)
      : merged_(merged), limits_(limits) {}

  RowGroup Build() {
    std::vector<std::uint64_t> trace_keys = WriteTraces(merged_, &writer_);
    Spans();
    Resources();
    Scopes();
    Events();
    Links();
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
    return group;
  }

 private:
  // The values of a table's column in new order.
  template <typename Get>
  auto Gather(const MergedTable& table, Get get) const {
    std::vector<std::decay_t<decltype(get(*merged_.batches[0], 0u, RowOrigin{}))>> values;
    values.reserve(table.origins.size());
    for (const RowOrigin origin : table.origins) {
      values.push_back(get(merged_.BatchOf(origin), origin.row, origin));
    }
    return values;
  }

  // Gives the numbers it wrote.
  template <typename Get>
  std::vector<std::int64_t> Numbers(ColumnField field, const MergedTable& table, Get get) {
    std::vector<std::int64_t> numbers = Gather(
        table,
        [&](const SpanColumns& columns, std::uint32_t row, RowOrigin origin) -> std::int64_t {
          return static_cast<std::int64_t>(get(columns, row, origin));
        });
    writer_.Numbers({.field = field}, numbers);
    return numbers;
  }

  template <typename Get>
  auto Texts(ColumnField field, const MergedTable& table, Get get) {
    return writer_.Texts({.field = field},
                         Gather(table, [&](const SpanColumns& columns, std::uint32_t row,
                                           RowOrigin) { return get(columns, row); }));
  }

  // The same, of what a search may ask for.
  template <typename Get>
  void FilteredTexts(expr::Field field, ColumnField stored, const MergedTable& table, Get get) {
    AddToFilter(field, Texts(stored, table, get));
  }

  // The same, of what may be listed.
  template <typename Get>
  void CountedTexts(expr::Field field, ColumnField stored, const MergedTable& table, Get get) {
    const auto texts = Texts(stored, table, get);
    AddToFilter(field, texts);
    if (texts) {
      tags_.AddTexts({.field = stored}, texts->codes, texts->dictionary);
    } else {
      tags_.AddCount({.field = stored}, table.row_count());
    }
  }

  void AddToFilter(expr::Field field, const std::optional<PageWriter::Interned>& texts) {
    const auto keys = scan::ValueKeys::OfField(field);
    if (texts) {
      filter_keys_.AddTexts(keys, texts->dictionary);
    } else {
      filter_keys_.LeaveOut(keys);
    }
  }

  // Words of the numbers of a column, as a search compares them.
  void AddWords(expr::Field field, const std::vector<std::int64_t>& numbers) {
    const auto words = expr::WordsOf(field);
    std::vector<bool> is_there(words.size());
    for (const std::int64_t number : numbers) {
      const bool is_known = number >= 0 && std::cmp_less(number, words.size());
      is_there[is_known ? static_cast<std::size_t>(number) : 0] = true;
    }
    std::vector<std::string_view> found;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (is_there[i]) found.push_back(words[i]);
    }
    filter_keys_.AddTexts(scan::ValueKeys::OfField(field), found);
  }

  template <typename Get>
  void Ids(ColumnField field, const MergedTable& table, std::uint32_t width, Get get) {
    std::string bytes;
    bytes.reserve(table.origins.size() * width);
    for (const RowOrigin origin : table.origins) {
      const auto& id = get(merged_.BatchOf(origin), origin.row);
      bytes.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    }
    writer_.Fixed({.field = field}, bytes, width);
  }

  void Spans() {
    const MergedTable& spans = merged_.spans;
    stats_.span_count = spans.row_count();
    WriteParents(merged_, &writer_);
    starts_ = WriteTimes(merged_, &writer_, &stats_);
    Ids(ColumnField::kSpanId, spans, 8,
        [](auto& columns, auto row) -> auto& { return columns.span_ids[row]; });
    SpanNumbers();
    names_ = Gather(spans, [](auto& columns, auto row, RowOrigin) { return columns.names[row]; });
    const auto names = writer_.Texts({.field = ColumnField::kName}, names_);
    AddToFilter(Field::kName, names);
    if (names &&
        std::ranges::find(names->dictionary, std::string_view()) != names->dictionary.end()) {
      filter_keys_.AddTexts(scan::ValueKeys::OfField(Field::kName), {&model::kNoSpanName, 1});
    }
    CountedTexts(Field::kStatusMessage, ColumnField::kStatusMessage, spans,
                 [](auto& columns, auto row) { return columns.status_messages[row]; });
    FilteredTexts(Field::kTraceState, ColumnField::kTraceState, spans,
                  [](auto& columns, auto row) { return columns.trace_states[row]; });
  }

  void SpanNumbers() {
    const MergedTable& spans = merged_.spans;
    AddWords(Field::kKind, Numbers(ColumnField::kKind, spans,
                                   [](auto& c, auto row, auto) { return c.kinds[row]; }));
    const std::vector<std::int64_t> codes =
        Numbers(ColumnField::kStatusCode, spans,
                [](auto& c, auto row, auto) { return c.status_codes[row]; });
    AddWords(Field::kStatus, codes);
    CountStatus(codes);
    Numbers(ColumnField::kFlags, spans, [](auto& c, auto row, auto) { return c.flags[row]; });
    Numbers(ColumnField::kDroppedAttributes, spans,
            [](auto& c, auto row, auto) { return c.dropped_attributes_counts[row]; });
    Numbers(ColumnField::kDroppedEvents, spans,
            [](auto& c, auto row, auto) { return c.dropped_events_counts[row]; });
    Numbers(ColumnField::kDroppedLinks, spans,
            [](auto& c, auto row, auto) { return c.dropped_links_counts[row]; });
    Numbers(ColumnField::kResource, spans, [this](auto& c, auto row, RowOrigin origin) {
      return merged_.resource_rows[origin.batch][c.resource_indexes[row]];
    });
    Numbers(ColumnField::kScope, spans, [this](auto& c, auto row, RowOrigin origin) {
      return merged_.scope_rows[origin.batch][c.scope_indexes[row]];
    });
  }

  void CountStatus(const std::vector<std::int64_t>& codes) {
    DistinctNumbers distinct(codes.size());
    const TagName name{.field = ColumnField::kStatusCode};
    for (const std::int64_t code : codes) {
      if (!distinct.Add(code)) return tags_.AddCount(name, codes.size());
    }
    tags_.AddNumbers(name, distinct);
  }

  void Resources() {
    const MergedTable& table = merged_.resources;
    stats_.resource_count = table.row_count();
    FilteredTexts(Field::kResourceSchemaUrl, ColumnField::kResourceSchemaUrl, table,
                  [](auto& columns, auto row) { return columns.resources.schema_urls[row]; });
    Numbers(ColumnField::kResourceDropped, table,
            [](auto& c, auto row, auto) { return c.resources.dropped_attributes_counts[row]; });
    Texts(ColumnField::kResourceEntities, table,
          [](auto& columns, auto row) { return columns.resources.entity_refs[row]; });
  }

  void Scopes() {
    const MergedTable& table = merged_.scopes;
    stats_.scope_count = table.row_count();
    CountedTexts(Field::kScopeName, ColumnField::kScopeName, table,
                 [](auto& columns, auto row) { return columns.scopes.names[row]; });
    CountedTexts(Field::kScopeVersion, ColumnField::kScopeVersion, table,
                 [](auto& columns, auto row) { return columns.scopes.versions[row]; });
    FilteredTexts(Field::kScopeSchemaUrl, ColumnField::kScopeSchemaUrl, table,
                  [](auto& columns, auto row) { return columns.scopes.schema_urls[row]; });
    Numbers(ColumnField::kScopeDropped, table,
            [](auto& c, auto row, auto) { return c.scopes.dropped_attributes_counts[row]; });
  }

  void Events() {
    const MergedTable& table = merged_.events;
    stats_.event_count = table.row_count();
    Numbers(ColumnField::kEventSpan, table, [this](auto& c, auto row, RowOrigin origin) {
      return merged_.spans.places[origin.batch][c.events.span_rows[row]];
    });
    Numbers(ColumnField::kEventTime, table, [](auto& c, auto row, auto) {
      return TimeDifference(c.events.times[row], c.starts[c.events.span_rows[row]]);
    });
    CountedTexts(Field::kEventName, ColumnField::kEventName, table,
                 [](auto& columns, auto row) { return columns.events.names[row]; });
    Numbers(ColumnField::kEventDropped, table,
            [](auto& c, auto row, auto) { return c.events.dropped_attributes_counts[row]; });
  }

  void Links() {
    const MergedTable& table = merged_.links;
    stats_.link_count = table.row_count();
    Numbers(ColumnField::kLinkSpan, table, [this](auto& c, auto row, RowOrigin origin) {
      return merged_.spans.places[origin.batch][c.links.span_rows[row]];
    });
    Ids(ColumnField::kLinkTraceId, table, 16,
        [](auto& columns, auto row) -> auto& { return columns.links.trace_ids[row]; });
    Ids(ColumnField::kLinkSpanId, table, 8,
        [](auto& columns, auto row) -> auto& { return columns.links.span_ids[row]; });
    FilteredTexts(Field::kLinkTraceState, ColumnField::kLinkTraceState, table,
                  [](auto& columns, auto row) { return columns.links.trace_states[row]; });
    Numbers(ColumnField::kLinkFlags, table,
            [](auto& c, auto row, auto) { return c.links.flags[row]; });
    Numbers(ColumnField::kLinkDropped, table,
            [](auto& c, auto row, auto) { return c.links.dropped_attributes_counts[row]; });
  }

  const MergedBatches& merged_;
  const RowGroupLimits& limits_;
  scan::SourceStats stats_;
  std::vector<ZoneRange> starts_;
  std::vector<std::string_view> names_;
  FilterKeyCollector filter_keys_;
  TagCounter tags_;
  PageWriter writer_;
};

}  // namespace

std::uint64_t MemoryOf(const RowGroup& row_group) {
  std::uint64_t operation_bytes = 0;
  for (const scan::OperationCount& operation : row_group.operations) {
    operation_bytes += sizeof(operation) + operation.service.size() + operation.name.size();
  }
  return row_group.pages.size() + MemoryOf(row_group.directory) +
         row_group.trace_keys.capacity() * sizeof(std::uint64_t) + MemoryOf(row_group.value_keys) +
         operation_bytes + (row_group.tags ? MemoryOf(*row_group.tags) : 0);
}

RowGroup BuildRowGroup(const std::vector<model::SpanColumnsPtr>& batches,
                       const RowGroupLimits& limits) {
  const MergedBatches merged = MergeBatches(batches);
  return RowGroupBuilder(merged, limits).Build();
}

}  // namespace clew::storage
