#pragma once

#include <string>

#include "pipeline/receivers/otlp/http_head.h"

namespace clew::pipeline::receivers::otlp {

/// What a request hears that the server itself refuses with this status and message
/// (net/http_server.h).
Refusal ServerRefusal(int status, const std::string& message);

}  // namespace clew::pipeline::receivers::otlp
