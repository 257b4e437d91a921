#include "pipeline/settings/endpoint.h"

namespace clew::pipeline::settings {

net::AddressFamily FamilyOf(std::string_view transport) {
  if (transport == "tcp4") return net::AddressFamily::kIpv4;
  if (transport == "tcp6") return net::AddressFamily::kIpv6;
  return net::AddressFamily::kAny;
}

void CheckServerEndpoint(std::string_view endpoint, std::string_view transport,
                         Problems& problems) {
  if (endpoint.empty()) {
    problems.Add("endpoint", "requires a non-empty \"endpoint\", e.g. \"localhost:4317\"");
    return;
  }
  if (transport == "unix") {
    if (const auto parsed = net::ParseSocketPath(endpoint); !parsed.has_value()) {
      problems.Add("endpoint", parsed.error().message);
    }
    return;
  }
  if (const auto parsed = net::ParseHostPort(endpoint); !parsed.has_value()) {
    problems.Add("endpoint", parsed.error().message);
  }
}

void CheckClientEndpoint(std::string_view endpoint, Problems& problems) {
  if (const auto parsed = net::ParseGrpcEndpoint(endpoint); !parsed.has_value()) {
    problems.Add(endpoint.empty() ? "" : "endpoint", parsed.error().message);
  }
}

void CheckUrl(std::string_view key, std::string_view url, Problems& problems) {
  if (url.empty()) {
    return;
  }
  if (const Status checked = net::CheckHttpUrl(url); !checked.has_value()) {
    problems.Add(key, checked.error().message);
  }
}

}  // namespace clew::pipeline::settings
