#pragma once

#include <cstdint>
#include <vector>

#include "api/endpoint.h"
#include "api/jaeger/handlers.h"

namespace clew::api::jaeger {

/// The form of answers and errors. kPlain: errors as in the classic one, answers without its
/// envelope.
enum class Dialect : std::uint8_t { kClassic, kPlain, kV3 };

struct Route {
  Endpoint endpoint;
  Dialect dialect;
  Handler handler;
};

/// All that is served.
const std::vector<Route>& Routes();
/// Their endpoints, in the same order.
const std::vector<Endpoint>& RouteEndpoints();

}  // namespace clew::api::jaeger
