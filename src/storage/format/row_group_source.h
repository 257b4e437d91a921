#pragma once

#include <memory>

#include "scan/span_source.h"
#include "storage/format/column_reader.h"
#include "storage/format/loaded_column.h"
#include "storage/format/row_group.h"
#include "storage/format/scan_cache.h"
#include "storage/format/span_reader.h"

namespace clew::storage {

/// What scan::SpanSource::PastDamage makes of a reader and the one before it, whose report may be
/// empty.
scan::Reader Joined(scan::Reader reader, const scan::Reader& before);

/// A sealed row group as something to scan, wherever its pages are.
class RowGroupSource final : public scan::SpanSource {
 public:
  /// `directory` and `pages` are kept; `cache` outlives the source.
  RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                 std::shared_ptr<const PageReader> pages, ScanCache& cache);
  /// The same with a number of `cache` that is for this row group alone, however often it is
  /// opened.
  RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                 std::shared_ptr<const PageReader> pages, ScanCache& cache,
                 std::uint64_t source_id);

  const scan::SourceStats& stats() const override { return reader_->directory().stats; }
  Result<scan::ColumnPtr> Field(expr::Field field) const override;
  Result<scan::ColumnPtr> Ties(model::Owner owner) const override;
  Result<std::vector<scan::ColumnPtr>> Attribute(model::Owner owner,
                                                 std::string_view key) const override;
  Result<scan::StartIntervalsPtr> Starts() const override;
  Result<std::vector<TraceId>> TraceIds(const std::vector<std::uint32_t>& span_rows) const override;
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           scan::ReadExtent extent) const override;
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override;
  Result<std::vector<scan::TraceSize>> Traces() const override;
  Result<scan::TraceTreesPtr> Trees(bool with_starts) const override;
  Result<std::vector<scan::OperationCount>> Operations() const override;
  Result<model::SpanColumnsPtr> ReadAll(scan::ReadExtent extent) const override;
  std::shared_ptr<const scan::SpanSource> PastDamage(scan::Reader reader) const override;
  Status Check() const override { return behalf_.check ? behalf_.check() : Status(); }

 private:
  RowGroupSource(std::shared_ptr<const ColumnReader> reader, scan::Reader behalf)
      : reader_(std::move(reader)), behalf_(std::move(behalf)) {}

  /// A start for each span.
  struct Times {
    std::vector<UnixNanos> times;
    /// Of which it is a guess, ascending.
    std::vector<std::uint32_t> lost;
    Damage damage;
  };

  /// With what of it is damaged left out and told in it.
  Result<LoadedColumn> Load(const ColumnEntry& column, std::uint32_t row_count) const;
  /// One that has a value a row, as it is stored.
  Result<LoadedColumn> LoadStored(const ColumnEntry& column) const {
    return Load(column, column.value_count);
  }
  const ColumnEntry* StoredEntry(expr::Field field) const;
  bool AreDurationsStored() const;
  Result<LoadedColumn> LoadField(expr::Field field) const;
  Result<LoadedColumn> LoadTraceIds() const;
  Result<LoadedColumn> LoadParents() const;
  Result<Times> LoadStarts() const;
  Result<LoadedColumn> LoadEnds(bool as_durations) const;
  Result<LoadedColumn> LoadEventTimes() const;
  Result<LoadedColumn> LoadTies(model::Owner owner) const;
  Result<std::shared_ptr<const TraceTable>> Table() const;
  Result<model::SpanColumnsPtr> Read(const TraceTable& traces, std::span<const std::size_t> wanted,
                                     scan::ReadExtent extent) const;
  /// Reports damage where somebody wants to read past it; else gives the first as an error.
  Status Settle(const Damage& damage) const;
  Result<scan::ColumnPtr> Cached(const std::string& what,
                                 const std::function<Result<ScannedColumn>()>& load) const;

  std::shared_ptr<const ColumnReader> reader_;
  /// Without a report reads end with the first damage.
  const scan::Reader behalf_;
};

}  // namespace clew::storage
