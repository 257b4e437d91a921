#pragma once

#include <string>

#include "base/vocabulary.h"
#include "model/batch.h"

namespace clew::pipeline::exporters::file {

enum class Format { kJson, kProto };

/// A batch as it stands in the file: one line of OTLP/JSON, or bytes. Bytes (protobuf, or anything
/// compressed) follow their length, 4 bytes big-endian. Protobuf is not decoded.
Result<std::string> EncodeRecord(const model::Batch& batch, Format format, bool is_compressed);

}  // namespace clew::pipeline::exporters::file
