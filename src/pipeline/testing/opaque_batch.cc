#include "pipeline/testing/opaque_batch.h"

#include <utility>

namespace clew::pipeline::testing {
namespace {

class OpaqueCodec final : public model::SpanCodec {
 public:
  Result<model::SpanColumnsPtr> Decode(const std::vector<Bytes>&,
                                       const model::RowCounts&) const override {
    return MakeError(Code::kUnimplemented, "an opaque batch has no columns");
  }
  Bytes Encode(const model::SpanColumns&) const override { return Bytes(); }
  Result<std::vector<model::CountedRequest>> Split(const std::vector<Bytes>&,
                                                   std::size_t) const override {
    return MakeError(Code::kUnimplemented, "an opaque batch cannot be split");
  }
};

class OpaqueItemCodec final : public model::BatchCodec {
 public:
  explicit OpaqueItemCodec(model::Signal signal) : signal_(signal) {}
  model::Signal signal() const override { return signal_; }
  Result<std::vector<model::CountedRequest>> Split(const std::vector<Bytes>&,
                                                   std::size_t) const override {
    return MakeError(Code::kUnimplemented, "an opaque batch cannot be split");
  }

 private:
  const model::Signal signal_;
};

const OpaqueCodec kCodec;
const OpaqueItemCodec kMetrics(model::Signal::kMetrics);
const OpaqueItemCodec kLogs(model::Signal::kLogs);
const OpaqueItemCodec kProfiles(model::Signal::kProfiles);

const model::BatchCodec& CodecOf(model::Signal signal) {
  switch (signal) {
    case model::Signal::kMetrics:
      return kMetrics;
    case model::Signal::kLogs:
      return kLogs;
    case model::Signal::kProfiles:
      return kProfiles;
    case model::Signal::kTraces:
      break;
  }
  return kCodec;
}

}  // namespace

model::BatchPtr MakeOpaqueBatch(std::size_t item_count, std::string body, model::Signal signal) {
  return model::Batch::FromWire({Bytes(std::move(body))}, item_count, CodecOf(signal));
}

}  // namespace clew::pipeline::testing
