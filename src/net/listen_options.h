#pragma once

#include <cstdint>
#include <string>

#include "base/metrics.h"
#include "base/vocabulary.h"
#include "net/endpoint.h"

namespace clew::net {

/// Where a server listens, and how many may come.
struct ListenOptions {
  /// host:port; port 0 takes a free one; "[::]:80" and "localhost:80" work. A gRPC server also
  /// takes "unix:path".
  std::string endpoint;
  /// With kIpv6 nobody comes by IPv4, not even to "[::]:80".
  AddressFamily family = AddressFamily::kAny;
  /// Connections that may be open at once. One over it is refused, and so is one for which no file
  /// descriptor is left beside those that the process needs (net/file_reserve.h).
  std::uint64_t connection_count_max = 10'000;
  /// Where counters go, with `name` as the label `server`; null means nowhere. Outlives the server.
  base::Metrics* metrics = nullptr;
  std::string name;
  /// By which time-outs are told. Outlives the server.
  const Clock* clock = &base::SystemTime();
};

}  // namespace clew::net
