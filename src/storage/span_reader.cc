#include "storage/span_reader.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace clew::storage {
namespace {

using model::Owner;
using model::SpanColumns;

std::int64_t Sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// Replaces values by their place among the distinct ones, and gives those.
WantedRows Compact(std::vector<std::uint32_t>* rows, std::uint32_t table_row_count) {
  WantedRows distinct;
  distinct.table_row_count = table_row_count;
  distinct.rows = *rows;
  std::ranges::sort(distinct.rows);
  const auto repeated = std::ranges::unique(distinct.rows);
  distinct.rows.erase(repeated.begin(), repeated.end());
  for (std::uint32_t& row : *rows) {
    row = static_cast<std::uint32_t>(std::ranges::lower_bound(distinct.rows, row) -
                                     distinct.rows.begin());
  }
  return distinct;
}

class SpanReader {
 public:
  SpanReader(const ColumnReader& reader, const TraceTable& traces,
             std::span<const std::size_t> wanted, ReadExtent extent)
      : reader_(reader), traces_(traces), wanted_(wanted), extent_(extent) {
    spans_.table_row_count = reader.directory().stats.span_count;
    for (const std::size_t trace : wanted_) {
      for (std::uint32_t row = traces.span_starts[trace]; row < traces.span_starts[trace + 1];
           ++row) {
        spans_.rows.push_back(row);
      }
    }
  }

  Result<model::SpanColumnsPtr> Read() {
    TRY(Spans());
    TRY(Parents());
    TRY(Resources());
    if (extent_ == ReadExtent::kTree) {
      LeaveOutTheRest();
    } else {
      TRY(Details());
    }
    TRY(Attributes());
    return std::make_shared<const SpanColumns>(std::move(out_));
  }

 private:
  std::uint32_t SpanCountOf(std::size_t trace) const {
    return traces_.span_starts[trace + 1] - traces_.span_starts[trace];
  }

  template <typename Number>
  Status Numbers(ColumnField field, const WantedRows& wanted, std::vector<Number>* out) {
    ASSIGN_OR_RETURN(const ColumnEntry* column, reader_.Required(field));
    ASSIGN_OR_RETURN(const std::vector<std::int64_t> numbers,
                     reader_.Numbers(*column, wanted.rows));
    out->reserve(numbers.size());
    for (const std::int64_t number : numbers) out->push_back(static_cast<Number>(number));
    return {};
  }

  Status Texts(ColumnField field, const WantedRows& wanted, std::vector<std::string_view>* out) {
    ASSIGN_OR_RETURN(const ColumnEntry* column, reader_.Required(field));
    ASSIGN_OR_RETURN(*out, reader_.Texts(*column, wanted.rows, &out_.memory));
    return {};
  }

  template <typename Id>
  Status Ids(ColumnField field, const WantedRows& wanted, std::vector<Id>* out) {
    ASSIGN_OR_RETURN(const ColumnEntry* column, reader_.Required(field));
    ASSIGN_OR_RETURN(const std::string values, reader_.FixedValues(*column, wanted.rows));
    const std::size_t width = sizeof(Id::bytes);
    if (values.size() != wanted.rows.size() * width) return DataLoss("id page: of another width");
    out->resize(wanted.rows.size());
    for (std::size_t i = 0; i < out->size(); ++i) {
      std::memcpy((*out)[i].bytes.data(), values.data() + i * width, width);
    }
    return {};
  }

  Status Spans() {
    std::vector<std::int64_t> offsets;
    std::vector<std::int64_t> durations;
    TRY(Numbers(ColumnField::kStartOffset, spans_, &offsets));
    TRY(Numbers(ColumnField::kDuration, spans_, &durations));
    std::size_t row = 0;
    for (const std::size_t trace : wanted_) {
      for (const std::size_t end = row + SpanCountOf(trace); row < end; ++row) {
        out_.trace_ids.push_back(traces_.Id(trace));
        out_.starts.push_back(Sum(traces_.start_times[trace], offsets[row]));
        out_.ends.push_back(Sum(out_.starts.back(), durations[row]));
      }
    }
    TRY(Ids(ColumnField::kSpanId, spans_, &out_.span_ids));
    TRY(Numbers(ColumnField::kKind, spans_, &out_.kinds));
    TRY(Numbers(ColumnField::kStatusCode, spans_, &out_.status_codes));
    return Numbers(ColumnField::kResource, spans_, &out_.resource_indexes);
  }

  Status Details() {
    TRY(Numbers(ColumnField::kFlags, spans_, &out_.flags));
    TRY(Texts(ColumnField::kName, spans_, &out_.names));
    TRY(Texts(ColumnField::kStatusMessage, spans_, &out_.status_messages));
    TRY(Texts(ColumnField::kTraceState, spans_, &out_.trace_states));
    TRY(Numbers(ColumnField::kDroppedAttributes, spans_, &out_.dropped_attributes_counts));
    TRY(Numbers(ColumnField::kDroppedEvents, spans_, &out_.dropped_events_counts));
    TRY(Numbers(ColumnField::kDroppedLinks, spans_, &out_.dropped_links_counts));
    TRY(Numbers(ColumnField::kScope, spans_, &out_.scope_indexes));
    TRY(Scopes());
    TRY(Events());
    return Links();
  }

  // One empty scope for all, and nothing of the rest.
  void LeaveOutTheRest() {
    const std::size_t count = out_.span_count();
    out_.flags.resize(count);
    out_.names.resize(count);
    out_.status_messages.resize(count);
    out_.trace_states.resize(count);
    out_.dropped_attributes_counts.resize(count);
    out_.dropped_events_counts.resize(count);
    out_.dropped_links_counts.resize(count);
    out_.scope_indexes.resize(count);
    out_.scopes.names.resize(1);
    out_.scopes.versions.resize(1);
    out_.scopes.schema_urls.resize(1);
    out_.scopes.dropped_attributes_counts.resize(1);
  }

  bool IsWanted(Owner owner) const {
    return extent_ == ReadExtent::kAll || owner == Owner::kResource;
  }

  Status Parents() {
    std::vector<std::uint32_t> parents;
    TRY(Numbers(ColumnField::kParent, spans_, &parents));
    ASSIGN_OR_RETURN(const ColumnEntry* column, reader_.Required(ColumnField::kForeignParent));
    ASSIGN_OR_RETURN(const RowSlice foreign, reader_.Slice(*column, spans_));
    ASSIGN_OR_RETURN(const std::string foreign_ids,
                     reader_.FixedValues(*column, foreign.positions));
    std::size_t next_foreign = 0;
    std::size_t end = 0;
    for (const std::size_t trace : wanted_) {
      const std::size_t begin = end;
      end += SpanCountOf(trace);
      for (std::size_t row = begin; row < end; ++row) {
        SpanId& parent = out_.parent_span_ids.emplace_back();
        if (parents[row] == 1) {
          if ((next_foreign + 1) * 8 > foreign_ids.size()) {
            return DataLoss("row group: parents are missing");
          }
          std::memcpy(parent.bytes.data(), foreign_ids.data() + next_foreign * 8, 8);
          ++next_foreign;
        } else if (parents[row] >= 2) {
          const std::uint32_t in_trace = parents[row] - 2;
          if (in_trace >= end - begin) return DataLoss("row group: parent row {}", in_trace);
          parent = out_.span_ids[begin + in_trace];
        }
      }
    }
    return {};
  }

  Status Resources() {
    const std::uint32_t count = reader_.directory().stats.resource_count;
    resources_ = Compact(&out_.resource_indexes, count);
    if (resources_.rows.back() >= count) return DataLoss("row group: resource out of range");
    TRY(Texts(ColumnField::kResourceSchemaUrl, resources_, &out_.resources.schema_urls));
    TRY(Numbers(ColumnField::kResourceDropped, resources_,
                &out_.resources.dropped_attributes_counts));
    return Texts(ColumnField::kResourceEntities, resources_, &out_.resources.entity_refs);
  }

  Status Scopes() {
    const std::uint32_t count = reader_.directory().stats.scope_count;
    scopes_ = Compact(&out_.scope_indexes, count);
    if (scopes_.rows.back() >= count) return DataLoss("row group: scope out of range");
    TRY(Texts(ColumnField::kScopeName, scopes_, &out_.scopes.names));
    TRY(Texts(ColumnField::kScopeVersion, scopes_, &out_.scopes.versions));
    TRY(Texts(ColumnField::kScopeSchemaUrl, scopes_, &out_.scopes.schema_urls));
    return Numbers(ColumnField::kScopeDropped, scopes_, &out_.scopes.dropped_attributes_counts);
  }

  // The rows of events or links whose span is wanted; `span_rows` gets their spans.
  Result<WantedRows> Children(ColumnField field, std::uint32_t row_count,
                              std::vector<std::uint32_t>* span_rows) {
    std::vector<std::uint32_t> all;
    TRY(Numbers(field, WantedRows::Range(0, row_count, row_count), &all));
    if (!std::ranges::is_sorted(all)) {
      return DataLoss("row group: events or links are not in order");
    }
    WantedRows children;
    children.table_row_count = row_count;
    auto child = std::ranges::lower_bound(all, spans_.rows.front());
    for (std::uint32_t i = 0; i < spans_.rows.size() && child != all.end(); ++i) {
      while (child != all.end() && *child < spans_.rows[i]) ++child;
      for (; child != all.end() && *child == spans_.rows[i]; ++child) {
        children.rows.push_back(static_cast<std::uint32_t>(child - all.begin()));
        span_rows->push_back(i);
      }
    }
    return children;
  }

  Status Events() {
    const std::uint32_t count = reader_.directory().stats.event_count;
    ASSIGN_OR_RETURN(events_, Children(ColumnField::kEventSpan, count, &out_.events.span_rows));
    TRY(Numbers(ColumnField::kEventTime, events_, &out_.events.times));
    for (std::size_t i = 0; i < out_.events.times.size(); ++i) {
      out_.events.times[i] = Sum(out_.events.times[i], out_.starts[out_.events.span_rows[i]]);
    }
    TRY(Texts(ColumnField::kEventName, events_, &out_.events.names));
    return Numbers(ColumnField::kEventDropped, events_, &out_.events.dropped_attributes_counts);
  }

  Status Links() {
    const std::uint32_t count = reader_.directory().stats.link_count;
    ASSIGN_OR_RETURN(links_, Children(ColumnField::kLinkSpan, count, &out_.links.span_rows));
    TRY(Ids(ColumnField::kLinkTraceId, links_, &out_.links.trace_ids));
    TRY(Ids(ColumnField::kLinkSpanId, links_, &out_.links.span_ids));
    TRY(Texts(ColumnField::kLinkTraceState, links_, &out_.links.trace_states));
    TRY(Numbers(ColumnField::kLinkFlags, links_, &out_.links.flags));
    return Numbers(ColumnField::kLinkDropped, links_, &out_.links.dropped_attributes_counts);
  }

  const WantedRows& WantedOf(Owner owner) const {
    switch (owner) {
      case Owner::kResource:
        return resources_;
      case Owner::kScope:
        return scopes_;
      case Owner::kEvent:
        return events_;
      case Owner::kLink:
        return links_;
      case Owner::kSpan:
        break;
    }
    return spans_;
  }

  Status Attributes() {
    out_.memory.emplace_back(reader_.directory_owner(), std::string_view());
    for (const ColumnEntry& column : reader_.directory().columns) {
      if (column.field != ColumnField::kAttribute || !IsWanted(column.owner)) continue;
      ASSIGN_OR_RETURN(RowSlice slice, reader_.Slice(column, WantedOf(column.owner)));
      if (slice.rows.empty()) continue;
      model::AttributeColumn& target = out_.attributes.emplace_back();
      target.owner = column.owner;
      target.type = column.type;
      target.key = column.key;
      if (model::HoldsText(column.type)) {
        ASSIGN_OR_RETURN(target.strings, reader_.Texts(column, slice.positions, &out_.memory));
      } else if (column.type != model::ValueType::kEmpty) {
        ASSIGN_OR_RETURN(target.numbers, reader_.Numbers(column, slice.positions));
      }
      target.rows = std::move(slice.rows);
    }
    return Overflow();
  }

  Status Overflow() {
    ASSIGN_OR_RETURN(const auto overflow, reader_.Overflow());
    if (overflow == nullptr) return {};
    out_.memory.emplace_back(overflow, std::string_view());
    for (const OverflowColumn& column : overflow->columns) {
      if (!IsWanted(column.owner)) continue;
      const WantedRows& wanted = WantedOf(column.owner);
      model::AttributeColumn target;
      target.owner = column.owner;
      target.type = column.type;
      target.key = column.key;
      for (std::size_t i = 0; i < column.rows.size(); ++i) {
        const auto found = std::ranges::lower_bound(wanted.rows, column.rows[i]);
        if (found == wanted.rows.end() || *found != column.rows[i]) continue;
        target.rows.push_back(static_cast<std::uint32_t>(found - wanted.rows.begin()));
        if (!column.texts.empty()) target.strings.push_back(column.texts[i]);
        if (!column.numbers.empty()) target.numbers.push_back(column.numbers[i]);
      }
      if (!target.rows.empty()) out_.attributes.push_back(std::move(target));
    }
    return {};
  }

  const ColumnReader& reader_;
  const TraceTable& traces_;
  const std::span<const std::size_t> wanted_;
  const ReadExtent extent_;
  WantedRows spans_;
  WantedRows resources_;
  WantedRows scopes_;
  WantedRows events_;
  WantedRows links_;
  SpanColumns out_;
};

}  // namespace

TraceId TraceTable::Id(std::size_t trace) const {
  TraceId id;
  std::memcpy(id.bytes.data(), ids.view().data() + trace * 16, 16);
  return id;
}

std::optional<std::size_t> TraceTable::Find(const TraceId& id) const {
  std::size_t low = 0;
  std::size_t high = count();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = std::memcmp(ids.view().data() + middle * 16, id.bytes.data(), 16);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

std::size_t TraceTable::TraceOf(std::uint32_t span_row) const {
  const auto next = std::ranges::upper_bound(span_starts, span_row);
  return static_cast<std::size_t>(next - span_starts.begin()) - 1;
}

Result<std::shared_ptr<const TraceTable>> ReadTraceTable(const ColumnReader& reader) {
  using LoadedTable = ScanCache::Loaded<TraceTable>;
  return reader.cache().Get<TraceTable>(reader.source_id(), "traces", [&]() -> Result<LoadedTable> {
    TraceTable table;
    ASSIGN_OR_RETURN(const ColumnEntry* ids, reader.Required(ColumnField::kTraceId));
    ASSIGN_OR_RETURN(const ColumnEntry* counts, reader.Required(ColumnField::kTraceSpanCount));
    ASSIGN_OR_RETURN(const ColumnEntry* starts, reader.Required(ColumnField::kTraceStart));
    std::vector<std::uint32_t> all(ids->value_count);
    std::iota(all.begin(), all.end(), 0u);
    ASSIGN_OR_RETURN(std::string id_bytes, reader.FixedValues(*ids, all));
    table.ids = Bytes(std::move(id_bytes));
    ASSIGN_OR_RETURN(table.start_times, reader.AllNumbers(*starts));
    ASSIGN_OR_RETURN(const std::vector<std::int64_t> span_counts, reader.AllNumbers(*counts));
    std::uint64_t end = 0;
    table.span_starts.push_back(0);
    for (const std::int64_t count : span_counts) {
      end += static_cast<std::uint64_t>(count);
      if (count <= 0 || end > reader.directory().stats.span_count) {
        return DataLoss("row group: trace of {} spans", count);
      }
      table.span_starts.push_back(static_cast<std::uint32_t>(end));
    }
    if (table.ids.size() != span_counts.size() * 16 || table.count() != span_counts.size() ||
        end != reader.directory().stats.span_count) {
      return DataLoss("row group: the trace table does not fit its spans");
    }
    for (std::size_t trace = 1; trace < table.count(); ++trace) {
      if (table.Id(trace - 1) >= table.Id(trace)) {
        return DataLoss("row group: the trace table is not in order");
      }
    }
    const std::uint64_t size = table.ids.size() + table.count() * 12;
    return LoadedTable{std::make_shared<const TraceTable>(std::move(table)), size};
  });
}

Result<model::SpanColumnsPtr> ReadSpans(const ColumnReader& reader, const TraceTable& traces,
                                        std::span<const std::size_t> wanted, ReadExtent extent) {
  return SpanReader(reader, traces, wanted, extent).Read();
}

}  // namespace clew::storage
