#include "storage/format/row_group.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "model/service_name.h"
#include "storage/format/merged_attributes.h"
#include "storage/format/merged_batches.h"
#include "storage/format/page_writer.h"
#include "storage/format/roll_up.h"

namespace clew::storage {
namespace {

using expr::Field;
using model::SpanColumns;

ColumnEntry Entry(ColumnField field) {
  ColumnEntry entry;
  entry.field = field;
  return entry;
}

class RowGroupBuilder {
 public:
  RowGroupBuilder(const MergedBatches& merged, const RowGroupLimits& limits)
      : merged_(merged), limits_(limits) {}

  RowGroup Build() {
    Traces();
    Spans();
    Parents();
    Resources();
    Scopes();
    Events();
    Links();
    const std::vector<MergedColumn> columns = CollectColumns(merged_);
    WriteAttributes(merged_, columns, limits_.attribute_column_count_max, &writer_, &filter_keys_);
    Operations();
    RowGroup group;
    group.directory.stats = stats_;
    group.directory.trace_count = static_cast<std::uint32_t>(merged_.trace_starts.size() - 1);
    group.directory.operation_count = operation_count_;
    group.directory.columns = writer_.TakeColumns();
    group.pages = Bytes(writer_.TakePages());
    group.directory.byte_size = group.pages.size();
    group.trace_keys = std::move(trace_keys_);
    group.value_keys = filter_keys_.Take(stats_.span_count);
    group.operations = std::move(operations_);
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
    writer_.Numbers(Entry(field), numbers);
    return numbers;
  }

  template <typename Get>
  auto Texts(ColumnField field, const MergedTable& table, Get get) {
    return writer_.Texts(
        Entry(field), Gather(table, [&](const SpanColumns& columns, std::uint32_t row, RowOrigin) {
          return get(columns, row);
        }));
  }

  // The same, of what a search may ask for.
  template <typename Get>
  void FilteredTexts(expr::Field field, ColumnField stored, const MergedTable& table, Get get) {
    AddToFilter(field, Texts(stored, table, get));
  }

  void AddToFilter(expr::Field field, std::optional<std::span<const std::string_view>> texts) {
    const auto keys = scan::ValueKeys::OfField(field);
    if (texts) {
      filter_keys_.AddTexts(keys, *texts);
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
    writer_.Fixed(Entry(field), bytes, width);
  }

  UnixNanos StartOf(std::uint32_t row) const {
    const RowOrigin origin = merged_.spans.origins[row];
    return merged_.BatchOf(origin).starts[origin.row];
  }

  void Traces() {
    std::string ids;
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> errors;
    std::vector<std::int64_t> starts;
    std::vector<std::int64_t> durations;
    std::vector<std::int64_t> roots;
    for (std::size_t trace = 0; trace + 1 < merged_.trace_starts.size(); ++trace) {
      const std::uint32_t first = merged_.trace_starts[trace];
      const std::uint32_t last = merged_.trace_starts[trace + 1];
      const RowOrigin origin = merged_.spans.origins[first];
      const TraceId& id = merged_.BatchOf(origin).trace_ids[origin.row];
      ids.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
      trace_keys_.push_back(TraceKeyOf(id));
      const UnixNanos start = StartOf(first);
      UnixNanos end = start;
      std::int64_t error_count = 0;
      std::int64_t root = 0;
      for (std::uint32_t row = first; row < last; ++row) {
        const RowOrigin span = merged_.spans.origins[row];
        const SpanColumns& columns = merged_.BatchOf(span);
        end = std::max(end, columns.ends[span.row]);
        error_count += columns.status_codes[span.row] == 2 ? 1 : 0;
        if (root == 0 && columns.parent_span_ids[span.row].is_zero()) root = row - first + 1;
      }
      counts.push_back(last - first);
      errors.push_back(error_count);
      starts.push_back(start);
      durations.push_back(Difference(end, start));
      roots.push_back(root);
    }
    writer_.Fixed(Entry(ColumnField::kTraceId), ids, 16);
    writer_.Numbers(Entry(ColumnField::kTraceSpanCount), counts);
    writer_.Numbers(Entry(ColumnField::kTraceErrorCount), errors);
    writer_.Numbers(Entry(ColumnField::kTraceStart), starts);
    writer_.Numbers(Entry(ColumnField::kTraceDuration), durations);
    writer_.Numbers(Entry(ColumnField::kTraceRoot), roots);
  }

  // Times may be anything: differences wrap, and unwrap when they are added again.
  static std::int64_t Difference(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  }

  void Spans() {
    const MergedTable& spans = merged_.spans;
    stats_.span_count = spans.row_count();
    stats_.start_min = stats_.start_max = StartOf(0);
    std::vector<std::int64_t> offsets;
    std::vector<std::int64_t> durations;
    for (std::size_t trace = 0; trace + 1 < merged_.trace_starts.size(); ++trace) {
      const UnixNanos trace_start = StartOf(merged_.trace_starts[trace]);
      for (std::uint32_t row = merged_.trace_starts[trace]; row < merged_.trace_starts[trace + 1];
           ++row) {
        const RowOrigin origin = spans.origins[row];
        const SpanColumns& columns = merged_.BatchOf(origin);
        const UnixNanos start = columns.starts[origin.row];
        stats_.start_min = std::min(stats_.start_min, start);
        stats_.start_max = std::max(stats_.start_max, start);
        offsets.push_back(Difference(start, trace_start));
        const UnixNanos end = columns.ends[origin.row];
        durations.push_back(Difference(end, start));
        stats_.duration_max =
            std::max(stats_.duration_max, model::SpanDuration(start, end).count());
      }
    }
    writer_.Numbers(Entry(ColumnField::kStartOffset), offsets);
    writer_.Numbers(Entry(ColumnField::kDuration), durations);
    Ids(ColumnField::kSpanId, spans, 8,
        [](auto& columns, auto row) -> auto& { return columns.span_ids[row]; });
    SpanNumbers();
    names_ = Gather(spans, [](auto& columns, auto row, RowOrigin) { return columns.names[row]; });
    const auto names = writer_.Texts(Entry(ColumnField::kName), names_);
    AddToFilter(Field::kName, names);
    if (names && std::ranges::find(*names, std::string_view()) != names->end()) {
      AddToFilter(Field::kName, std::span(&model::kNoSpanName, 1));
    }
    FilteredTexts(Field::kStatusMessage, ColumnField::kStatusMessage, spans,
                  [](auto& columns, auto row) { return columns.status_messages[row]; });
    FilteredTexts(Field::kTraceState, ColumnField::kTraceState, spans,
                  [](auto& columns, auto row) { return columns.trace_states[row]; });
  }

  void SpanNumbers() {
    const MergedTable& spans = merged_.spans;
    AddWords(Field::kKind, Numbers(ColumnField::kKind, spans,
                                   [](auto& c, auto row, auto) { return c.kinds[row]; }));
    AddWords(Field::kStatus, Numbers(ColumnField::kStatusCode, spans,
                                     [](auto& c, auto row, auto) { return c.status_codes[row]; }));
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

  void Parents() {
    std::vector<std::int64_t> parents;
    parents.reserve(merged_.spans.origins.size());
    std::string foreign;
    std::vector<std::uint32_t> foreign_rows;
    std::unordered_map<SpanId, std::uint32_t> rows;
    for (std::size_t trace = 0; trace + 1 < merged_.trace_starts.size(); ++trace) {
      const std::uint32_t first = merged_.trace_starts[trace];
      const std::uint32_t last = merged_.trace_starts[trace + 1];
      rows.clear();
      for (std::uint32_t row = first; row < last; ++row) {
        const RowOrigin origin = merged_.spans.origins[row];
        rows.try_emplace(merged_.BatchOf(origin).span_ids[origin.row], row - first);
      }
      for (std::uint32_t row = first; row < last; ++row) {
        const RowOrigin origin = merged_.spans.origins[row];
        const SpanId& parent = merged_.BatchOf(origin).parent_span_ids[origin.row];
        const auto found = parent.is_zero() ? rows.end() : rows.find(parent);
        if (parent.is_zero()) {
          parents.push_back(0);
        } else if (found != rows.end()) {
          parents.push_back(std::int64_t{found->second} + 2);
        } else {
          parents.push_back(1);
          foreign_rows.push_back(row);
          foreign.append(reinterpret_cast<const char*>(parent.bytes.data()), parent.bytes.size());
        }
      }
    }
    writer_.Numbers(Entry(ColumnField::kParent), parents);
    writer_.Fixed(writer_.WithRows(Entry(ColumnField::kForeignParent), foreign_rows,
                                   merged_.spans.row_count()),
                  foreign, 8);
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
    FilteredTexts(Field::kScopeName, ColumnField::kScopeName, table,
                  [](auto& columns, auto row) { return columns.scopes.names[row]; });
    FilteredTexts(Field::kScopeVersion, ColumnField::kScopeVersion, table,
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
      return Difference(c.events.times[row], c.starts[c.events.span_rows[row]]);
    });
    FilteredTexts(Field::kEventName, ColumnField::kEventName, table,
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

  // Service of each resource row.
  std::vector<std::string> ServiceNames() const {
    std::vector<std::string> services(merged_.resources.row_count());
    for (std::size_t batch = 0; batch < merged_.batches.size(); ++batch) {
      const std::vector<std::string> of_batch = model::ServiceNamesOf(*merged_.batches[batch]);
      for (std::size_t row = 0; row < of_batch.size(); ++row) {
        services[merged_.resource_rows[batch][row]] = of_batch[row];
      }
    }
    return services;
  }

  void Operations() {
    struct Operation {
      std::string_view service;
      std::string_view name;
      std::int64_t kind;
      bool operator==(const Operation&) const = default;
    };
    struct OperationHash {
      std::size_t operator()(const Operation& operation) const {
        const std::hash<std::string_view> hash;
        return hash(operation.service) * 31 + hash(operation.name) +
               static_cast<std::size_t>(operation.kind);
      }
    };
    const std::vector<std::string> services = ServiceNames();
    // Also those of resources without spans: a search goes by resources.
    const std::vector<std::string_view> service_views(services.begin(), services.end());
    AddToFilter(Field::kService, service_views);
    std::unordered_map<Operation, std::int64_t, OperationHash> counts;
    for (std::uint32_t row = 0; row < merged_.spans.row_count(); ++row) {
      const RowOrigin origin = merged_.spans.origins[row];
      const SpanColumns& batch = merged_.BatchOf(origin);
      const std::uint32_t resource =
          merged_.resource_rows[origin.batch][batch.resource_indexes[origin.row]];
      ++counts[{services[resource], names_[row], batch.kinds[origin.row]}];
    }
    std::vector<std::string_view> service_texts;
    std::vector<std::uint32_t> service_column;
    std::vector<std::string_view> name_column;
    std::vector<std::int64_t> kind_column;
    std::vector<std::int64_t> count_column;
    // In order, so that the same spans always give the same bytes.
    std::vector<std::pair<Operation, std::int64_t>> sorted(counts.begin(), counts.end());
    std::ranges::sort(sorted, {}, [](const auto& entry) {
      return std::tuple(entry.first.service, entry.first.name, entry.first.kind);
    });
    for (const auto& [operation, count] : sorted) {
      if (service_texts.empty() || service_texts.back() != operation.service) {
        service_texts.push_back(operation.service);
      }
      service_column.push_back(static_cast<std::uint32_t>(service_texts.size() - 1));
      name_column.push_back(operation.name);
      kind_column.push_back(operation.kind);
      count_column.push_back(count);
      if (sorted.size() > kRolledOperationsMax) continue;
      operations_.push_back({std::string(operation.service), std::string(operation.name),
                             static_cast<std::int32_t>(operation.kind),
                             static_cast<std::uint64_t>(count)});
    }
    operation_count_ = static_cast<std::uint32_t>(counts.size());
    // Never plain: a service may have any number of operations, and its name may be long.
    writer_.Dictionary(Entry(ColumnField::kOperationService), service_column, service_texts);
    writer_.Texts(Entry(ColumnField::kOperationName), name_column);
    writer_.Numbers(Entry(ColumnField::kOperationKind), kind_column);
    writer_.Numbers(Entry(ColumnField::kOperationSpans), count_column);
  }

  const MergedBatches& merged_;
  const RowGroupLimits& limits_;
  scan::SourceStats stats_;
  std::uint32_t operation_count_ = 0;
  std::vector<scan::OperationCount> operations_;
  std::vector<std::string_view> names_;
  std::vector<std::uint64_t> trace_keys_;
  FilterKeyCollector filter_keys_;
  PageWriter writer_;
};

}  // namespace

std::uint64_t TraceKeyOf(const TraceId& id) {
  return base::Hash64({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

std::uint64_t MemoryOf(const RowGroup& row_group) {
  std::uint64_t operation_bytes = 0;
  for (const scan::OperationCount& operation : row_group.operations) {
    operation_bytes += sizeof(operation) + operation.service.size() + operation.name.size();
  }
  return row_group.pages.size() + MemoryOf(row_group.directory) +
         row_group.trace_keys.capacity() * sizeof(std::uint64_t) + MemoryOf(row_group.value_keys) +
         operation_bytes;
}

RowGroup BuildRowGroup(const std::vector<model::SpanColumnsPtr>& batches,
                       const RowGroupLimits& limits) {
  const MergedBatches merged = MergeBatches(batches);
  return RowGroupBuilder(merged, limits).Build();
}

}  // namespace clew::storage
