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

const OpaqueCodec kCodec;

}  // namespace

model::BatchPtr MakeOpaqueBatch(std::size_t span_count, std::string body) {
  return model::Batch::FromWire({Bytes(std::move(body))}, span_count, kCodec);
}

}  // namespace clew::pipeline::testing
