#include "net/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/url.h"

namespace clew::net {
namespace {

std::string LowerFirst(std::string text) {
  if (!text.empty()) {
    text[0] = base::LowerCase(text[0]);
  }
  return text;
}

/// `text` as a message quotes it: cut, and on one line.
std::string Shown(std::string_view text) {
  std::string shown;
  for (const char c : base::Excerpt(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return shown;
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

/// A number from 0 to 65535.
std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || rest != end) return std::nullopt;
  return port;
}

/// What is wrong with `address`, which has no port, and how it is meant to be.
std::unexpected<Error> MissingPort(std::string_view address) {
  const auto missing = [](const std::string& example) {
    return base::InvalidArgument("missing port in address, write host:port, such as \"{}\"",
                                 example);
  };
  if (const auto port = ParsePort(address); port.value_or(0) != 0) {
    return base::InvalidArgument("a port alone, write host:port, such as \"localhost:{}\"", *port);
  }
  if (IsIpv6(address)) return missing(fmt::format("[{}]:4317", address));
  const bool is_host =
      !address.empty() && address.size() <= base::kExcerptBytesMax && IsHostName(address);
  return missing(fmt::format("{}:4317", is_host ? address : "localhost"));
}

/// A host and perhaps a port, as they are written.
struct Address {
  std::string_view host;  // without brackets
  std::optional<std::string_view> port;
};

Result<Address> SplitBracketed(std::string_view address) {
  const std::size_t end = address.find(']');
  if (end == std::string_view::npos) {
    return base::InvalidArgument(
        "the bracket of the address is not closed, write [address]:port, such as [::1]:4317");
  }
  const std::string_view host = address.substr(1, end - 1);
  const std::string_view rest = address.substr(end + 1);
  if (!IsIpv6(host)) {
    return base::InvalidArgument("\"{}\" is no IPv6 address, and only those have brackets",
                                 Shown(host));
  }
  if (rest.empty()) return Address{host, std::nullopt};
  if (!rest.starts_with(':')) {
    return base::InvalidArgument("a colon and a port follow the bracket, not \"{}\"", Shown(rest));
  }
  return Address{host, rest.substr(1)};
}

/// The error says what is wrong with `address`, but does not name it.
Result<Address> SplitAddress(std::string_view address) {
  if (address.starts_with('[')) return SplitBracketed(address);
  const std::size_t colon = address.rfind(':');
  const std::string_view host = address.substr(0, colon);
  const bool has_port = colon != std::string_view::npos;
  if (host.contains(':')) {
    if (!IsIpv6(host)) return MissingPort(address);
    return base::InvalidArgument("put the IPv6 address into brackets, \"[{}]:{}\"", host,
                                 Shown(address.substr(colon + 1)));
  }
  if (!has_port && ParsePort(host).has_value()) return MissingPort(host);
  if (!IsHostName(host)) {
    return base::InvalidArgument(
        "\"{}\" is neither a host name nor an address, write host:port, such as localhost:4317",
        Shown(host));
  }
  return has_port ? Address{host, address.substr(colon + 1)} : Address{host, std::nullopt};
}

/// A host and a port from `port_min` on; the error does not name `text`.
Result<HostPort> ReadHostPort(std::string_view text, std::uint16_t port_min) {
  ASSIGN_OR_RETURN(const Address address, SplitAddress(text));
  if (!address.port) return MissingPort(address.host);
  const auto port = ParsePort(*address.port);
  if (!port || *port < port_min) {
    return base::InvalidArgument("invalid port \"{}\", write a number from {} to 65535",
                                 Shown(*address.port), port_min);
  }
  return HostPort{std::string(address.host), *port};
}

/// `error` with the name of what it is about.
std::unexpected<Error> About(std::string_view endpoint, Error error) {
  return std::unexpected(std::move(error).Annotate(
      fmt::format("invalid endpoint \"{}\"", Shown(base::RedactAddress(endpoint)))));
}

bool IsHttp(std::string_view url) {
  return base::HasScheme(url, "http") || base::HasScheme(url, "https");
}

/// The scheme of a target that gRPC resolves by itself, in the small letters that it wants; empty
/// without one. Unlike a URL's it needs no slashes.
std::string GrpcSchemeOf(std::string_view endpoint) {
  const std::string scheme = base::LowerCase(endpoint.substr(0, endpoint.find(':')));
  if (scheme.size() == endpoint.size()) return {};
  const bool is_known = scheme == "dns" || scheme == "unix" || scheme == "unix-abstract" ||
                        scheme == "ipv4" || scheme == "ipv6";
  return is_known ? scheme : std::string();
}

/// Addresses of `family` with their ports, and commas in between.
Status CheckAddresses(std::string_view addresses, int family) {
  for (;;) {
    const std::size_t comma = addresses.find(',');
    ASSIGN_OR_RETURN(const HostPort read, ReadHostPort(addresses.substr(0, comma), 1));
    in_addr ipv4{};
    const bool is_ipv6 = IsIpv6(read.host);
    if (family == AF_INET6 ? !is_ipv6 : inet_pton(AF_INET, read.host.c_str(), &ipv4) != 1) {
      return base::InvalidArgument("\"{}\" is no {} address", Shown(read.host),
                                   family == AF_INET6 ? "IPv6" : "IPv4");
    }
    if (comma == std::string_view::npos) return {};
    addresses.remove_prefix(comma + 1);
  }
}

/// Letters, digits, what RFC 3986 allows beside them, and whole %XX.
bool IsUserinfo(std::string_view text) {
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
    } else if (std::isalnum(static_cast<unsigned char>(c)) == 0 &&
               !std::string_view("-._~!$&'()*+,;=:").contains(c)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string HostPort::ToString() const {
  const std::string shown = host.empty() ? "::" : host;
  const bool is_v6 = shown.contains(':');
  return (is_v6 ? "[" + shown + "]" : shown) + ":" + std::to_string(port);
}

Result<HostPort> ParseHostPort(std::string_view endpoint) {
  if (endpoint.starts_with("unix:") || endpoint.starts_with('/')) {
    return About(endpoint, {Code::kInvalidArgument,
                            "a path is for a gRPC server with transport: unix, write host:port, "
                            "such as localhost:4317"});
  }
  if (endpoint.contains("://") || endpoint.contains('@')) {
    const std::string_view rest = base::AfterScheme(endpoint);
    std::string_view address = rest.substr(0, rest.find_first_of("/?#"));
    address = address.substr(address.rfind('@') + 1);
    const bool is_address = ReadHostPort(address, 0).has_value();
    return About(endpoint,
                 {Code::kInvalidArgument, fmt::format("write host:port alone, \"{}\"",
                                                      is_address ? address : "localhost:4317")});
  }
  auto address = ReadHostPort(endpoint, 0);
  if (!address) return About(endpoint, std::move(address).error());
  return address;
}

Result<std::string> ParseSocketPath(std::string_view endpoint) {
  constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un{}.sun_path) - 1;
  std::string_view path = endpoint;
  if (path.starts_with("unix:")) path.remove_prefix(5);
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.empty() || path == "//") {
    return About(endpoint, {Code::kInvalidArgument,
                            "the path of the socket is missing, write unix:/path/of/socket"});
  }
  if (path.contains('\0')) {
    return About(endpoint, {Code::kInvalidArgument, "holds a NUL byte, leave it out"});
  }
  if (path.size() > kPathBytesMax) {
    return About(endpoint,
                 {Code::kInvalidArgument, fmt::format("the path of a socket has at most {} bytes, "
                                                      "this one {}: write a shorter one",
                                                      kPathBytesMax, path.size())});
  }
  return std::string(path);
}

Result<std::string> ParseGrpcEndpoint(std::string_view endpoint) {
  if (endpoint.empty()) return base::InvalidArgument("requires a non-empty \"endpoint\"");
  const std::string scheme = GrpcSchemeOf(endpoint);
  std::string_view address = endpoint;
  if (!scheme.empty()) address.remove_prefix(scheme.size() + 1);
  if (scheme == "unix") {
    TRY(ParseSocketPath(fmt::format("unix:{}", address)));
    return fmt::format("unix:{}", address);
  }
  if (scheme == "unix-abstract") {
    return About(endpoint, {Code::kInvalidArgument,
                            "abstract sockets are not supported, write unix:/path/of/socket"});
  }
  if (base::UserinfoOf(endpoint).has_value() || endpoint.contains('@')) {
    return base::InvalidArgument(
        "a gRPC endpoint takes no user and password; put them into headers, as authorization: "
        "\"Basic …\"");
  }
  const std::string_view target = address;
  if (!scheme.empty()) {
    if (address.starts_with("//")) {  // a name server, and a slash in front of the name
      const std::size_t slash = address.find('/', 2);
      address = slash == std::string_view::npos ? "" : address.substr(slash + 1);
    }
    if (scheme != "dns") {
      const Status read = CheckAddresses(address, scheme == "ipv4" ? AF_INET : AF_INET6);
      if (!read) return About(endpoint, read.error());
      return fmt::format("{}:{}", scheme, target);
    }
  } else if (IsHttp(endpoint)) {
    address = base::AfterScheme(endpoint);
    if (address.ends_with('/')) address.remove_suffix(1);
  } else if (endpoint.contains("://")) {
    return About(endpoint,
                 {Code::kInvalidArgument,
                  fmt::format("the scheme \"{}\" is unknown here, write host:port, or http:// or "
                              "https:// in front of it",
                              Shown(endpoint.substr(0, endpoint.find("://"))))});
  }
  if (address.contains('/')) {
    return About(endpoint, {Code::kInvalidArgument, "gRPC knows no paths, write host:port alone"});
  }
  auto read = ReadHostPort(address, 1);
  if (!read) return About(endpoint, std::move(read).error());
  // As Go dials it, and so the Collector.
  if (read->host.empty()) return fmt::format("localhost:{}", read->port);
  return scheme.empty() ? std::string(address) : fmt::format("{}:{}", scheme, target);
}

Status CheckHttpUrl(std::string_view url) {
  const std::string shown = Shown(base::RedactAddress(url));
  if (!IsHttp(url)) {
    return base::InvalidArgument("\"{}\" must be a URL with http:// or https://", shown);
  }
  std::string_view rest = base::AfterScheme(url);
  if (const auto userinfo = base::UserinfoOf(url); userinfo.has_value()) {
    if (!IsUserinfo(*userinfo)) {
      return base::InvalidArgument(
          "user and password of \"{}\" hold characters that a URL cannot hold; write %40 for @, "
          "%2F for /, %25 for % and so on",
          shown);
    }
    rest.remove_prefix(userinfo->size() + 1);
  }
  if (std::ranges::any_of(rest, [](unsigned char c) { return c <= ' ' || c == 0x7F; })) {
    return base::InvalidArgument("\"{}\" holds a space; write %20", shown);
  }
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.empty() || rest.starts_with(':')) {
    return base::InvalidArgument("\"{}\" names no host", shown);
  }
  const auto address = SplitAddress(rest);
  if (!address) return About(url, address.error());
  if (address->port && ParsePort(*address->port).value_or(0) == 0) {
    return base::InvalidArgument("invalid port \"{}\" in \"{}\", write a number from 1 to 65535",
                                 Shown(*address->port), shown);
  }
  return {};
}

Result<std::string> ParseHttpEndpoint(std::string_view endpoint) {
  std::string url = (endpoint.contains("://") ? "" : "http://") + std::string(endpoint);
  while (url.ends_with('/') && !url.ends_with("://")) url.pop_back();
  TRY(CheckHttpUrl(url));
  return url;
}

Result<HostPort> RestrictTo(AddressFamily family, const HostPort& endpoint,
                            std::string_view network) {
  if (family == AddressFamily::kAny) return endpoint;
  const bool is_v4 = family == AddressFamily::kIpv4;
  const auto addresses = AddressesOf(endpoint, is_v4 ? AF_INET : AF_INET6);
  char host[NI_MAXHOST];
  if (!addresses.has_value() || getnameinfo((*addresses)->ai_addr, (*addresses)->ai_addrlen, host,
                                            sizeof(host), nullptr, 0, NI_NUMERICHOST) != 0) {
    return base::Unavailable("listen {}{} {}: the host has no address of this kind", network,
                             is_v4 ? 4 : 6, endpoint.ToString());
  }
  return HostPort{host, endpoint.port};
}

std::string DescribeBindFailure(std::string_view network, const HostPort& endpoint, int error) {
  const std::string prefix = fmt::format("listen {} {}: ", network, endpoint.ToString());
  if (error != 0) return prefix + "bind: " + LowerFirst(std::generic_category().message(error));
  const auto addresses =
      AddressesOf({endpoint.host.empty() ? "::" : endpoint.host, endpoint.port}, AF_UNSPEC);
  return prefix + (addresses.has_value() ? "the name had no address" : addresses.error());
}

}  // namespace clew::net
