#include "storage/row_group_source.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace clew::storage {
namespace {

ColumnField FieldOf(SpanField field) {
  switch (field) {
    case SpanField::kName:
      return ColumnField::kName;
    case SpanField::kStatusMessage:
      return ColumnField::kStatusMessage;
    case SpanField::kTraceState:
      return ColumnField::kTraceState;
    case SpanField::kKind:
      return ColumnField::kKind;
    case SpanField::kStatusCode:
      return ColumnField::kStatusCode;
    case SpanField::kStart:
      return ColumnField::kStartOffset;
    case SpanField::kDuration:
      return ColumnField::kDuration;
    case SpanField::kResource:
      return ColumnField::kResource;
    case SpanField::kScope:
      return ColumnField::kScope;
    case SpanField::kScopeName:
      return ColumnField::kScopeName;
    case SpanField::kScopeVersion:
      return ColumnField::kScopeVersion;
    case SpanField::kEventSpan:
      return ColumnField::kEventSpan;
    case SpanField::kEventName:
      return ColumnField::kEventName;
    case SpanField::kLinkSpan:
      return ColumnField::kLinkSpan;
  }
  return ColumnField::kName;
}

// An overflow column as a scan column; its views need `columns` alive.
ScanColumnPtr FromOverflow(const OverflowColumn& overflow,
                           const std::shared_ptr<const OverflowColumns>& columns) {
  auto column = std::make_shared<ScanColumn>();
  column->type = overflow.type;
  column->rows = overflow.rows;
  column->texts = overflow.texts;
  column->numbers = overflow.numbers;
  column->memory.emplace_back(columns, std::string_view());
  return column;
}

}  // namespace

std::size_t ScanColumn::count() const {
  if (is_coded) return codes.size();
  return std::max({rows.size(), texts.size(), numbers.size()});
}

std::size_t ScanColumn::byte_size() const {
  std::size_t size = rows.size() * 4 + codes.size() * 4 + numbers.size() * 8 +
                     (dictionary.size() + texts.size()) * sizeof(std::string_view);
  for (const std::string_view text : texts) size += text.size();
  for (const std::string_view text : dictionary) size += text.size();
  return size + sizeof(ScanColumn);
}

RowGroupSource::RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                               std::shared_ptr<const PageReader> pages, ScanCache& cache)
    : reader_(std::move(directory), std::move(pages), cache), cache_(cache) {}

Result<ScanColumnPtr> RowGroupSource::Cached(
    const std::string& what, const std::function<Result<ScanColumnPtr>()>& load) const {
  using LoadedColumn = ScanCache::Loaded<ScanColumn>;
  return cache_.Get<ScanColumn>(reader_.source_id(), what, [&]() -> Result<LoadedColumn> {
    ASSIGN_OR_RETURN(const ScanColumnPtr column, load());
    return LoadedColumn{column, column->byte_size()};
  });
}

Result<ScanColumnPtr> RowGroupSource::Load(const ColumnEntry& column,
                                           std::uint32_t row_count) const {
  auto result = std::make_shared<ScanColumn>();
  result->type = column.type;
  ASSIGN_OR_RETURN(result->rows, reader_.Rows(column, row_count));
  if (column.values == ValuesEncoding::kNumbers) {
    ASSIGN_OR_RETURN(result->numbers, reader_.AllNumbers(column));
  } else if (column.values == ValuesEncoding::kDictionary) {
    ASSIGN_OR_RETURN(const auto dictionary, reader_.DictionaryOf(column));
    result->is_coded = true;
    for (std::size_t i = 0; i < dictionary->count(); ++i) {
      result->dictionary.push_back(dictionary->Get(i));
    }
    result->memory.emplace_back(dictionary, std::string_view());
    ASSIGN_OR_RETURN(result->codes, reader_.AllCodes(column, dictionary->count()));
  } else if (column.values == ValuesEncoding::kPlain) {
    const WantedRows all = WantedRows::Range(0, column.value_count, column.value_count);
    ASSIGN_OR_RETURN(result->texts, reader_.Texts(column, all.rows, &result->memory));
  }
  return result;
}

Result<ScanColumnPtr> RowGroupSource::LoadStarts() const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader_));
  ASSIGN_OR_RETURN(const ColumnEntry* offsets, reader_.Required(ColumnField::kStartOffset));
  auto column = std::make_shared<ScanColumn>();
  ASSIGN_OR_RETURN(column->numbers, reader_.AllNumbers(*offsets));
  if (column->numbers.size() != reader_.directory().stats.span_count) {
    return DataLoss("row group: {} starts", column->numbers.size());
  }
  for (std::size_t trace = 0; trace < traces->count(); ++trace) {
    const auto start = static_cast<std::uint64_t>(traces->start_times[trace]);
    for (std::uint32_t row = traces->span_starts[trace]; row < traces->span_starts[trace + 1];
         ++row) {
      std::int64_t& number = column->numbers[row];
      number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + start);
    }
  }
  return column;
}

Result<ScanColumnPtr> RowGroupSource::Field(SpanField field) const {
  const std::string what = "field " + std::to_string(static_cast<int>(field));
  if (field == SpanField::kStart) return Cached(what, [this] { return LoadStarts(); });
  return Cached(what, [&]() -> Result<ScanColumnPtr> {
    ASSIGN_OR_RETURN(const ColumnEntry* column, reader_.Required(FieldOf(field)));
    ASSIGN_OR_RETURN(ScanColumnPtr loaded, Load(*column, column->value_count));
    const SourceStats& stats = reader_.directory().stats;
    const std::uint32_t limit = field == SpanField::kResource ? stats.resource_count
                                : field == SpanField::kScope  ? stats.scope_count
                                : field == SpanField::kEventSpan || field == SpanField::kLinkSpan
                                    ? stats.span_count
                                    : 0;
    // Indexes are used without a further check.
    if (limit > 0 && column->value_count > 0 && (column->min < 0 || column->max >= limit)) {
      return DataLoss("row group: index {} of {}", column->max, limit);
    }
    const bool is_index_sound =
        limit == 0 ||
        std::ranges::all_of(loaded->numbers, [&](std::int64_t n) { return n >= 0 && n < limit; });
    if (!is_index_sound) return DataLoss("row group: an index is out of range");
    return loaded;
  });
}

Result<std::vector<ScanColumnPtr>> RowGroupSource::Attribute(model::Owner owner,
                                                             std::string_view key) const {
  std::vector<ScanColumnPtr> columns;
  for (const ColumnEntry* entry : reader_.directory().FindAttribute(owner, key)) {
    std::string what = "attribute " + std::to_string(static_cast<int>(owner)) + ' ' +
                       std::to_string(static_cast<int>(entry->type)) + ' ';
    what += key;
    ASSIGN_OR_RETURN(ScanColumnPtr column,
                     Cached(what, [&] { return Load(*entry, reader_.RowCountOf(owner)); }));
    columns.push_back(std::move(column));
  }
  ASSIGN_OR_RETURN(const auto overflow, reader_.Overflow());
  if (overflow == nullptr) return columns;
  for (const OverflowColumn& column : overflow->columns) {
    if (column.owner == owner && column.key == key) {
      columns.push_back(FromOverflow(column, overflow));
    }
  }
  return columns;
}

Result<std::vector<TraceId>> RowGroupSource::TraceIds(
    const std::vector<std::uint32_t>& span_rows) const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader_));
  std::vector<TraceId> ids;
  ids.reserve(span_rows.size());
  for (const std::uint32_t row : span_rows) ids.push_back(traces->Id(traces->TraceOf(row)));
  return ids;
}

Result<model::SpanColumnsPtr> RowGroupSource::ReadTraces(std::span<const TraceId> ids,
                                                         ReadExtent extent) const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader_));
  std::vector<std::size_t> wanted;
  for (const TraceId& id : ids) {
    if (const auto trace = traces->Find(id)) wanted.push_back(*trace);
  }
  if (wanted.empty()) return model::SpanColumnsPtr();
  return ReadSpans(reader_, *traces, wanted, extent);
}

Result<std::vector<std::optional<UnixNanos>>> RowGroupSource::TraceStarts(
    std::span<const TraceId> ids) const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader_));
  std::vector<std::optional<UnixNanos>> starts(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto trace = traces->Find(ids[i])) starts[i] = traces->start_times[*trace];
  }
  return starts;
}

Result<std::vector<OperationCount>> RowGroupSource::Operations() const {
  const std::uint32_t count = reader_.directory().operation_count;
  const WantedRows all = WantedRows::Range(0, count, count);
  std::vector<Bytes> memory;
  ASSIGN_OR_RETURN(const ColumnEntry* service, reader_.Required(ColumnField::kOperationService));
  ASSIGN_OR_RETURN(const ColumnEntry* name, reader_.Required(ColumnField::kOperationName));
  ASSIGN_OR_RETURN(const ColumnEntry* kind, reader_.Required(ColumnField::kOperationKind));
  ASSIGN_OR_RETURN(const ColumnEntry* spans, reader_.Required(ColumnField::kOperationSpans));
  ASSIGN_OR_RETURN(const auto services, reader_.Texts(*service, all.rows, &memory));
  ASSIGN_OR_RETURN(const auto names, reader_.Texts(*name, all.rows, &memory));
  ASSIGN_OR_RETURN(const auto kinds, reader_.Numbers(*kind, all.rows));
  ASSIGN_OR_RETURN(const auto counts, reader_.Numbers(*spans, all.rows));
  std::vector<OperationCount> operations;
  for (std::uint32_t i = 0; i < count; ++i) {
    operations.push_back({std::string(services[i]), std::string(names[i]),
                          static_cast<std::int32_t>(kinds[i]),
                          static_cast<std::uint64_t>(counts[i])});
  }
  return operations;
}

Result<model::SpanColumnsPtr> RowGroupSource::ReadAll(ReadExtent extent) const {
  ASSIGN_OR_RETURN(const auto traces, ReadTraceTable(reader_));
  std::vector<std::size_t> all(traces->count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return ReadSpans(reader_, *traces, all, extent);
}

}  // namespace clew::storage
