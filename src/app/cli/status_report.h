#pragma once

#include <string>
#include <vector>

#include "app/cli/style.h"
#include "app/telemetry/telemetry_client.h"

namespace clew::app::cli {

/// What the metrics say of a server, for people: version, uptime, components, spans, log, head,
/// blocks, queues, memory. `readiness` is what /readyz said.
std::string DrawStatus(const std::vector<telemetry::Sample>& samples, const std::string& readiness,
                       const Style& style);

}  // namespace clew::app::cli
