#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {

/// The request with only the messages of the cut level (spans, data points, log records, profiles)
/// for which `keep(index, message)` is true; `index` counts those of the request. What is left
/// without any goes too, up to its resource; all else, unknown fields included, is copied byte for
/// byte. Throws protozero's exceptions on malformed bytes.
std::string KeepUnits(const SignalShape& shape, std::string_view request,
                      const std::function<bool(std::uint64_t index, std::string_view unit)>& keep);

/// The traces of a TraceByIDResponse (Tempo's /api/v2/traces), which has them in its first field,
/// as a request; empty when there are none, or the bytes are no protobuf.
std::string TracesFromAnswer(std::string_view answer);

}  // namespace clew::wire::otlp
