#pragma once

#include "storage/span_source.h"

namespace clew::storage {

/// A fresh batch as something to scan: nothing is built but views.
class BatchSource final : public SpanSource {
 public:
  /// `columns` holds at least one span.
  explicit BatchSource(model::SpanColumnsPtr columns);

  const SourceStats& stats() const override { return stats_; }
  Result<ScanColumnPtr> Field(SpanField field) const override;
  Result<std::vector<ScanColumnPtr>> Attribute(model::Owner owner,
                                               std::string_view key) const override;
  Result<std::vector<TraceId>> TraceIds(const std::vector<std::uint32_t>& span_rows) const override;
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           ReadExtent extent) const override;
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override;
  Result<std::vector<OperationCount>> Operations() const override;
  Result<model::SpanColumnsPtr> ReadAll(ReadExtent) const override { return columns_; }
  std::shared_ptr<const SpanSource> PastDamage(DamageReport) const override { return nullptr; }

  const model::SpanColumnsPtr& columns() const { return columns_; }

 private:
  model::SpanColumnsPtr columns_;
  SourceStats stats_;
};

}  // namespace clew::storage
