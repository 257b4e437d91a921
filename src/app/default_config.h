#pragma once

#include <string_view>

namespace clew::app {

/// What runs without --config: OTLP in on localhost, kept in $CLEW_DATA_DIR or ./clew-data, query
/// APIs, health check and metrics on localhost.
std::string_view DefaultConfig();

}  // namespace clew::app
