#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/jaeger/handlers.h"

namespace clew::api::jaeger {

/// What Jaeger calls the service of a resource that has no `service.name` (jaeger.md section 7).
inline constexpr std::string_view kNoServiceName = "OTLPResourceNoServiceName";

/// The service that query knows as `name`, which is empty for resources without one.
inline std::string_view ServiceLabel(std::string_view name) {
  return name.empty() ? kNoServiceName : name;
}

/// The other way: what a parameter asks for.
inline std::string ServiceOfParam(std::string_view label) {
  return std::string(label == kNoServiceName ? std::string_view() : label);
}

/// All labels, in byte order.
Result<std::vector<std::string>> ListServices(const Call& call);

}  // namespace clew::api::jaeger
