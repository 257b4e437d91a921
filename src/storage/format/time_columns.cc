#include "storage/format/time_columns.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/format/packed_column.h"
#include "storage/format/stored_column.h"
#include "storage/format/trace_table.h"

namespace clew::storage {
namespace {

std::int64_t Sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

// Those that are lost are taken for the start of the trace, as when the spans are read.
Result<SpanTimes> LoadStarts(const ColumnReader& reader) {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader));
  SpanTimes starts;
  Gaps gaps;
  ASSIGN_OR_RETURN(starts.times,
                   reader.AllNumbers(reader.Required(ColumnField::kStartOffset), &gaps));
  std::vector<std::uint32_t> guessed;
  for (std::size_t trace = 0; trace < traces->count(); ++trace) {
    for (std::uint32_t row = traces->span_starts[trace]; row < traces->span_starts[trace + 1];
         ++row) {
      starts.times[row] = Sum(starts.times[row], traces->start_times[trace]);
      if (traces->is_start_lost[trace]) guessed.push_back(row);
    }
  }
  std::ranges::set_union(gaps.indexes, guessed, std::back_inserter(starts.lost));
  starts.damage = std::move(gaps.damage);
  starts.damage.insert(starts.damage.end(), traces->damage.begin(), traces->damage.end());
  return starts;
}

// The column itself is not put into the cache: those of many row groups would push out the rest.
Result<std::shared_ptr<const KnownStarts>> ReadStartIntervals(const ColumnReader& reader,
                                                              const scan::StopCheck& check) {
  using Loaded = ScanCache::Loaded<KnownStarts>;
  return reader.cache().Get<KnownStarts>(
      reader.source_id(), "start intervals", [&]() -> Result<Loaded> {
        if (check) TRY(check());
        ASSIGN_OR_RETURN(SpanTimes starts, LoadStarts(reader));
        auto made = std::make_shared<const KnownStarts>(
            scan::StartIntervals(std::move(starts.times)), std::move(starts.damage));
        return Loaded{made, sizeof(KnownStarts) + made->intervals.byte_size(),
                      made->damage.empty()};
      });
}

Result<std::optional<LoadedColumn>> LoadStartsWithin(const ColumnReader& reader,
                                                     scan::IntRange range) {
  const auto within = ZonesWithin(reader.directory().starts, range);
  if (!within) return std::nullopt;
  const std::uint32_t span_count = reader.directory().stats.span_count;
  LoadedColumn column;
  for (const std::uint32_t zone : *within) {
    for (std::uint32_t i = 0; i < ColumnEntry::CountOf(zone, span_count); ++i) {
      column.rows.push_back(zone * kZoneValues + i);
    }
  }
  const ColumnEntry& offsets = reader.Required(ColumnField::kStartOffset);
  reader.CountSpared(offsets, *within);
  Gaps gaps;
  ASSIGN_OR_RETURN(std::vector<std::int64_t> starts, reader.Numbers(offsets, column.rows, &gaps));
  if (!starts.empty()) {
    ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader));
    if (!gaps.damage.empty() || !traces->damage.empty()) return std::nullopt;
    std::size_t trace = 0;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      while (traces->span_starts[trace + 1] <= column.rows[i]) ++trace;
      starts[i] = Sum(starts[i], traces->start_times[trace]);
    }
  }
  column.values = std::move(starts);
  return column;
}

bool AreDurationsStored(const ColumnReader& reader) {
  const ColumnEntry& entry = reader.Required(ColumnField::kDuration);
  return reader.directory().stats.start_min >= 0 && entry.min >= 0;
}

// Stored is by how much the end differs from the start.
Result<LoadedColumn> LoadEnds(const ColumnReader& reader, bool as_durations) {
  const ColumnEntry& entry = reader.Required(ColumnField::kDuration);
  ASSIGN_OR_RETURN(LoadedColumn column, LoadStored(reader, entry, entry.value_count));
  if (as_durations && AreDurationsStored(reader)) return column;
  if (column.is_lost) return column;
  ASSIGN_OR_RETURN(const SpanTimes starts, LoadStarts(reader));
  LoadedColumn::Numbers& numbers = *column.numbers();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const UnixNanos start = starts.times[column.RowOf(i)];
    const UnixNanos end = Sum(start, numbers[i]);
    numbers[i] = as_durations ? model::SpanDuration(start, end).count() : end;
  }
  column.AddDamage(starts.damage);
  column.AddLost(starts.lost);
  return column;
}

// Stored is by how much they differ from the start of their span.
Result<LoadedColumn> LoadEventTimes(const ColumnReader& reader) {
  const ColumnEntry& times = reader.Required(ColumnField::kEventTime);
  ASSIGN_OR_RETURN(LoadedColumn column, LoadStored(reader, times, times.value_count));
  ASSIGN_OR_RETURN(const LoadedColumn ties, LoadTies(reader, model::Owner::kEvent));
  ASSIGN_OR_RETURN(const SpanTimes starts, LoadStarts(reader));
  column.AddDamage(ties.damage);
  column.AddDamage(starts.damage);
  if (column.is_lost || ties.is_lost) {
    // Without rows, too: those that were read would stand for times of nothing.
    return LoadedColumn{.type = column.type, .damage = std::move(column.damage), .is_lost = true};
  }
  const std::uint32_t event_count = reader.directory().stats.event_count;
  constexpr std::int64_t kNoSpan = -1;
  std::vector<std::int64_t> span_of(event_count, kNoSpan);
  const auto& spans = std::get<LoadedColumn::Numbers>(ties.values);
  for (std::size_t i = 0; i < spans.size(); ++i) span_of[ties.RowOf(i)] = spans[i];
  std::vector<std::uint32_t> lost;
  LoadedColumn::Numbers& numbers = *column.numbers();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::uint32_t row = column.RowOf(i);
    const std::int64_t span = span_of[row];
    if (span == kNoSpan ||
        std::ranges::binary_search(starts.lost, static_cast<std::uint32_t>(span))) {
      lost.push_back(row);
    } else {
      numbers[i] = Sum(numbers[i], starts.times[static_cast<std::size_t>(span)]);
    }
  }
  column.AddLost(lost);
  return column;
}

}  // namespace clew::storage
