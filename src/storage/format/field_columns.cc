#include "storage/format/field_columns.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "storage/format/asked_fields.h"
#include "storage/format/span_reader.h"
#include "storage/format/stored_column.h"
#include "storage/format/time_columns.h"
#include "storage/format/trace_table.h"

namespace clew::storage {
namespace {

Result<LoadedColumn> LoadTraceIds(const ColumnReader& reader) {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader));
  LoadedColumn column{.damage = traces->damage};
  std::vector<TraceId> ids;
  ids.reserve(reader.directory().stats.span_count);
  for (std::size_t trace = 0; trace < traces->count(); ++trace) {
    const std::uint32_t end = traces->span_starts[trace + 1];
    for (std::uint32_t row = traces->span_starts[trace]; row < end; ++row) {
      ids.push_back(traces->Id(trace));
      if (traces->is_lost[trace]) column.lost.push_back(row);
    }
  }
  column.values = std::move(ids);
  return column;
}

// Most are stored as rows of their trace: they are known when the whole of that is.
Result<LoadedColumn> LoadParents(const ColumnReader& reader, const scan::StopCheck& check) {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader));
  std::vector<std::size_t> all(traces->count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  LoadedColumn column{.damage = traces->damage};
  ASSIGN_OR_RETURN(const auto spans,
                   ReadSpans(reader, *traces, all, scan::ReadExtent::kTree, check, &column.damage));
  column.is_lost = !column.damage.empty();
  if (!column.is_lost) {
    const auto& ids = spans->parent_span_ids;
    column.values = std::vector<SpanId>(ids.begin(), ids.end());
  }
  return column;
}

}  // namespace

static_assert(std::ranges::all_of(kAskedFields,
                                  [](const AskedField& field) {
                                    return std::to_underlying(field.stored) < kLaterFields;
                                  }),
              "what older blocks lack has to be asked for as absent there");

const ColumnEntry* StoredEntry(const ColumnReader& reader, expr::Field field) {
  if (field == expr::Field::kDuration && AreDurationsStored(reader)) {
    return &reader.Required(ColumnField::kDuration);
  }
  const AskedField* asked = FindAsked(field);
  return asked == nullptr ? nullptr : &reader.Required(asked->stored);
}

Result<LoadedColumn> LoadField(const ColumnReader& reader, expr::Field field,
                               const scan::StopCheck& check) {
  switch (field) {
    case expr::Field::kTraceId:
      return LoadTraceIds(reader);
    case expr::Field::kParentSpanId:
      return LoadParents(reader, check);
    case expr::Field::kStart: {
      ASSIGN_OR_RETURN(SpanTimes starts, LoadStarts(reader));
      LoadedColumn column{.damage = std::move(starts.damage), .lost = std::move(starts.lost)};
      column.values = std::move(starts.times);
      return column;
    }
    case expr::Field::kEnd:
      return LoadEnds(reader, false);
    case expr::Field::kDuration:
      return LoadEnds(reader, true);
    case expr::Field::kEventTime:
      return LoadEventTimes(reader);
    case expr::Field::kService:
      return Internal("services are made of attributes");
    default:
      break;
  }
  const ColumnEntry& stored = reader.Required(FindAsked(field)->stored);
  return LoadStored(reader, stored, stored.value_count);
}

}  // namespace clew::storage
