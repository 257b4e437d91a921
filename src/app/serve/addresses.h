#pragma once

#include <string>
#include <vector>

#include "pipeline/config/config.h"

namespace clew::app::serve {

/// Where a component listens.
struct Address {
  /// E.g. "receiver otlp grpc".
  std::string what;
  /// Of the component ("otlp"); empty for the metrics.
  std::string type;
  /// "grpc", "http", "jaeger", …; empty when the component has one address.
  std::string protocol;
  /// host:port.
  std::string where;
  /// Whether spans are sent there.
  bool takes_spans = false;
};

/// Every address that receivers and extensions of `config` listen on, and that of the metrics.
std::vector<Address> ListeningAddresses(const pipeline::Config& config);

}  // namespace clew::app::serve
