#include "storage/format/row_group_source.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "storage/format/packed_column.h"
#include "storage/format/stored_column.h"
#include "storage/format/time_columns.h"
#include "storage/format/tree_reader.h"
#include "wire/otlp/json_text.h"

namespace clew::storage {
namespace {

// Of what is stored as it is asked for.
ColumnField StoredFieldOf(expr::Field field) {
  using enum expr::Field;
  switch (field) {
    case kSpanId:
      return ColumnField::kSpanId;
    case kName:
      return ColumnField::kName;
    case kStatusMessage:
      return ColumnField::kStatusMessage;
    case kTraceState:
      return ColumnField::kTraceState;
    case kKind:
      return ColumnField::kKind;
    case kStatus:
      return ColumnField::kStatusCode;
    case kResourceSchemaUrl:
      return ColumnField::kResourceSchemaUrl;
    case kScopeName:
      return ColumnField::kScopeName;
    case kScopeVersion:
      return ColumnField::kScopeVersion;
    case kScopeSchemaUrl:
      return ColumnField::kScopeSchemaUrl;
    case kEventName:
      return ColumnField::kEventName;
    case kEventTimeSinceStart:
      return ColumnField::kEventTime;
    case kLinkTraceId:
      return ColumnField::kLinkTraceId;
    case kLinkSpanId:
      return ColumnField::kLinkSpanId;
    case kLinkTraceState:
      return ColumnField::kLinkTraceState;
    // Made of several columns, or of attributes.
    case kTraceId:
    case kParentSpanId:
    case kStart:
    case kEnd:
    case kDuration:
    case kEventTime:
    case kService:
      break;
  }
  return ColumnField::kOverflow;
}

// An overflow column as a scan column; its views need `columns` alive.
scan::ColumnPtr FromOverflow(const OverflowColumn& overflow,
                             const std::shared_ptr<const OverflowColumns>& columns) {
  scan::Column column{.type = overflow.type,
                      .rows = overflow.rows,
                      .values = scan::Presence{overflow.rows.size()},
                      .kept = columns};
  if (!overflow.texts.empty()) column.values = std::span(overflow.texts);
  if (!overflow.numbers.empty()) column.values = std::span(overflow.numbers);
  return std::make_shared<const scan::Column>(std::move(column));
}

}  // namespace

RowGroupSource::RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                               std::shared_ptr<const PageReader> pages, ScanCache& cache)
    : RowGroupSource(std::move(directory), std::move(pages), cache, cache.NewSourceIds()) {}

RowGroupSource::RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                               std::shared_ptr<const PageReader> pages, ScanCache& cache,
                               std::uint64_t source_id)
    : reader_(std::make_shared<const ColumnReader>(std::move(directory), std::move(pages), cache,
                                                   source_id)) {}

scan::Reader Joined(scan::Reader reader, const scan::Reader& before) {
  if (before.report) {
    reader.report = [report = std::move(reader.report),
                     told_before = before.report](const Error& error) {
      report(error);
      told_before(error);
    };
  }
  if (!reader.check) reader.check = before.check;
  if (!reader.counts) reader.counts = before.counts;
  return reader;
}

std::shared_ptr<const scan::SpanSource> RowGroupSource::PastDamage(scan::Reader reader) const {
  const bool is_counted_anew = reader.counts != nullptr;
  auto columns =
      is_counted_anew ? std::make_shared<const ColumnReader>(*reader_, reader.counts) : reader_;
  return std::shared_ptr<const scan::SpanSource>(
      new RowGroupSource(std::move(columns), Joined(std::move(reader), behalf_)));
}

Status RowGroupSource::Settle(const Damage& damage) const {
  if (!behalf_.report && !damage.empty()) return std::unexpected(damage.front());
  for (const Error& error : damage) behalf_.report(error);
  return {};
}

Result<scan::ColumnPtr> RowGroupSource::Cached(
    const std::string& what, const std::function<Result<ScannedColumn>()>& load) const {
  using Loaded = ScanCache::Loaded<scan::Column>;
  ASSIGN_OR_RETURN(
      scan::ColumnPtr found,
      reader_->cache().Get<scan::Column>(reader_->source_id(), what, [&]() -> Result<Loaded> {
        TRY(Check());
        ASSIGN_OR_RETURN(ScannedColumn loaded, load());
        const bool is_whole = loaded.column->damage.empty();
        return Loaded{std::move(loaded.column), loaded.byte_size, is_whole};
      }));
  TRY(Settle(found->damage));
  return found;
}

Result<std::shared_ptr<const TraceTable>> RowGroupSource::Table() const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(*reader_));
  TRY(Settle(traces->damage));
  return traces;
}

Result<LoadedColumn> RowGroupSource::LoadTraceIds() const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(*reader_));
  LoadedColumn column{.damage = traces->damage};
  std::vector<TraceId> ids;
  ids.reserve(reader_->directory().stats.span_count);
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
Result<LoadedColumn> RowGroupSource::LoadParents() const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(*reader_));
  std::vector<std::size_t> all(traces->count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  LoadedColumn column{.damage = traces->damage};
  ASSIGN_OR_RETURN(const auto spans, ReadSpans(*reader_, *traces, all, scan::ReadExtent::kTree,
                                               behalf_.check, &column.damage));
  column.is_lost = !column.damage.empty();
  if (!column.is_lost) {
    const auto& ids = spans->parent_span_ids;
    column.values = std::vector<SpanId>(ids.begin(), ids.end());
  }
  return column;
}

Result<LoadedColumn> RowGroupSource::LoadField(expr::Field field) const {
  switch (field) {
    case expr::Field::kTraceId:
      return LoadTraceIds();
    case expr::Field::kParentSpanId:
      return LoadParents();
    case expr::Field::kStart: {
      ASSIGN_OR_RETURN(SpanTimes starts, LoadStarts(*reader_));
      LoadedColumn column{.damage = std::move(starts.damage), .lost = std::move(starts.lost)};
      column.values = std::move(starts.times);
      return column;
    }
    case expr::Field::kEnd:
      return LoadEnds(*reader_, false);
    case expr::Field::kDuration:
      return LoadEnds(*reader_, true);
    case expr::Field::kEventTime:
      return LoadEventTimes(*reader_);
    case expr::Field::kService:
      return Internal("services are made of attributes");
    default:
      break;
  }
  const ColumnEntry& stored = reader_->Required(StoredFieldOf(field));
  return LoadStored(*reader_, stored, stored.value_count);
}

// A field that is asked for as it is stored; else null.
const ColumnEntry* RowGroupSource::StoredEntry(expr::Field field) const {
  if (field == expr::Field::kDuration && AreDurationsStored(*reader_)) {
    return &reader_->Required(ColumnField::kDuration);
  }
  const ColumnField stored = StoredFieldOf(field);
  return stored == ColumnField::kOverflow ? nullptr : &reader_->Required(stored);
}

Result<scan::ColumnPtr> RowGroupSource::Field(expr::Field field) const {
  return Cached("field " + std::to_string(static_cast<int>(field)), [&]() -> Result<ScannedColumn> {
    if (const ColumnEntry* entry = StoredEntry(field)) {
      ASSIGN_OR_RETURN(auto packed, LoadPacked(*reader_, *entry, entry->value_count));
      if (packed) return *std::move(packed);
    }
    ASSIGN_OR_RETURN(LoadedColumn loaded, LoadField(field));
    return ToScan(std::move(loaded));
  });
}

// Cached by the zones that it has: which those are is known without reading any.
Result<scan::ColumnPtr> RowGroupSource::FieldWithin(expr::Field field, scan::IntRange range) const {
  const ColumnEntry* const entry = StoredEntry(field);
  const bool is_start = field == expr::Field::kStart;
  if (!is_start && entry == nullptr) return Field(field);
  const auto within = ZonesWithin(is_start ? reader_->directory().starts : entry->zones, range);
  if (!within) return Field(field);
  std::string what = "field " + std::to_string(static_cast<int>(field)) + " zones";
  for (const std::uint32_t zone : *within) what += ' ' + std::to_string(zone);
  return Cached(what, [&]() -> Result<ScannedColumn> {
    if (is_start) {
      ASSIGN_OR_RETURN(auto starts, LoadStartsWithin(*reader_, range));
      if (starts) return ToScan(*std::move(starts));
    } else {
      ASSIGN_OR_RETURN(auto packed, LoadPackedWithin(*reader_, *entry, entry->value_count, range));
      if (packed) return *std::move(packed);
    }
    ASSIGN_OR_RETURN(LoadedColumn loaded, LoadField(field));
    return ToScan(std::move(loaded));
  });
}

Result<scan::ColumnPtr> RowGroupSource::Ties(model::Owner owner) const {
  return Cached("ties " + std::to_string(static_cast<int>(owner)), [&]() -> Result<ScannedColumn> {
    ASSIGN_OR_RETURN(LoadedColumn loaded, LoadTies(*reader_, owner));
    return ToScanAsRows(std::move(loaded));
  });
}

Result<std::vector<scan::ColumnPtr>> RowGroupSource::Attributes(
    model::Owner owner, std::string_view key, const std::optional<scan::IntRange>& range) const {
  std::vector<scan::ColumnPtr> columns;
  for (const ColumnEntry* entry : reader_->directory().FindAttribute(owner, key)) {
    const std::uint32_t row_count = reader_->RowCountOf(owner);
    const bool is_ranged = range && entry->type == model::ValueType::kInt;
    const auto within = is_ranged ? ZonesWithin(entry->zones, *range) : std::nullopt;
    // The key, which may be any text, comes last: several may be shown alike, or end like a zone.
    std::string what = "attribute";
    if (within) what += " zones";
    for (const std::uint32_t zone : within.value_or(std::vector<std::uint32_t>())) {
      what += ' ' + std::to_string(zone);
    }
    what += " of " + std::to_string(static_cast<int>(owner)) + ' ' +
            std::to_string(static_cast<int>(entry->type)) + ' ' + entry->key;
    ASSIGN_OR_RETURN(
        scan::ColumnPtr column, Cached(what, [&]() -> Result<ScannedColumn> {
          if (within) {
            ASSIGN_OR_RETURN(auto some, LoadPackedWithin(*reader_, *entry, row_count, *range));
            if (some) return *std::move(some);
          }
          ASSIGN_OR_RETURN(auto packed, LoadPacked(*reader_, *entry, row_count));
          if (packed) return *std::move(packed);
          ASSIGN_OR_RETURN(LoadedColumn loaded, LoadStored(*reader_, *entry, row_count));
          return ToScan(std::move(loaded));
        }));
    columns.push_back(std::move(column));
  }
  const auto overflow = reader_->Overflow();
  if (!overflow.has_value()) {
    if (overflow.error().code != Code::kDataLoss) return std::unexpected(overflow.error());
    TRY(Settle({overflow.error()}));
    columns.push_back(scan::LostColumn(model::ValueType::kEmpty, {overflow.error()}));
    return columns;
  }
  if (*overflow == nullptr) return columns;
  for (const OverflowColumn& column : (*overflow)->columns) {
    if (column.owner == owner && wire::otlp::IsShownAs(column.key, key)) {
      columns.push_back(FromOverflow(column, *overflow));
    }
  }
  return columns;
}

Result<std::vector<scan::AttributeCount>> RowGroupSource::Attributes() const {
  std::vector<scan::AttributeCount> attributes;
  for (const ColumnEntry& column : reader_->directory().columns) {
    if (column.field != ColumnField::kAttribute) continue;
    attributes.push_back({column.owner, column.type, std::string(column.key), column.value_count});
  }
  const auto overflow = reader_->Overflow();
  if (!overflow.has_value()) {
    if (overflow.error().code != Code::kDataLoss) return std::unexpected(overflow.error());
    TRY(Settle({overflow.error()}));
    return attributes;
  }
  if (*overflow == nullptr) return attributes;
  for (const OverflowColumn& column : (*overflow)->columns) {
    attributes.push_back({column.owner, column.type, std::string(column.key), column.rows.size()});
  }
  return attributes;
}

Result<scan::StartIntervalsPtr> RowGroupSource::Starts() const {
  struct Known {
    scan::StartIntervals intervals;
    Damage damage;
  };
  using LoadedKnown = ScanCache::Loaded<Known>;
  // The column itself is not put into the cache: those of many row groups would push out the rest.
  ASSIGN_OR_RETURN(const auto known,
                   reader_->cache().Get<Known>(
                       reader_->source_id(), "start intervals", [&]() -> Result<LoadedKnown> {
                         TRY(Check());
                         ASSIGN_OR_RETURN(SpanTimes starts, LoadStarts(*reader_));
                         auto made = std::make_shared<const Known>(
                             scan::StartIntervals(std::move(starts.times)),
                             std::move(starts.damage));
                         return LoadedKnown{made, sizeof(Known) + made->intervals.byte_size(),
                                            made->damage.empty()};
                       }));
  TRY(Settle(known->damage));
  return scan::StartIntervalsPtr(known, &known->intervals);
}

Result<std::vector<TraceId>> RowGroupSource::TraceIds(
    const std::vector<std::uint32_t>& span_rows) const {
  ASSIGN_OR_RETURN(const auto traces, Table());
  std::vector<TraceId> ids;
  ids.reserve(span_rows.size());
  for (const std::uint32_t row : span_rows) ids.push_back(traces->Id(traces->TraceOf(row)));
  return ids;
}

Result<model::SpanColumnsPtr> RowGroupSource::Read(const TraceTable& traces,
                                                   std::span<const std::size_t> wanted,
                                                   scan::ReadExtent extent) const {
  Damage damage;
  ASSIGN_OR_RETURN(model::SpanColumnsPtr spans,
                   ReadSpans(*reader_, traces, wanted, extent, behalf_.check, &damage));
  TRY(Settle(damage));
  return spans;
}

Result<model::SpanColumnsPtr> RowGroupSource::ReadTraces(std::span<const TraceId> ids,
                                                         scan::ReadExtent extent) const {
  ASSIGN_OR_RETURN(const std::vector<TraceId> here, SelectTraces(*reader_, ids));
  if (here.empty()) return model::SpanColumnsPtr();
  ASSIGN_OR_RETURN(const auto traces, Table());
  std::vector<std::size_t> wanted;
  for (const TraceId& id : here) {
    if (const auto trace = traces->Find(id)) wanted.push_back(*trace);
  }
  if (wanted.empty()) return model::SpanColumnsPtr();
  return Read(*traces, wanted, extent);
}

Result<std::vector<std::optional<UnixNanos>>> RowGroupSource::TraceStarts(
    std::span<const TraceId> ids) const {
  std::vector<std::optional<UnixNanos>> starts(ids.size());
  ASSIGN_OR_RETURN(const std::vector<TraceId> here, SelectTraces(*reader_, ids));
  if (here.empty()) return starts;
  ASSIGN_OR_RETURN(const auto traces, Table());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto trace = traces->Find(ids[i])) starts[i] = traces->start_times[*trace];
  }
  return starts;
}

Result<std::vector<scan::TraceSize>> RowGroupSource::Traces() const {
  ASSIGN_OR_RETURN(const auto table, Table());
  std::vector<scan::TraceSize> traces;
  traces.reserve(table->count());
  for (std::size_t trace = 0; trace < table->count(); ++trace) {
    if (table->is_lost[trace]) continue;
    const std::uint32_t span_count = table->span_starts[trace + 1] - table->span_starts[trace];
    traces.push_back({table->Id(trace), span_count});
  }
  return traces;
}

Result<scan::TraceTreesPtr> RowGroupSource::Trees(bool with_starts) const {
  TRY(Check());
  ASSIGN_OR_RETURN(const auto table, ReadTraceTable(*reader_));
  return ReadTrees(*reader_, *table, with_starts);
}

Result<std::vector<scan::OperationCount>> RowGroupSource::Operations() const {
  const std::uint32_t count = reader_->directory().operation_count;
  const WantedRows all = WantedRows::Range(0, count, count);
  std::vector<Bytes> memory;
  Gaps gaps[4];
  const auto column = [&](ColumnField field) -> auto& { return reader_->Required(field); };
  ASSIGN_OR_RETURN(const auto services, reader_->Texts(column(ColumnField::kOperationService),
                                                       all.rows, &memory, &gaps[0]));
  ASSIGN_OR_RETURN(const auto names, reader_->Texts(column(ColumnField::kOperationName), all.rows,
                                                    &memory, &gaps[1]));
  ASSIGN_OR_RETURN(const auto kinds,
                   reader_->Numbers(column(ColumnField::kOperationKind), all.rows, &gaps[2]));
  ASSIGN_OR_RETURN(const auto counts,
                   reader_->Numbers(column(ColumnField::kOperationSpans), all.rows, &gaps[3]));
  std::vector<bool> is_known(count, true);
  for (const Gaps& of_column : gaps) {
    TRY(Settle(of_column.damage));
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

Result<model::SpanColumnsPtr> RowGroupSource::ReadAll(scan::ReadExtent extent) const {
  ASSIGN_OR_RETURN(const auto traces, Table());
  std::vector<std::size_t> all(traces->count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return Read(*traces, all, extent);
}

}  // namespace clew::storage
