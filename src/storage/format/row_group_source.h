#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "scan/span_source.h"
#include "storage/format/column_reader.h"
#include "storage/format/loaded_column.h"
#include "storage/format/row_group.h"
#include "storage/format/scan_cache.h"
#include "storage/format/span_reader.h"

namespace clew::storage {

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
  Result<scan::ColumnPtr> FieldWithin(expr::Field field, scan::IntRange range) const override;
  Result<std::vector<scan::ColumnPtr>> Attribute(model::Owner owner,
                                                 std::string_view key) const override {
    return Attributes(owner, key, [this, owner](const ColumnEntry& entry) {
      return AttributeColumn(entry, owner, std::nullopt);
    });
  }
  Result<std::vector<scan::ColumnPtr>> AttributeWithin(model::Owner owner, std::string_view key,
                                                       scan::IntRange range) const override {
    return Attributes(owner, key, [this, owner, range](const ColumnEntry& entry) {
      return AttributeColumn(entry, owner, range);
    });
  }
  Result<std::vector<scan::ColumnPtr>> AttributeRows(model::Owner owner,
                                                     std::string_view key) const override {
    return Attributes(owner, key, [this, owner](const ColumnEntry& entry) {
      return entry.type == model::ValueType::kString ? RowsOfColumn(entry, owner)
                                                     : AttributeColumn(entry, owner, std::nullopt);
    });
  }
  Result<std::vector<scan::AttributeCount>> Attributes() const override;
  Result<scan::StartIntervalsPtr> Starts() const override;
  Result<std::vector<TraceId>> TraceIds(const std::vector<std::uint32_t>& span_rows) const override;
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           scan::ReadExtent extent) const override;
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override;
  Result<std::vector<scan::TraceSize>> Traces() const override;
  Result<scan::TraceTreesPtr> Trees(scan::TreeParts parts) const override;
  Result<std::vector<scan::OperationCount>> Operations() const override;
  Result<model::SpanColumnsPtr> ReadAll(scan::ReadExtent extent) const override;
  std::shared_ptr<const scan::SpanSource> PastDamage(scan::Reader reader) const override;
  Status Check() const override { return behalf_.check ? behalf_.check() : Status(); }

 private:
  RowGroupSource(std::shared_ptr<const ColumnReader> reader, scan::Reader behalf)
      : reader_(std::move(reader)), behalf_(std::move(behalf)) {}

  /// Those that `read` gives of the entries of the directory, and those of the overflow page.
  Result<std::vector<scan::ColumnPtr>> Attributes(
      model::Owner owner, std::string_view key,
      const std::function<Result<scan::ColumnPtr>(const ColumnEntry&)>& read) const;
  /// Of whole numbers those may be missing that are not in `range`.
  Result<scan::ColumnPtr> AttributeColumn(const ColumnEntry& entry, model::Owner owner,
                                          const std::optional<scan::IntRange>& range) const;
  Result<scan::ColumnPtr> RowsOfColumn(const ColumnEntry& entry, model::Owner owner) const;
  Result<std::shared_ptr<const TraceTable>> Table() const;
  Result<std::shared_ptr<const TraceTable>> TableFor(std::span<const TraceId> ids) const;
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
