#pragma once

#include <cstdint>
#include <string_view>

#include "wire/otlp/decode_state.h"

namespace clew::wire::otlp {

/// Adds an Event message of the span `span_row` to the table of events. Throws protozero's
/// exceptions.
void DecodeEvent(std::string_view message, std::uint32_t span_row, DecodeState& state);
/// The same of a Link message.
void DecodeLink(std::string_view message, std::uint32_t span_row, DecodeState& state);

}  // namespace clew::wire::otlp
