#include "log/batch_record.h"

#include <string>
#include <utility>
#include <vector>

#include "base/compression.h"
#include "model/limits.h"

namespace clew::log {
namespace {

Bytes JoinPieces(const std::vector<Bytes>& pieces) {
  if (pieces.size() == 1) return pieces.front();
  std::string joined;
  for (const Bytes& piece : pieces) joined.append(piece.view());
  return Bytes(std::move(joined));
}

}  // namespace

Record RecordOf(const model::Batch& batch, const model::SpanColumns& columns) {
  Record record;
  if (columns.is_cut) {
    // Not as it came: replay and followers decode it with other limits, or with none.
    record.body = batch.codec().spans()->Encode(columns);
  } else if (batch.received()) {
    record.compression = batch.received()->compression;
    record.body = batch.received()->bytes;
  } else {
    record.body = JoinPieces(batch.wire());
  }
  return record;
}

Result<Bytes> UnpackBody(const Record& record) {
  if (record.compression == base::Compression::kNone) return record.body;
  ASSIGN_OR_RETURN(std::string body,
                   base::Decompress(record.compression, record.body.view(), model::kBodyBytesMax));
  return Bytes(std::move(body));
}

}  // namespace clew::log
