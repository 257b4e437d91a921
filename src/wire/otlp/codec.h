#pragma once

#include "model/batch.h"
#include "wire/otlp/limits.h"

namespace clew::wire::otlp {

/// The OTLP codec of trace batches. Counts what its limits cut in its own counters. Any thread.
class OtlpCodec final : public model::SpanCodec {
 public:
  explicit OtlpCodec(const DecodeLimits& limits) : limits_(limits) {}

  Result<model::SpanColumnsPtr> Decode(const std::vector<Bytes>& pieces,
                                       const model::RowCounts& rows) const override;
  Bytes Encode(const model::SpanColumns& columns) const override;
  Result<std::vector<model::CountedRequest>> Split(const std::vector<Bytes>& pieces,
                                                   std::size_t item_count_max) const override;

  const DecodeLimits& limits() const { return limits_; }
  const DecodeCounts& counts() const { return counts_; }

 private:
  const DecodeLimits limits_;
  mutable DecodeCounts counts_;
};

/// The codec of batches of a signal that are only handed on, and have no columns.
const model::BatchCodec& ItemCodecOf(model::Signal signal);

}  // namespace clew::wire::otlp
