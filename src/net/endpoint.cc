#include "net/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>

#include "base/url.h"

namespace clew::net {
namespace {

std::string LowerFirst(std::string text) {
  if (!text.empty()) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

using AddressesPtr = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// What a server may bind to for `endpoint`; the error is getaddrinfo's text.
std::expected<AddressesPtr, std::string> AddressesOf(const HostPort& endpoint, int family) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = family;
  addrinfo* found = nullptr;
  const char* host = endpoint.host.empty() ? nullptr : endpoint.host.c_str();
  const std::string port = std::to_string(endpoint.port);
  if (const int error = getaddrinfo(host, port.c_str(), &hints, &found); error != 0) {
    return std::unexpected(LowerFirst(gai_strerror(error)));
  }
  return AddressesPtr(found, &freeaddrinfo);
}

/// Why nobody can listen on `address`; 0 when one can.
int BindError(const addrinfo& address) {
  const int fd = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const bool is_free = bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, 1) == 0;
  const int error = is_free ? 0 : errno;
  close(fd);
  return error;
}

/// An address without its brackets, with or without a zone ("fe80::1%eth0").
bool IsIpv6(std::string_view host) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(host.substr(0, host.find('%'))).c_str(), &address) == 1;
}

/// A name that may have an address, an IPv4 address, or nothing (all addresses).
bool IsHostName(std::string_view host) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c >= 0x80;
  };
  if (!std::ranges::all_of(host, is_plain)) return false;
  const bool is_numeric = !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
    return std::isdigit(c) != 0 || c == '.';
  });
  in_addr address{};
  return !is_numeric || inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

std::unexpected<Error> MissingPort(std::string_view endpoint) {
  const std::string host = IsIpv6(endpoint) ? fmt::format("[{}]", endpoint) : std::string(endpoint);
  return base::InvalidArgument(
      "invalid endpoint \"{}\": missing port in address, write host:port, such as \"{}:4317\"",
      endpoint, host);
}

}  // namespace

std::string HostPort::ToString() const {
  const std::string shown = host.empty() ? "::" : host;
  const bool is_v6 = shown.contains(':');
  return (is_v6 ? "[" + shown + "]" : shown) + ":" + std::to_string(port);
}

Result<HostPort> ParseHostPort(std::string_view endpoint) {
  if (endpoint.contains("://") || endpoint.contains('@')) {
    const std::string_view rest = base::AfterScheme(endpoint);
    const std::string_view address = rest.substr(0, rest.find_first_of("/?#"));
    return base::InvalidArgument("invalid endpoint \"{}\": write host:port alone, \"{}\"",
                                 base::RedactAddress(endpoint),
                                 address.substr(address.rfind('@') + 1));
  }
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos || endpoint.ends_with(']')) return MissingPort(endpoint);
  std::string_view host = endpoint.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!IsIpv6(host)) {
      return base::InvalidArgument(
          "invalid endpoint \"{}\": \"{}\" is no IPv6 address, and only those have brackets",
          endpoint, host);
    }
  } else if (host.contains(':')) {
    if (!IsIpv6(host)) return MissingPort(endpoint);
    return base::InvalidArgument(
        "invalid endpoint \"{}\": put the IPv6 address into brackets, \"[{}]:{}\"", endpoint, host,
        endpoint.substr(colon + 1));
  } else if (!IsHostName(host)) {
    return base::InvalidArgument(
        "invalid endpoint \"{}\": \"{}\" is neither a host name nor an address, write host:port, "
        "such as localhost:4317",
        endpoint, host);
  }
  HostPort result;
  result.host = host;
  const std::string_view port_text = endpoint.substr(colon + 1);
  const char* end = port_text.data() + port_text.size();
  const auto [rest, error] = std::from_chars(port_text.data(), end, result.port);
  if (error != std::errc() || rest != end) {
    return base::InvalidArgument(
        "invalid endpoint \"{}\": invalid port \"{}\", write a number from 0 to 65535", endpoint,
        port_text);
  }
  return result;
}

Result<HostPort> RestrictTo(AddressFamily family, const HostPort& endpoint) {
  if (family == AddressFamily::kAny) return endpoint;
  const bool is_v4 = family == AddressFamily::kIpv4;
  const auto addresses = AddressesOf(endpoint, is_v4 ? AF_INET : AF_INET6);
  char host[NI_MAXHOST];
  if (!addresses.has_value() || getnameinfo((*addresses)->ai_addr, (*addresses)->ai_addrlen, host,
                                            sizeof(host), nullptr, 0, NI_NUMERICHOST) != 0) {
    return base::Unavailable("listen {} {}: the host has no address of this kind",
                             is_v4 ? "tcp4" : "tcp6", endpoint.ToString());
  }
  return HostPort{host, endpoint.port};
}

std::string DescribeBindFailure(const HostPort& endpoint) {
  const std::string prefix = "listen tcp " + endpoint.ToString() + ": ";
  const auto addresses =
      AddressesOf({endpoint.host.empty() ? "::" : endpoint.host, endpoint.port}, AF_UNSPEC);
  if (!addresses.has_value()) return prefix + addresses.error();
  int error = 0;
  for (const addrinfo* address = addresses->get(); address != nullptr && error != EADDRINUSE;
       address = address->ai_next) {
    if (const int failure = BindError(*address); failure != 0) error = failure;
  }
  if (error == 0) return prefix + "unknown reason";
  return prefix + "bind: " + LowerFirst(std::generic_category().message(error));
}

}  // namespace clew::net
