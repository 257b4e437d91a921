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

}  // namespace clew::wire::otlp
