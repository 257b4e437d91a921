#include "pipeline/blocks/endpoint.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>

#include "base/url.h"

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

bool IsHttp(std::string_view url) {
  return base::HasScheme(url, "http") || base::HasScheme(url, "https");
}

/// Host and port of a client's target; of dns://server/name it is the name.
std::string_view TargetAddress(std::string_view endpoint) {
  if (IsHttp(endpoint)) {
    const std::string_view rest = base::AfterScheme(endpoint);
    return rest.substr(0, rest.find('/'));
  }
  if (base::HasScheme(endpoint, "dns")) {
    const std::string_view rest = base::AfterScheme(endpoint);
    return rest.substr(rest.find('/') + 1);  // all when there is none
  }
  return endpoint.substr(0, endpoint.find('/'));
}

/// Letters, digits, what RFC 3986 allows beside them, and whole %XX.
bool IsUserinfo(std::string_view text) {
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
        return false;
      }
    } else if (std::isalnum(static_cast<unsigned char>(c)) == 0 &&
               !std::string_view("-._~!$&'()*+,;=:").contains(c)) {
      return false;
    }
  }
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
  if (const auto parsed = net::ParseHostPort(endpoint); !parsed.has_value()) {
    problems.Add("endpoint", parsed.error().message);
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
  if (base::UserinfoOf(endpoint).has_value() || endpoint.contains('@')) {
    problems.Add("endpoint",
                 "a gRPC endpoint takes no user and password; put them into headers, as "
                 "authorization: \"Basic …\"");
    return;
  }
  const std::string_view target = TargetAddress(endpoint);
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
  const std::string shown = base::RedactAddress(url);
  if (!IsHttp(url)) {
    problems.Add(key, fmt::format("\"{}\" must be a URL with http:// or https://", shown));
    return;
  }
  std::string_view rest = base::AfterScheme(url);
  if (const auto userinfo = base::UserinfoOf(url); userinfo.has_value()) {
    if (!IsUserinfo(*userinfo)) {
      problems.Add(key, fmt::format("user and password of \"{}\" hold characters that a URL cannot "
                                    "hold; write %40 for @, %2F for /, %25 for % and so on",
                                    shown));
      return;
    }
    rest.remove_prefix(userinfo->size() + 1);
  }
  if (std::ranges::any_of(rest, [](unsigned char c) { return c <= ' ' || c == 0x7F; })) {
    problems.Add(key, fmt::format("\"{}\" holds a space; write %20", shown));
    return;
  }
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.empty() || rest.starts_with(':')) {
    problems.Add(key, fmt::format("\"{}\" names no host", shown));
    return;
  }
  if (const auto port = PortText(rest); port.has_value() && !ParsePort(*port).has_value()) {
    problems.Add(key, fmt::format("invalid port \"{}\"", *port));
  }
}

}  // namespace clew::pipeline::blocks
