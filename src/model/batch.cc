#include "model/batch.h"

#include <cassert>
#include <utility>

#include "model/memory.h"

namespace clew::model {

BatchPtr Batch::FromWire(std::vector<Bytes> pieces, const RowCounts& rows, const BatchCodec& codec,
                         std::optional<ReceivedBody> received, OnDecoded on_decoded) {
  std::shared_ptr<Batch> batch(new Batch(codec, rows));
  batch->wire_ = std::move(pieces);
  batch->received_ = std::move(received);
  batch->on_decoded_ = std::move(on_decoded);
  return batch;
}

BatchPtr Batch::FromColumns(SpanColumnsPtr columns, const SpanCodec& codec) {
  const std::size_t span_count = columns->span_count();
  std::shared_ptr<Batch> batch(new Batch(codec, span_count));
  batch->columns_ = std::move(columns);
  return batch;
}

BatchPtr Batch::Merge(const std::vector<BatchPtr>& batches) {
  if (batches.size() == 1) return batches.front();
  assert(!batches.front()->codec().goes_whole());
  std::vector<Bytes> pieces;
  std::size_t item_count = 0;
  for (const BatchPtr& batch : batches) {
    const std::vector<Bytes>& wire = batch->wire();
    pieces.insert(pieces.end(), wire.begin(), wire.end());
    item_count += batch->item_count();
  }
  return FromWire(std::move(pieces), item_count, batches.front()->codec());
}

std::size_t Batch::byte_size() const {
  std::size_t size = 0;
  for (const Bytes& piece : wire()) size += piece.size();
  return size;
}

std::uint64_t Batch::held_bytes() const {
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

const std::vector<Bytes>& Batch::wire() const {
  const std::scoped_lock lock(mutex_);
  if (!wire_) wire_ = {codec_.spans()->Encode(***columns_)};
  return *wire_;
}

Result<SpanColumnsPtr> Batch::columns() const {
  const SpanCodec* const codec = codec_.spans();
  if (codec == nullptr) {
    return MakeError(Code::kUnimplemented, "a batch of {} has no columns of spans",
                     NameOf(signal()));
  }
  const std::scoped_lock lock(mutex_);
  if (!columns_) {
    columns_ = codec->Decode(*wire_, rows_);
    if (on_decoded_) std::exchange(on_decoded_, nullptr)(*columns_);
  }
  return *columns_;
}

Result<std::vector<BatchPtr>> Batch::Split(std::size_t item_count_max) const {
  assert(!codec_.goes_whole());
  std::vector<BatchPtr> parts;
  ASSIGN_OR_RETURN(std::vector<CountedRequest> requests, codec_.Split(wire(), item_count_max));
  for (CountedRequest& part : requests) {
    parts.push_back(FromWire({std::move(part.request)}, part.item_count, codec_));
  }
  return parts;
}

}  // namespace clew::model
