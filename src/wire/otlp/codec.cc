#include "wire/otlp/codec.h"

#include <array>
#include <utility>

#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/signal_shape.h"
#include "wire/otlp/split.h"

namespace clew::wire::otlp {

Result<model::SpanColumnsPtr> OtlpCodec::Decode(const std::vector<Bytes>& pieces,
                                                const model::RowCounts& rows) const {
  return DecodeRequest(pieces, limits_, counts_, rows);
}

Bytes OtlpCodec::Encode(const model::SpanColumns& columns) const {
  return Bytes(EncodeRequest(columns));
}

Result<std::vector<model::CountedRequest>> OtlpCodec::Split(const std::vector<Bytes>& pieces,
                                                            std::size_t item_count_max) const {
  return SplitRequests(ShapeOf(signal()), pieces, item_count_max);
}

namespace {

class ItemCodec final : public model::BatchCodec {
 public:
  explicit ItemCodec(model::Signal signal) : signal_(signal) {}

  model::Signal signal() const override { return signal_; }
  bool goes_whole() const override { return ShapeOf(signal_).goes_whole(); }
  Result<std::vector<model::CountedRequest>> Split(const std::vector<Bytes>& pieces,
                                                   std::size_t item_count_max) const override {
    return SplitRequests(ShapeOf(signal_), pieces, item_count_max);
  }

 private:
  const model::Signal signal_;
};

}  // namespace

const model::BatchCodec& ItemCodecOf(model::Signal signal) {
  static const std::array<ItemCodec, model::kSignals.size()> kCodecs = {
      ItemCodec(model::Signal::kTraces), ItemCodec(model::Signal::kMetrics),
      ItemCodec(model::Signal::kLogs), ItemCodec(model::Signal::kProfiles)};
  return kCodecs[std::to_underlying(signal)];
}

}  // namespace clew::wire::otlp
