#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace clew::wire::otlp {

/// The request with only the spans for which `keep(index, span message)` is true; `index` counts
/// the spans of the request. A scope or resource left without spans goes too; all else, unknown
/// fields included, is copied byte for byte. Throws protozero's exceptions on malformed bytes.
std::string KeepSpans(std::string_view request,
                      const std::function<bool(std::uint64_t index, std::string_view span)>& keep);

/// The traces of a TraceByIDResponse (Tempo's /api/v2/traces), which has them in its first field,
/// as a request; empty when there are none, or the bytes are no protobuf.
std::string TracesFromAnswer(std::string_view answer);

}  // namespace clew::wire::otlp
