#include "app/serve/addresses.h"

#include <fmt/core.h>

#include <algorithm>

#include "pipeline/config/emit.h"

namespace clew::app::serve {
namespace {

constexpr std::string_view kEndpoint = "endpoint";

/// "protocols::grpc::endpoint" → " grpc".
std::string ProtocolOf(std::string_view path) {
  if (path.size() <= kEndpoint.size()) {
    return {};
  }
  path.remove_suffix(kEndpoint.size() + 2);
  const std::size_t last = path.rfind(':');
  return fmt::format(" {}", last == std::string_view::npos ? path : path.substr(last + 1));
}

}  // namespace

std::vector<Address> ListeningAddresses(const pipeline::Config& config) {
  std::vector<Address> addresses;
  for (const pipeline::ComponentConfig& component : config.components) {
    const bool is_receiver = component.kind == pipeline::ComponentKind::kReceiver;
    const bool runs = std::find(config.extensions.begin(), config.extensions.end(), component.id) !=
                      config.extensions.end();
    const bool is_extension = component.kind == pipeline::ComponentKind::kExtension && runs;
    if (!is_receiver && !is_extension) {
      continue;
    }
    for (const pipeline::FieldInfo& field : pipeline::ListFields(*component.section)) {
      if (field.path.ends_with(kEndpoint) && !field.default_value.empty()) {
        addresses.push_back({.what = fmt::format("{} {}{}", pipeline::KindName(component.kind),
                                                 component.id, ProtocolOf(field.path)),
                             .where = field.default_value});
      }
    }
  }
  if (config.telemetry.has_prometheus && config.telemetry.metrics_level != "none") {
    addresses.push_back({.what = "metrics and health",
                         .where = fmt::format("{}:{}", config.telemetry.prometheus_host,
                                              config.telemetry.prometheus_port)});
  }
  return addresses;
}

}  // namespace clew::app::serve
