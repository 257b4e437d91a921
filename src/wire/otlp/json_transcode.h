#pragma once

#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "wire/otlp/json.h"
#include "wire/otlp/message_schema.h"

namespace clew::wire::otlp {

/// One message of `schema` from JSON to protobuf; see TracesFromJson. Ids in hex are taken in every
/// dialect, in base64 only in protobuf's.
Result<std::string> MessageFromJson(const MessageSchema& schema, std::string_view json,
                                    std::size_t depth_max,
                                    JsonDialect dialect = JsonDialect::kOtlp);

/// One message of `schema` from protobuf to JSON; see TracesToJson. `root`, when not empty, renames
/// the first field of the outermost message.
Result<std::string> MessageToJson(const MessageSchema& schema, std::string_view protobuf,
                                  JsonDialect dialect, std::string_view root = {});

}  // namespace clew::wire::otlp
