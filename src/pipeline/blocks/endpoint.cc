#include "pipeline/blocks/endpoint.h"

#include <charconv>
#include <optional>

namespace clew::pipeline::blocks {
namespace {

std::optional<unsigned> ParsePort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port > 65535) {
    return std::nullopt;
  }
  return port;
}

/// The text after the last colon outside brackets, or nothing when there is no port.
std::optional<std::string_view> PortText(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return std::nullopt;
  }
  return authority.substr(colon + 1);
}

bool RemovePrefix(std::string_view prefix, std::string_view& text) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
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
    return;
  }
  const auto port = PortText(endpoint);
  if (!port.has_value()) {
    problems.Add("endpoint",
                 fmt::format("missing port in address \"{}\"; write host:port", endpoint));
  } else if (!ParsePort(*port).has_value()) {
    problems.Add("endpoint", fmt::format("invalid port \"{}\"", *port));
  }
}

void CheckClientEndpoint(std::string_view endpoint, Problems& problems) {
  if (endpoint.empty()) {
    problems.Add("", "requires a non-empty \"endpoint\"");
    return;
  }
  if (endpoint.starts_with("unix:")) {
    return;
  }
  std::string_view target = endpoint;
  if (!RemovePrefix("http://", target) && !RemovePrefix("https://", target) &&
      !RemovePrefix("dns:///", target) && RemovePrefix("dns://", target)) {
    const std::size_t slash = target.find('/');  // dns://server/name
    target.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
  }
  target = target.substr(0, target.find('/'));
  const auto port = PortText(target);
  if (!port.has_value()) {
    problems.Add(
        "endpoint",
        fmt::format("missing port in \"{}\"; write host:port, e.g. \"{}:4317\"", endpoint, target));
  } else if (const auto number = ParsePort(*port); !number.has_value() || *number == 0) {
    problems.Add("endpoint", fmt::format("invalid port \"{}\"", *port));
  }
}

void CheckUrl(std::string_view key, std::string_view url, Problems& problems) {
  if (url.empty()) {
    return;
  }
  std::string_view rest = url;
  if (!RemovePrefix("http://", rest) && !RemovePrefix("https://", rest)) {
    problems.Add(key, fmt::format("\"{}\" must be a URL with http:// or https://", url));
    return;
  }
  rest = rest.substr(0, rest.find_first_of("/?"));
  if (rest.empty()) {
    problems.Add(key, fmt::format("\"{}\" names no host", url));
    return;
  }
  if (const auto port = PortText(rest); port.has_value() && !ParsePort(*port).has_value()) {
    problems.Add(key, fmt::format("invalid port \"{}\"", *port));
  }
}

}  // namespace clew::pipeline::blocks
