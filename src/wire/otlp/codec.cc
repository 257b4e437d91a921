#include "wire/otlp/codec.h"

#include <utility>

#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/rewrite.h"

namespace clew::wire::otlp {

Result<model::SpanColumnsPtr> OtlpCodec::Decode(const std::vector<Bytes>& pieces) const {
  return DecodeRequest(pieces, limits_, counts_);
}

Bytes OtlpCodec::Encode(const model::SpanColumns& columns) const {
  return Bytes(EncodeRequest(columns));
}

Result<std::vector<Bytes>> OtlpCodec::Split(const std::vector<Bytes>& pieces,
                                            std::size_t span_count_max) const {
  std::string request;
  for (const Bytes& piece : pieces) request.append(piece.view());
  ASSIGN_OR_RETURN(const RequestFacts facts, InspectRequest(request));
  std::vector<Bytes> parts;
  for (std::uint64_t first = 0; first < facts.span_count; first += span_count_max) {
    parts.emplace_back(KeepSpans(request, [&](std::uint64_t index, std::string_view) {
      return index >= first && index < first + span_count_max;
    }));
  }
  return parts;
}

}  // namespace clew::wire::otlp
