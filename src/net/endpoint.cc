#include "net/endpoint.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>

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

}  // namespace

std::string HostPort::ToString() const {
  const std::string shown = host.empty() ? "::" : host;
  const bool is_v6 = shown.contains(':');
  return (is_v6 ? "[" + shown + "]" : shown) + ":" + std::to_string(port);
}

Result<HostPort> ParseHostPort(std::string_view endpoint) {
  const auto malformed = [&] {
    return base::InvalidArgument("invalid endpoint \"{}\": write host:port, such as localhost:4317",
                                 endpoint);
  };
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return malformed();
  std::string_view host = endpoint.substr(0, colon);
  const std::string_view port_text = endpoint.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':') || host.contains('/')) {
    return malformed();
  }
  HostPort result;
  result.host = host;
  const char* end = port_text.data() + port_text.size();
  const auto [rest, error] = std::from_chars(port_text.data(), end, result.port);
  if (error != std::errc() || rest != end) return malformed();
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
