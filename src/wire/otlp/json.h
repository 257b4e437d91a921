#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "model/signal.h"

namespace clew::wire::otlp {

/// How deep JSON may nest, read or written: enough for lists 128 deep, the most that limits on
/// attribute values allow (each takes 4 levels), in the attributes of an event.
inline constexpr std::size_t kJsonDepthMax = 544;

/// OTLP/JSON to the protobuf form, for the request of a signal (otlp.md section 3: camelCase and
/// snake_case keys, hex ids, integers and enum names, numbers as strings, unknown keys ignored,
/// null as absent). INVALID_ARGUMENT names the JSON path, e.g.
/// "resourceSpans[0].scopeSpans[1].spans[3].traceId". Nesting over `depth_max` is an error.
Result<std::string> RequestFromJson(model::Signal signal, std::string_view json,
                                    std::size_t depth_max = kJsonDepthMax);
inline Result<std::string> TracesFromJson(std::string_view json,
                                          std::size_t depth_max = kJsonDepthMax) {
  return RequestFromJson(model::Signal::kTraces, json, depth_max);
}

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

/// No fewer bytes than RequestFromJson takes while it reads so many bytes of JSON, its result
/// included: a copy with padding, the index of its tokens, and what it writes. That is no larger,
/// but for lists of numbers, of which metrics and profiles have some: a digit and a comma become
/// eight bytes, and while the text grows there is another of it, and room for half as much.
constexpr std::uint64_t RequestFromJsonBytesMax(model::Signal signal, std::size_t json_size) {
  const bool has_numbers = signal == model::Signal::kMetrics || signal == model::Signal::kProfiles;
  const std::uint64_t written = has_numbers ? 12 : 1;
  return std::uint64_t{json_size} * (1 + sizeof(std::uint32_t) + written) + (64u << 10);
}

/// How ids are written: hex as OTLP/JSON says, or base64 as protobuf's own JSON form does
/// (tempo-api.md section 1.5; there enums are names too).
enum class JsonDialect { kOtlp, kProtobuf };

/// A request of a signal as OTLP/JSON. DATA_LOSS when `protobuf` is malformed.
Result<std::string> RequestToJson(model::Signal signal, std::string_view protobuf);

/// The protobuf form of TracesData to JSON. `root` is the name of the list: "resourceSpans", or
/// "batches" for Tempo's v1 (tempo-api.md section 3.1). DATA_LOSS when `protobuf` is malformed.
Result<std::string> TracesToJson(std::string_view protobuf, JsonDialect dialect,
                                 std::string_view root = "resourceSpans");

}  // namespace clew::wire::otlp
