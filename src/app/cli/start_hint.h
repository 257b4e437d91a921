#pragma once

#include <string>
#include <vector>

#include "pipeline/service/listeners.h"

namespace clew::app::cli {

/// The line that says what to try once a server listens on these addresses: `program demo` and
/// `program search`, with the options that name ports other than the usual. Those that
/// want TLS or a tenant are not named. Empty when it has no address for either. Pure.
std::string StartHint(const std::vector<pipeline::ListeningAddress>& addresses,
                      const std::string& program);

}  // namespace clew::app::cli
