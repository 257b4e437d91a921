#include "model/trace_batch.h"

#include <utility>

#include "model/memory.h"

namespace clew::model {

TraceBatchPtr TraceBatch::FromWire(std::vector<Bytes> pieces, const RowCounts& rows,
                                   const BatchCodec& codec, std::optional<ReceivedBody> received,
                                   OnDecoded on_decoded) {
  std::shared_ptr<TraceBatch> batch(new TraceBatch(codec, rows));
  batch->wire_ = std::move(pieces);
  batch->received_ = std::move(received);
  batch->on_decoded_ = std::move(on_decoded);
  return batch;
}

TraceBatchPtr TraceBatch::FromColumns(SpanColumnsPtr columns, const BatchCodec& codec) {
  const std::size_t span_count = columns->span_count();
  std::shared_ptr<TraceBatch> batch(new TraceBatch(codec, span_count));
  batch->columns_ = std::move(columns);
  return batch;
}

TraceBatchPtr TraceBatch::Merge(const std::vector<TraceBatchPtr>& batches) {
  if (batches.size() == 1) return batches.front();
  std::vector<Bytes> pieces;
  std::size_t span_count = 0;
  for (const TraceBatchPtr& batch : batches) {
    const std::vector<Bytes>& wire = batch->wire();
    pieces.insert(pieces.end(), wire.begin(), wire.end());
    span_count += batch->span_count();
  }
  return FromWire(std::move(pieces), span_count, batches.front()->codec());
}

std::size_t TraceBatch::byte_size() const {
  std::size_t size = 0;
  for (const Bytes& piece : wire()) size += piece.size();
  return size;
}

std::uint64_t TraceBatch::held_bytes() const {
  const bool is_compressed = received_ && received_->compression != base::Compression::kNone;
  std::uint64_t bytes = is_compressed ? received_->bytes.size() : 0;
  const auto add = [&](const std::vector<Bytes>& pieces) {
    for (const Bytes& piece : pieces) bytes += piece.size();
  };
  const std::scoped_lock lock(mutex_);
  if (wire_) add(*wire_);
  if (columns_ && columns_->has_value()) {
    bytes += TableBytes(***columns_);
    if (!wire_) add((**columns_)->memory);  // else it is the wire's
  }
  return bytes;
}

const std::vector<Bytes>& TraceBatch::wire() const {
  const std::scoped_lock lock(mutex_);
  if (!wire_) wire_ = {codec_.Encode(***columns_)};
  return *wire_;
}

Result<SpanColumnsPtr> TraceBatch::columns() const {
  const std::scoped_lock lock(mutex_);
  if (!columns_) {
    columns_ = codec_.Decode(*wire_, rows_);
    if (on_decoded_) std::exchange(on_decoded_, nullptr)(*columns_);
  }
  return *columns_;
}

Result<std::vector<TraceBatchPtr>> TraceBatch::Split(std::size_t span_count_max) const {
  std::vector<TraceBatchPtr> parts;
  ASSIGN_OR_RETURN(std::vector<Bytes> requests, codec_.Split(wire(), span_count_max));
  std::size_t rest = span_count();
  for (Bytes& request : requests) {
    // Every part but the last is full.
    const std::size_t span_count = std::min(rest, span_count_max);
    rest -= span_count;
    parts.push_back(FromWire({std::move(request)}, span_count, codec_));
  }
  return parts;
}

}  // namespace clew::model
