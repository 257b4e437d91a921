#include "api/jaeger/service_name.h"

#include <algorithm>

namespace clew::api::jaeger {

Result<std::vector<std::string>> ListServices(const Call& call) {
  ASSIGN_OR_RETURN(auto services, call.query.Services(call.context));
  for (std::string& service : services) service = ServiceLabel(service);
  std::ranges::sort(services);
  return services;
}

}  // namespace clew::api::jaeger
