#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::net {

/// Where to listen or connect to. An empty host means every address.
struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;

  /// As it is written: IPv6 addresses in brackets, an empty host as [::].
  std::string ToString() const;
};

/// Reads where to listen: "host:port", ":port" and "[v6]:port", ports from 0 to 65535.
/// INVALID_ARGUMENT names the text and the right form, here and below.
Result<HostPort> ParseHostPort(std::string_view endpoint);

/// Reads what a gRPC client is to connect to, and gives it as gRPC takes it: "host:port", the same
/// behind "http://" or "https://" (which go), "dns:[//server/]host:port", "unix:path", and
/// addresses behind "ipv4:" or "ipv6:", with commas in between. No host means localhost.
Result<std::string> ParseGrpcEndpoint(std::string_view endpoint);

/// Reads where a socket stands in the file system: "path", "unix:path" or "unix:///path".
Result<std::string> ParseSocketPath(std::string_view endpoint);

/// Checks what an HTTP client is to connect to: an http:// or https:// URL, with or without a user,
/// a port and a path. The error never shows a password.
Status CheckHttpUrl(std::string_view url);

/// `endpoint`, a URL as above or its part behind "http://", as a URL without a slash at its end.
Result<std::string> ParseHttpEndpoint(std::string_view endpoint);

/// Which addresses of a name count.
enum class AddressFamily { kAny, kIpv4, kIpv6 };

/// `endpoint` with the name replaced by its first address of the family; an empty host by the one
/// that stands for all of them. Unchanged with kAny. UNAVAILABLE, which names the `network` ("tcp"
/// or "udp"), when the name has none.
Result<HostPort> RestrictTo(AddressFamily family, const HostPort& endpoint,
                            std::string_view network = "tcp");

/// Why nobody can listen on `endpoint`, in the words that users of the Collector know ("listen tcp
/// <addr>: bind: address already in use"). `network` is "tcp" or "udp"; `error` (errno) is of
/// binding to its addresses; 0: it has none, and is asked for them once more, to say why.
std::string DescribeBindFailure(std::string_view network, const HostPort& endpoint, int error);

}  // namespace clew::net
