#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::wire::otlp {

/// How deep JSON may nest, read or written: enough for lists 128 deep, the most that limits on
/// attribute values allow (each takes 4 levels), in the attributes of an event.
inline constexpr std::size_t kJsonDepthMax = 544;

/// OTLP/JSON to the protobuf form, for ExportTraceServiceRequest (otlp.md section 3: camelCase and
/// snake_case keys, hex ids, integers and enum names, numbers as strings, unknown keys ignored,
/// null as absent). INVALID_ARGUMENT names the JSON path, e.g.
/// "resourceSpans[0].scopeSpans[1].spans[3].traceId". Nesting over `depth_max` is an error.
Result<std::string> TracesFromJson(std::string_view json, std::size_t depth_max = kJsonDepthMax);

/// Tempo's answers to the protobuf form (tempo-api.md section 3.1): a list named "batches" or
/// "resourceSpans", by itself or within "trace", and the names that lists and scopes had before;
/// the same within "result", as Jaeger's v3 API answers. Ids are base64 or hex. Else as
/// TracesFromJson.
Result<std::string> TracesFromAnswerJson(std::string_view json);

/// INVALID_ARGUMENT, with the place as TracesFromJson tells it, for what is no object of JSON. Of
/// its numbers only the form is looked at.
Status CheckJson(std::string_view json);

/// What a JSON document of traces is, as the names of its outermost members tell.
enum class JsonForm {
  kOtlp,     // for TracesFromJson; also what is no JSON, so that reading it says what is wrong
  kAnswer,   // for TracesFromAnswerJson
  kJaeger,   // Jaeger's own form (wire/jaeger)
  kUnknown,  // a list, or holds no traces that we know of
};
JsonForm FormOf(std::string_view json);

/// No fewer bytes than TracesFromJson takes while it reads so many bytes of JSON, its result
/// included: a copy with padding, the index of its tokens, and what it writes, which is no larger.
constexpr std::uint64_t TracesFromJsonBytesMax(std::size_t json_size) {
  return std::uint64_t{json_size} * (1 + sizeof(std::uint32_t) + 1) + (64u << 10);
}

/// How ids are written: hex as OTLP/JSON says, or base64 as protobuf's own JSON form does
/// (tempo-api.md section 1.5; there enums are names too).
enum class JsonDialect { kOtlp, kProtobuf };

/// The protobuf form of TracesData to JSON. `root` is the name of the list: "resourceSpans", or
/// "batches" for Tempo's v1 (tempo-api.md section 3.1). DATA_LOSS when `protobuf` is malformed.
Result<std::string> TracesToJson(std::string_view protobuf, JsonDialect dialect,
                                 std::string_view root = "resourceSpans");

}  // namespace clew::wire::otlp
