#include "pipeline/testing/opaque_batch.h"

#include <utility>

namespace clew::pipeline::testing {
namespace {

class OpaqueCodec final : public model::BatchCodec {
 public:
  Result<model::SpanColumnsPtr> Decode(const std::vector<Bytes>&,
                                       const model::RowCounts&) const override {
    return MakeError(Code::kUnimplemented, "an opaque batch has no columns");
  }
  Bytes Encode(const model::SpanColumns&) const override { return Bytes(); }
  Result<std::vector<Bytes>> Split(const std::vector<Bytes>&, std::size_t) const override {
    return MakeError(Code::kUnimplemented, "an opaque batch cannot be split");
  }
};

const OpaqueCodec kCodec;

}  // namespace

model::TraceBatchPtr MakeOpaqueBatch(std::size_t span_count, std::string body) {
  return model::TraceBatch::FromWire({Bytes(std::move(body))}, span_count, kCodec);
}

}  // namespace clew::pipeline::testing
