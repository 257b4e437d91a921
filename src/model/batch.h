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
#include "model/signal.h"
#include "model/span_columns.h"

namespace clew::model {

class Batch;
using BatchPtr = std::shared_ptr<const Batch>;

class SpanCodec;

/// An encoded request and how many items it holds.
struct CountedRequest {
  Bytes request;
  std::size_t item_count = 0;
};

/// What a batch must know of the format of its bytes. Implemented by wire/otlp; here so that a
/// batch needs to know no protocol. Any thread; lives as long as the process.
class BatchCodec {
 public:
  virtual ~BatchCodec() = default;
  virtual Signal signal() const = 0;
  /// Whether requests go as they came: neither cut nor joined.
  virtual bool goes_whole() const { return false; }
  /// Cuts `pieces`, encoded requests of the signal, into requests of at most `item_count_max` items
  /// (> 0), without decoding items. One that cannot be cut keeps more.
  virtual Result<std::vector<CountedRequest>> Split(const std::vector<Bytes>& pieces,
                                                    std::size_t item_count_max) const = 0;
  /// Of traces itself, else null.
  virtual const SpanCodec* spans() const { return nullptr; }
};

/// How a batch of traces turns its bytes into columns, and back.
class SpanCodec : public BatchCodec {
 public:
  Signal signal() const final { return Signal::kTraces; }
  const SpanCodec* spans() const final { return this; }
  /// `pieces` are encoded ExportTraceServiceRequests, taken as if concatenated.
  virtual Result<SpanColumnsPtr> Decode(const std::vector<Bytes>& pieces,
                                        const RowCounts& rows) const = 0;
  virtual Bytes Encode(const SpanColumns& columns) const = 0;
};

/// A request body as it came, compressed or not: what the log keeps.
struct ReceivedBody {
  base::Compression compression = base::Compression::kNone;
  Bytes bytes;
};

/// Items of one signal on their way through a pipeline: spans, data points, log records or samples
/// of profiles. Of each there are the OTLP bytes; of traces columns, too, a second view: each is
/// made when first asked for. A pipeline that only forwards never decodes; a store never encodes.
/// Immutable, shared by pointer: fan-out costs nothing; an edit makes a new batch. Any thread.
class Batch {
 public:
  /// Hears once what became of a batch's bytes, on the thread that asked for columns first; short,
  /// and does not call the batch.
  using OnDecoded = std::function<void(const Result<SpanColumnsPtr>& columns)>;

  /// `pieces`: encoded requests of the codec's signal that hold `rows.spans` items together,
  /// already checked by the receiver. `received`, when given, decompresses to the single piece.
  static BatchPtr FromWire(std::vector<Bytes> pieces, const RowCounts& rows,
                           const BatchCodec& codec,
                           std::optional<ReceivedBody> received = std::nullopt,
                           OnDecoded on_decoded = nullptr);
  static BatchPtr FromColumns(SpanColumnsPtr columns, const SpanCodec& codec);
  /// One batch of all items; shares the bytes. `batches` is not empty and shares one codec. Not of
  /// several that go whole.
  static BatchPtr Merge(const std::vector<BatchPtr>& batches);

  Signal signal() const { return codec_.signal(); }
  std::size_t item_count() const { return rows_.spans; }
  /// Size of the OTLP form in bytes; encodes when there are only columns.
  std::size_t byte_size() const;
  /// About the memory that it holds now, in bytes: the views that are made and the body as it came.
  std::uint64_t held_bytes() const;
  /// The OTLP form: send the pieces one after the other as one request.
  const std::vector<Bytes>& wire() const;
  /// Of traces. Fails with INVALID_ARGUMENT, naming the byte offset, when the bytes are not OTLP,
  /// and with UNIMPLEMENTED when the batch is of another signal.
  Result<SpanColumnsPtr> columns() const;
  /// Set when the batch is exactly what one request carried.
  const std::optional<ReceivedBody>& received() const { return received_; }
  /// Batches of at most `item_count_max` items (> 0). One that cannot be cut keeps more. Not of one
  /// that goes whole.
  Result<std::vector<BatchPtr>> Split(std::size_t item_count_max) const;

  const BatchCodec& codec() const { return codec_; }

 private:
  Batch(const BatchCodec& codec, const RowCounts& rows) : codec_(codec), rows_(rows) {}

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
