#pragma once

#include <string>
#include <string_view>

#include "model/signal.h"

namespace clew::wire::otlp::testing {

/// What is wrong with how these bytes are treated, whatever they are; empty when nothing is: what
/// is counted can be cut, loses no item by that, and comes back from JSON as it was.
std::string FaultOf(model::Signal signal, std::string_view bytes);

}  // namespace clew::wire::otlp::testing
