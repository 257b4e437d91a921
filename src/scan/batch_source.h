#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "scan/span_source.h"

namespace clew::scan {

/// A fresh batch as something to scan: columns are views of those of the batch.
class BatchSource final : public SpanSource {
 public:
  /// `columns` holds at least one span.
  explicit BatchSource(model::SpanColumnsPtr columns);

  const SourceStats& stats() const override { return batch_->stats; }
  Result<ColumnPtr> Field(expr::Field field) const override;
  Result<ColumnPtr> Ties(model::Owner owner) const override;
  Result<std::vector<ColumnPtr>> Attribute(model::Owner owner, std::string_view key) const override;
  Result<std::vector<AttributeCount>> Attributes() const override;
  Result<StartIntervalsPtr> Starts() const override;
  Result<std::vector<TraceId>> TraceIds(const std::vector<std::uint32_t>& span_rows) const override;
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           ReadExtent extent) const override;
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override;
  Result<std::vector<TraceSize>> Traces() const override;
  Result<TraceTreesPtr> Trees(TreeParts parts) const override;
  Result<std::vector<OperationCount>> Operations() const override;
  Result<model::SpanColumnsPtr> ReadAll(ReadExtent) const override { return columns(); }
  std::shared_ptr<const SpanSource> PastDamage(Reader reader) const override {
    StopCheck check = reader.check ? std::move(reader.check) : check_;
    return std::shared_ptr<const SpanSource>(new BatchSource(batch_, std::move(check)));
  }
  Status Check() const override { return check_ ? check_() : Status(); }

  const model::SpanColumnsPtr& columns() const { return batch_->columns; }

 private:
  struct Batch {
    model::SpanColumnsPtr columns;
    SourceStats stats;
    std::once_flag starts_once;
    StartIntervalsPtr starts;
  };

  BatchSource(std::shared_ptr<Batch> batch, StopCheck check)
      : batch_(std::move(batch)), check_(std::move(check)) {}

  const std::shared_ptr<Batch> batch_;
  const StopCheck check_;
};

}  // namespace clew::scan
