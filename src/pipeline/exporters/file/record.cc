#include "pipeline/exporters/file/record.h"

#include <limits>

#include "base/compression.h"
#include "wire/otlp/json.h"

namespace clew::pipeline::exporters::file {

Result<std::string> EncodeRecord(const model::Batch& batch, Format format, bool is_compressed) {
  std::string content;
  for (const Bytes& piece : batch.wire()) {
    content += piece.view();
  }
  if (format == Format::kJson) {
    ASSIGN_OR_RETURN(content, wire::otlp::RequestToJson(batch.signal(), content));
    if (!is_compressed) {
      content += '\n';
      return content;
    }
  }
  if (is_compressed) {
    content = base::ZstdCompress(content);
  }
  if (content.size() > std::numeric_limits<std::uint32_t>::max()) {
    return MakeError(Code::kResourceExhausted,
                     "a batch of {} bytes does not fit into one record; send smaller batches",
                     content.size());
  }
  const auto size = static_cast<std::uint32_t>(content.size());
  std::string record;
  record.reserve(content.size() + 4);
  for (const int shift : {24, 16, 8, 0}) {
    record += static_cast<char>(static_cast<unsigned char>(size >> shift));
  }
  return record += content;
}

}  // namespace clew::pipeline::exporters::file
