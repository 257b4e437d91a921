#pragma once

#include <memory>

#include "storage/column_reader.h"
#include "storage/row_group.h"
#include "storage/scan_cache.h"
#include "storage/span_reader.h"
#include "storage/span_source.h"

namespace clew::storage {

/// What SpanSource::PastDamage makes of two reports; `told_before` may be empty.
DamageReport ReportToBoth(DamageReport report, DamageReport told_before);

/// A sealed row group as something to scan, wherever its pages are.
class RowGroupSource final : public SpanSource {
 public:
  /// `directory` and `pages` are kept; `cache` outlives the source.
  RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                 std::shared_ptr<const PageReader> pages, ScanCache& cache);
  /// The same with a number of `cache` that is for this row group alone, however often it is
  /// opened.
  RowGroupSource(std::shared_ptr<const RowGroupDirectory> directory,
                 std::shared_ptr<const PageReader> pages, ScanCache& cache,
                 std::uint64_t source_id);

  const SourceStats& stats() const override { return reader_->directory().stats; }
  Result<ScanColumnPtr> Field(SpanField field) const override;
  Result<std::vector<ScanColumnPtr>> Attribute(model::Owner owner,
                                               std::string_view key) const override;
  Result<StartIntervalsPtr> Starts() const override;
  Result<std::vector<TraceId>> TraceIds(const std::vector<std::uint32_t>& span_rows) const override;
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           ReadExtent extent) const override;
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override;
  Result<std::vector<OperationCount>> Operations() const override;
  Result<model::SpanColumnsPtr> ReadAll(ReadExtent extent) const override;
  std::shared_ptr<const SpanSource> PastDamage(DamageReport report, StopCheck check) const override;
  Status Check() const override { return check_ ? check_() : Status(); }

 private:
  RowGroupSource(std::shared_ptr<const ColumnReader> reader, DamageReport report, StopCheck check);

  /// With what of it is damaged left out and told in it.
  Result<ScanColumnPtr> Load(const ColumnEntry& column, std::uint32_t row_count) const;
  Result<ScanColumnPtr> LoadStarts() const;
  Result<ScanColumnPtr> LoadField(SpanField field) const;
  Result<std::shared_ptr<const TraceTable>> Traces() const;
  Result<model::SpanColumnsPtr> Read(const TraceTable& traces, std::span<const std::size_t> wanted,
                                     ReadExtent extent) const;
  /// Reports damage where somebody wants to read past it; else gives the first as an error.
  Status Settle(const Damage& damage) const;
  Result<ScanColumnPtr> LoadTimes(SpanField field) const;
  Result<ScanColumnPtr> Cached(const std::string& what,
                               const std::function<Result<ScanColumnPtr>()>& load) const;

  std::shared_ptr<const ColumnReader> reader_;
  /// Empty: reads end with the first damage.
  const DamageReport report_;
  const StopCheck check_;
};

}  // namespace clew::storage
