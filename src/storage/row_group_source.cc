#include "storage/row_group_source.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

#include "wire/otlp/json_text.h"

namespace clew::storage {
namespace {

ColumnField FieldOf(scan::SpanField field) {
  switch (field) {
    case scan::SpanField::kName:
      return ColumnField::kName;
    case scan::SpanField::kStatusMessage:
      return ColumnField::kStatusMessage;
    case scan::SpanField::kTraceState:
      return ColumnField::kTraceState;
    case scan::SpanField::kKind:
      return ColumnField::kKind;
    case scan::SpanField::kStatusCode:
      return ColumnField::kStatusCode;
    case scan::SpanField::kStart:
      return ColumnField::kStartOffset;
    case scan::SpanField::kEnd:
    case scan::SpanField::kDuration:
      return ColumnField::kDuration;
    case scan::SpanField::kResource:
      return ColumnField::kResource;
    case scan::SpanField::kScope:
      return ColumnField::kScope;
    case scan::SpanField::kScopeName:
      return ColumnField::kScopeName;
    case scan::SpanField::kScopeVersion:
      return ColumnField::kScopeVersion;
    case scan::SpanField::kEventSpan:
      return ColumnField::kEventSpan;
    case scan::SpanField::kEventName:
      return ColumnField::kEventName;
    case scan::SpanField::kLinkSpan:
      return ColumnField::kLinkSpan;
  }
  return ColumnField::kName;
}

// An overflow column as a scan column; its views need `columns` alive.
scan::ColumnPtr FromOverflow(const OverflowColumn& overflow,
                             const std::shared_ptr<const OverflowColumns>& columns) {
  auto column = std::make_shared<scan::Column>();
  column->type = overflow.type;
  column->rows = overflow.rows;
  column->texts = overflow.texts;
  column->numbers = overflow.numbers;
  column->memory.emplace_back(columns, std::string_view());
  return column;
}

// A column of which nothing can be read; other errors than damage stay errors.
Result<scan::ColumnPtr> LostColumn(model::ValueType type, const Error& error) {
  if (error.code != Code::kDataLoss) return std::unexpected(error);
  auto column = std::make_shared<scan::Column>();
  column->type = type;
  column->damage = {error};
  column->is_lost = true;
  return column;
}

template <typename Value>
void Keep(const std::vector<std::uint32_t>& positions, std::vector<Value>* values) {
  if (values->empty()) return;
  for (std::size_t i = 0; i < positions.size(); ++i) (*values)[i] = (*values)[positions[i]];
  values->resize(positions.size());
}

// Adds rows to those that are lost.
void AddLost(const std::vector<std::uint32_t>& rows, scan::Column* column) {
  if (rows.empty()) return;
  std::vector<std::uint32_t> all;
  std::ranges::set_union(column->lost, rows, std::back_inserter(all));
  column->lost = std::move(all);
}

// Takes the values `lost`, which ascend, out of a column of `value_count`.
void LeaveOut(const std::vector<std::uint32_t>& lost, std::uint32_t value_count,
              scan::Column* column) {
  if (lost.empty()) return;
  for (const std::uint32_t i : lost) column->lost.push_back(column->RowOf(i));
  std::vector<std::uint32_t> kept;
  kept.reserve(value_count - lost.size());
  auto next = lost.begin();
  for (std::uint32_t i = 0; i < value_count; ++i) {
    if (next != lost.end() && *next == i) {
      ++next;
    } else {
      kept.push_back(i);
    }
  }
  Keep(kept, &column->codes);
  Keep(kept, &column->texts);
  Keep(kept, &column->numbers);
  if (column->rows.empty()) {
    column->rows = std::move(kept);
  } else {
    Keep(kept, &column->rows);
  }
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

RowGroupSource::RowGroupSource(std::shared_ptr<const ColumnReader> reader,
                               scan::DamageReport report, scan::StopCheck check)
    : reader_(std::move(reader)), report_(std::move(report)), check_(std::move(check)) {}

scan::DamageReport ReportToBoth(scan::DamageReport report, scan::DamageReport told_before) {
  if (!told_before) return report;
  return [report = std::move(report), told_before = std::move(told_before)](const Error& error) {
    report(error);
    told_before(error);
  };
}

std::shared_ptr<const scan::SpanSource> RowGroupSource::PastDamage(scan::DamageReport report,
                                                                   scan::StopCheck check) const {
  if (!check) check = check_;
  return std::shared_ptr<const scan::SpanSource>(
      new RowGroupSource(reader_, ReportToBoth(std::move(report), report_), std::move(check)));
}

Status RowGroupSource::Settle(const Damage& damage) const {
  if (!report_ && !damage.empty()) return std::unexpected(damage.front());
  for (const Error& error : damage) report_(error);
  return {};
}

Result<scan::ColumnPtr> RowGroupSource::Cached(
    const std::string& what, const std::function<Result<scan::ColumnPtr>()>& load) const {
  using LoadedColumn = ScanCache::Loaded<scan::Column>;
  ASSIGN_OR_RETURN(
      scan::ColumnPtr found,
      reader_->cache().Get<scan::Column>(reader_->source_id(), what, [&]() -> Result<LoadedColumn> {
        TRY(Check());
        ASSIGN_OR_RETURN(const scan::ColumnPtr column, load());
        return LoadedColumn{column, column->byte_size()};
      }));
  TRY(Settle(found->damage));
  return found;
}

Result<scan::ColumnPtr> RowGroupSource::Load(const ColumnEntry& column,
                                             std::uint32_t row_count) const {
  auto result = std::make_shared<scan::Column>();
  result->type = column.type;
  Gaps gaps;
  auto rows = reader_->Rows(column, row_count);
  if (!rows.has_value()) return LostColumn(column.type, rows.error());
  result->rows = *std::move(rows);
  if (column.values == ValuesEncoding::kNumbers) {
    ASSIGN_OR_RETURN(result->numbers, reader_->AllNumbers(column, &gaps));
  } else if (column.values == ValuesEncoding::kDictionary) {
    const auto dictionary = reader_->DictionaryOf(column);
    if (!dictionary.has_value()) {
      return LostColumn(column.type, reader_->Describe(column, dictionary.error()));
    }
    result->is_coded = true;
    for (std::size_t i = 0; i < (*dictionary)->count(); ++i) {
      result->dictionary.push_back((*dictionary)->Get(i));
    }
    result->memory.emplace_back(*dictionary, std::string_view());
    ASSIGN_OR_RETURN(result->codes, reader_->AllCodes(column, (*dictionary)->count(), &gaps));
  } else if (column.values == ValuesEncoding::kPlain) {
    const WantedRows all = WantedRows::Range(0, column.value_count, column.value_count);
    ASSIGN_OR_RETURN(result->texts, reader_->Texts(column, all.rows, &result->memory, &gaps));
  } else if (result->rows.empty()) {
    // Values that carry nothing: only rows say how many there are.
    result->rows = WantedRows::Range(0, column.value_count, column.value_count).rows;
  }
  LeaveOut(gaps.indexes, column.value_count, result.get());
  result->damage = std::move(gaps.damage);
  return result;
}

Result<std::shared_ptr<const TraceTable>> RowGroupSource::Traces() const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(*reader_));
  TRY(Settle(traces->damage));
  return traces;
}

// Those that are lost are taken for the start of the trace, as when the spans are read.
Result<scan::ColumnPtr> RowGroupSource::LoadStarts() const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(*reader_));
  auto column = std::make_shared<scan::Column>();
  Gaps gaps;
  ASSIGN_OR_RETURN(column->numbers,
                   reader_->AllNumbers(reader_->Required(ColumnField::kStartOffset), &gaps));
  column->damage = std::move(gaps.damage);
  column->lost = std::move(gaps.indexes);
  std::vector<std::uint32_t> guessed;
  for (std::size_t trace = 0; trace < traces->count(); ++trace) {
    const auto start = static_cast<std::uint64_t>(traces->start_times[trace]);
    for (std::uint32_t row = traces->span_starts[trace]; row < traces->span_starts[trace + 1];
         ++row) {
      std::int64_t& number = column->numbers[row];
      number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + start);
      if (traces->is_start_lost[trace]) guessed.push_back(row);
    }
  }
  AddLost(guessed, column.get());
  column->damage.insert(column->damage.end(), traces->damage.begin(), traces->damage.end());
  return column;
}

// Stored is by how much the end differs from the start.
Result<scan::ColumnPtr> RowGroupSource::LoadTimes(scan::SpanField field) const {
  const ColumnEntry& entry = reader_->Required(ColumnField::kDuration);
  ASSIGN_OR_RETURN(const scan::ColumnPtr stored, Load(entry, entry.value_count));
  const bool is_sound = reader_->directory().stats.start_min >= 0 && entry.min >= 0;
  if (field == scan::SpanField::kDuration && is_sound) return stored;
  ASSIGN_OR_RETURN(const scan::ColumnPtr starts, LoadStarts());
  auto column = std::make_shared<scan::Column>(*stored);
  for (std::size_t i = 0; i < column->numbers.size(); ++i) {
    const UnixNanos start = starts->numbers[column->RowOf(i)];
    std::int64_t& number = column->numbers[i];
    const auto end = static_cast<UnixNanos>(static_cast<std::uint64_t>(start) +
                                            static_cast<std::uint64_t>(number));
    number = field == scan::SpanField::kEnd ? end : model::SpanDuration(start, end).count();
  }
  column->damage.insert(column->damage.end(), starts->damage.begin(), starts->damage.end());
  AddLost(starts->lost, column.get());
  return column;
}

Result<scan::ColumnPtr> RowGroupSource::LoadField(scan::SpanField field) const {
  const ColumnEntry& column = reader_->Required(FieldOf(field));
  ASSIGN_OR_RETURN(scan::ColumnPtr loaded, Load(column, column.value_count));
  const scan::SourceStats& stats = reader_->directory().stats;
  std::int64_t limit = 0;
  switch (field) {
    case scan::SpanField::kResource:
      limit = stats.resource_count;
      break;
    case scan::SpanField::kScope:
      limit = stats.scope_count;
      break;
    case scan::SpanField::kEventSpan:
    case scan::SpanField::kLinkSpan:
      limit = stats.span_count;
      break;
    default:
      return loaded;
  }
  // Indexes are used without a further check; those of events and links are searched, too.
  const bool is_sound = std::ranges::all_of(
      loaded->numbers, [&](std::int64_t number) { return number >= 0 && number < limit; });
  const bool is_child = field == scan::SpanField::kEventSpan || field == scan::SpanField::kLinkSpan;
  if (is_sound && (!is_child || std::ranges::is_sorted(loaded->numbers))) return loaded;
  const Error error{Code::kDataLoss, "rows that are not there, or not in order"};
  return LostColumn(column.type, reader_->Describe(column, error));
}

Result<scan::ColumnPtr> RowGroupSource::Field(scan::SpanField field) const {
  return Cached("field " + std::to_string(static_cast<int>(field)), [&] {
    if (field == scan::SpanField::kStart) return LoadStarts();
    const bool is_time = field == scan::SpanField::kEnd || field == scan::SpanField::kDuration;
    return is_time ? LoadTimes(field) : LoadField(field);
  });
}

Result<std::vector<scan::ColumnPtr>> RowGroupSource::Attribute(model::Owner owner,
                                                               std::string_view key) const {
  std::vector<scan::ColumnPtr> columns;
  for (const ColumnEntry* entry : reader_->directory().FindAttribute(owner, key)) {
    std::string what = "attribute " + std::to_string(static_cast<int>(owner)) + ' ' +
                       std::to_string(static_cast<int>(entry->type)) + ' ';
    what += entry->key;  // several keys may be shown alike
    ASSIGN_OR_RETURN(scan::ColumnPtr column,
                     Cached(what, [&] { return Load(*entry, reader_->RowCountOf(owner)); }));
    columns.push_back(std::move(column));
  }
  const auto overflow = reader_->Overflow();
  if (!overflow.has_value()) {
    ASSIGN_OR_RETURN(scan::ColumnPtr lost, LostColumn(model::ValueType::kEmpty, overflow.error()));
    TRY(Settle(lost->damage));
    columns.push_back(std::move(lost));
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
                         ASSIGN_OR_RETURN(const scan::ColumnPtr column, LoadStarts());
                         auto made = std::make_shared<const Known>(
                             scan::StartIntervals(column->numbers), column->damage);
                         return LoadedKnown{made, sizeof(Known) + made->intervals.byte_size()};
                       }));
  TRY(Settle(known->damage));
  return scan::StartIntervalsPtr(known, &known->intervals);
}

Result<std::vector<TraceId>> RowGroupSource::TraceIds(
    const std::vector<std::uint32_t>& span_rows) const {
  ASSIGN_OR_RETURN(const auto traces, Traces());
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
                   ReadSpans(*reader_, traces, wanted, extent, check_, &damage));
  TRY(Settle(damage));
  return spans;
}

Result<model::SpanColumnsPtr> RowGroupSource::ReadTraces(std::span<const TraceId> ids,
                                                         scan::ReadExtent extent) const {
  ASSIGN_OR_RETURN(const auto traces, Traces());
  std::vector<std::size_t> wanted;
  for (const TraceId& id : ids) {
    if (const auto trace = traces->Find(id)) wanted.push_back(*trace);
  }
  if (wanted.empty()) return model::SpanColumnsPtr();
  return Read(*traces, wanted, extent);
}

Result<std::vector<std::optional<UnixNanos>>> RowGroupSource::TraceStarts(
    std::span<const TraceId> ids) const {
  ASSIGN_OR_RETURN(const auto traces, Traces());
  std::vector<std::optional<UnixNanos>> starts(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto trace = traces->Find(ids[i])) starts[i] = traces->start_times[*trace];
  }
  return starts;
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
  ASSIGN_OR_RETURN(const auto traces, Traces());
  std::vector<std::size_t> all(traces->count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return Read(*traces, all, extent);
}

}  // namespace clew::storage
