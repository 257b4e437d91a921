#pragma once

#include <string>

#include "log/log.h"

namespace clew::pipeline::testing {

/// An encoded request with one span of this name.
std::string OneSpanRequest(const std::string& span_name);

/// Appends an encoded request with one span, named `span_name`.
log::Appended AppendSpan(log::Log& log, const std::string& pipeline, const std::string& span_name);

}  // namespace clew::pipeline::testing
