#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {

/// What becomes of resources, scopes and metrics that have no items to begin with.
enum class Empty : std::uint8_t { kKeep, kDrop };

/// The request with only the items for which `keep(index, item)` is true; `index` counts those of
/// the request. What is left without any goes too, up to its resource; all else, unknown fields
/// included, is copied byte for byte. Throws protozero's exceptions on malformed bytes.
std::string KeepItems(const SignalShape& shape, std::string_view request, Empty empty,
                      const std::function<bool(std::uint64_t index, std::string_view item)>& keep);

/// The traces of a TraceByIDResponse (Tempo's /api/v2/traces), which has them in its first field,
/// as a request; empty when there are none, or the bytes are no protobuf.
std::string TracesFromAnswer(std::string_view answer);

}  // namespace clew::wire::otlp
