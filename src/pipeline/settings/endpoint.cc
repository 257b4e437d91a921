#include "pipeline/settings/endpoint.h"

#include <fmt/format.h>
#include <sys/un.h>

namespace clew::pipeline::settings {
namespace {

/// "path", "unix:path" or "unix:///path".
void CheckSocketPath(std::string_view path, Problems& problems) {
  constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un{}.sun_path) - 1;
  if (path.starts_with("unix:")) path.remove_prefix(5);
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.empty() || path.size() > kPathBytesMax) {
    problems.Add("endpoint", fmt::format("the path of a socket has from 1 to {} bytes, this one {}",
                                         kPathBytesMax, path.size()));
  }
}

}  // namespace

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
    CheckSocketPath(endpoint, problems);
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
