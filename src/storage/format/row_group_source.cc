#include "storage/format/row_group_source.h"

#include <numeric>
#include <string>
#include <utility>

#include "storage/format/field_columns.h"
#include "storage/format/joined_reader.h"
#include "storage/format/packed_column.h"
#include "storage/format/row_group_lists.h"
#include "storage/format/stored_column.h"
#include "storage/format/time_columns.h"
#include "storage/format/tree_reader.h"

namespace clew::storage {

RowGroupSource::RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                               std::shared_ptr<const PageReader> pages, ScanCache& cache)
    : RowGroupSource(std::move(directory), std::move(pages), cache, cache.NewSourceIds()) {}

RowGroupSource::RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                               std::shared_ptr<const PageReader> pages, ScanCache& cache,
                               std::uint64_t source_id)
    : reader_(std::make_shared<const ColumnReader>(std::move(directory), std::move(pages), cache,
                                                   source_id)) {}

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
        return Loaded{std::move(loaded.column), loaded.byte_size, is_whole,
                      std::move(loaded.parts)};
      }));
  TRY(Settle(found->damage));
  return found;
}

Result<std::shared_ptr<const TraceTable>> RowGroupSource::Table() const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(*reader_));
  TRY(Settle(traces->damage));
  return traces;
}

Result<scan::ColumnPtr> RowGroupSource::Field(expr::Field field) const {
  return Cached("field " + std::to_string(static_cast<int>(field)), [&]() -> Result<ScannedColumn> {
    if (const ColumnEntry* entry = StoredEntry(*reader_, field)) {
      ASSIGN_OR_RETURN(auto packed, LoadPacked(*reader_, *entry, entry->value_count));
      if (packed) return *std::move(packed);
    }
    ASSIGN_OR_RETURN(LoadedColumn loaded, LoadField(*reader_, field, behalf_.check));
    return ToScan(std::move(loaded));
  });
}

// Cached by the zones that it has: which those are is known without reading any.
Result<scan::ColumnPtr> RowGroupSource::FieldWithin(expr::Field field, scan::IntRange range) const {
  const ColumnEntry* const entry = StoredEntry(*reader_, field);
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
    ASSIGN_OR_RETURN(LoadedColumn loaded, LoadField(*reader_, field, behalf_.check));
    return ToScan(std::move(loaded));
  });
}

Result<scan::ColumnPtr> RowGroupSource::Ties(model::Owner owner) const {
  return Cached("ties " + std::to_string(static_cast<int>(owner)), [&]() -> Result<ScannedColumn> {
    ASSIGN_OR_RETURN(LoadedColumn loaded, LoadTies(*reader_, owner));
    return ToScanAsRows(std::move(loaded));
  });
}

Result<scan::StartIntervalsPtr> RowGroupSource::Starts() const {
  ASSIGN_OR_RETURN(const auto known, ReadStartIntervals(*reader_, behalf_.check));
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

// Null when none of these traces is here, which the pages of ids tell that are read for it: less
// than the table, unless that is there already.
Result<std::shared_ptr<const TraceTable>> RowGroupSource::TableFor(
    std::span<const TraceId> ids) const {
  if (auto known = KnownTraceTable(*reader_)) return known;
  ASSIGN_OR_RETURN(const std::vector<TraceId> here, SelectTraces(*reader_, ids));
  return here.empty() ? nullptr : Table();
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
  ASSIGN_OR_RETURN(const auto traces, TableFor(ids));
  if (traces == nullptr) return model::SpanColumnsPtr();
  std::vector<std::size_t> wanted;
  for (const TraceId& id : ids) {
    if (const auto trace = traces->Find(id)) wanted.push_back(*trace);
  }
  if (wanted.empty()) return model::SpanColumnsPtr();
  return Read(*traces, wanted, extent);
}

Result<std::vector<std::optional<UnixNanos>>> RowGroupSource::TraceStarts(
    std::span<const TraceId> ids) const {
  std::vector<std::optional<UnixNanos>> starts(ids.size());
  ASSIGN_OR_RETURN(const auto traces, TableFor(ids));
  if (traces == nullptr) return starts;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto trace = traces->Find(ids[i])) starts[i] = traces->start_times[*trace];
  }
  return starts;
}

Result<std::vector<scan::TraceSize>> RowGroupSource::Traces() const {
  ASSIGN_OR_RETURN(const auto table, Table());
  return ListTraces(*table);
}

Result<scan::TraceTreesPtr> RowGroupSource::Trees(scan::TreeParts parts) const {
  TRY(Check());
  ASSIGN_OR_RETURN(const auto table, ReadTraceTable(*reader_));
  return ReadTrees(*reader_, *table, parts);
}

Result<std::vector<scan::OperationCount>> RowGroupSource::Operations() const {
  Damage damage;
  ASSIGN_OR_RETURN(auto operations, ListOperations(*reader_, &damage));
  TRY(Settle(damage));
  return operations;
}

Result<model::SpanColumnsPtr> RowGroupSource::ReadAll(scan::ReadExtent extent) const {
  ASSIGN_OR_RETURN(const auto traces, Table());
  std::vector<std::size_t> all(traces->count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return Read(*traces, all, extent);
}

}  // namespace clew::storage
