#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/compression.h"
#include "base/vocabulary.h"
#include "model/row_counts.h"
#include "model/span_columns.h"

namespace clew::model {

class TraceBatch;
using TraceBatchPtr = std::shared_ptr<const TraceBatch>;

/// How a batch turns its bytes into columns and back. Implemented by wire/otlp; here so that a
/// batch can do it lazily without knowing any protocol. Any thread; lives as long as the process.
class BatchCodec {
 public:
  virtual ~BatchCodec() = default;
  /// `pieces` are encoded ExportTraceServiceRequests, taken as if concatenated.
  virtual Result<SpanColumnsPtr> Decode(const std::vector<Bytes>& pieces,
                                        const RowCounts& rows) const = 0;
  virtual Bytes Encode(const SpanColumns& columns) const = 0;
  /// Cuts into requests of at most `span_count_max` spans (> 0) without decoding spans.
  virtual Result<std::vector<Bytes>> Split(const std::vector<Bytes>& pieces,
                                           std::size_t span_count_max) const = 0;
};

/// A request body as it came, compressed or not: what the log keeps.
struct ReceivedBody {
  base::Compression compression = base::Compression::kNone;
  Bytes bytes;
};

/// A set of spans on its way through a pipeline, with two views made when first asked for:
/// OTLP bytes and columns. A pipeline that only forwards never decodes; a store never encodes.
/// Immutable, shared by pointer: fan-out costs nothing; an edit makes a new batch. Any thread.
class TraceBatch {
 public:
  /// Hears once what became of a batch's bytes, on the thread that asked for columns first; short,
  /// and does not call the batch.
  using OnDecoded = std::function<void(const Result<SpanColumnsPtr>& columns)>;

  /// `pieces`: encoded ExportTraceServiceRequests that hold `rows.spans` spans together, already
  /// checked by the receiver. `received`, when given, decompresses to the single piece.
  static TraceBatchPtr FromWire(std::vector<Bytes> pieces, const RowCounts& rows,
                                const BatchCodec& codec,
                                std::optional<ReceivedBody> received = std::nullopt,
                                OnDecoded on_decoded = nullptr);
  static TraceBatchPtr FromColumns(SpanColumnsPtr columns, const BatchCodec& codec);
  /// One batch of all spans; shares the bytes. `batches` is not empty and shares one codec.
  static TraceBatchPtr Merge(const std::vector<TraceBatchPtr>& batches);

  std::size_t span_count() const { return rows_.spans; }
  /// Size of the OTLP form in bytes; encodes when there are only columns.
  std::size_t byte_size() const;
  /// About the memory that it holds now, in bytes: the views that are made and the body as it came.
  std::uint64_t held_bytes() const;
  /// The OTLP form: send the pieces one after the other as one request.
  const std::vector<Bytes>& wire() const;
  /// Fails with INVALID_ARGUMENT, naming the byte offset, when the bytes are not OTLP.
  Result<SpanColumnsPtr> columns() const;
  /// Set when the batch is exactly what one request carried.
  const std::optional<ReceivedBody>& received() const { return received_; }
  /// Batches of at most `span_count_max` spans (> 0).
  Result<std::vector<TraceBatchPtr>> Split(std::size_t span_count_max) const;

  const BatchCodec& codec() const { return codec_; }

 private:
  TraceBatch(const BatchCodec& codec, const RowCounts& rows) : codec_(codec), rows_(rows) {}

  const BatchCodec& codec_;
  RowCounts rows_;
  std::optional<ReceivedBody> received_;
  // Guards the lazy views only: each is set once and never changed.
  mutable std::mutex mutex_;
  mutable std::optional<std::vector<Bytes>> wire_;
  mutable std::optional<Result<SpanColumnsPtr>> columns_;
  mutable OnDecoded on_decoded_;
};

}  // namespace clew::model
