#include "wire/otlp/codec.h"

#include <utility>

#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/rewrite.h"

namespace clew::wire::otlp {

Result<model::SpanColumnsPtr> OtlpCodec::Decode(const std::vector<Bytes>& pieces,
                                                const model::RowCounts& rows) const {
  return DecodeRequest(pieces, limits_, counts_, rows);
}

Bytes OtlpCodec::Encode(const model::SpanColumns& columns) const {
  return Bytes(EncodeRequest(columns));
}

namespace {

/// Halves again and again: one part after the other would walk the whole for each.
void SplitInto(std::string request, std::uint64_t span_count, std::uint64_t span_count_max,
               std::vector<model::CountedRequest>* parts) {
  if (span_count <= span_count_max) {
    parts->push_back({Bytes(std::move(request)), span_count});
    return;
  }
  const std::uint64_t part_count = (span_count - 1) / span_count_max + 1;
  const std::uint64_t middle = part_count / 2 * span_count_max;
  std::string second = KeepSpans(
      request, [middle](std::uint64_t index, std::string_view) { return index >= middle; });
  request = KeepSpans(request,
                      [middle](std::uint64_t index, std::string_view) { return index < middle; });
  SplitInto(std::move(request), middle, span_count_max, parts);
  SplitInto(std::move(second), span_count - middle, span_count_max, parts);
}

}  // namespace

Result<std::vector<model::CountedRequest>> OtlpCodec::Split(const std::vector<Bytes>& pieces,
                                                            std::size_t item_count_max) const {
  std::string request;
  for (const Bytes& piece : pieces) request.append(piece.view());
  ASSIGN_OR_RETURN(const RequestFacts facts, InspectRequest(request));
  std::vector<model::CountedRequest> parts;
  if (facts.span_count > 0) {
    SplitInto(std::move(request), facts.span_count, item_count_max, &parts);
  }
  return parts;
}

}  // namespace clew::wire::otlp
