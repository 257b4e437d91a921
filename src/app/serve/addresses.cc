#include "app/serve/addresses.h"

#include <fmt/core.h>

#include <algorithm>

#include "pipeline/config/emit.h"

namespace clew::app::serve {
namespace {

constexpr std::string_view kEndpoint = "endpoint";

/// "protocols::grpc::endpoint" → "grpc".
std::string ProtocolOf(std::string_view path) {
  if (path.size() <= kEndpoint.size()) {
    return {};
  }
  path.remove_suffix(kEndpoint.size() + 2);
  const std::size_t last = path.rfind(':');
  return std::string(last == std::string_view::npos ? path : path.substr(last + 1));
}

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Whether it is a receiver or an extension, and runs.
bool Listens(const pipeline::Config& config, const pipeline::ComponentConfig& component) {
  if (component.kind == pipeline::ComponentKind::kExtension) {
    return Contains(config.extensions, component.id);
  }
  return component.kind == pipeline::ComponentKind::kReceiver &&
         std::any_of(config.pipelines.begin(), config.pipelines.end(), [&](const auto& pipeline) {
           return Contains(pipeline.receivers, component.id);
         });
}

}  // namespace

std::vector<Address> ListeningAddresses(const pipeline::Config& config) {
  std::vector<Address> addresses;
  for (const pipeline::ComponentConfig& component : config.components) {
    if (!Listens(config, component)) {
      continue;
    }
    std::string off = "::";  // the section that is off, with what stands below it
    for (const pipeline::FieldInfo& field : pipeline::ListFields(*component.section)) {
      if (field.type == "optional section, off") {
        off = field.path + "::";
      }
      const bool is_on = !field.path.starts_with(off);
      if (is_on && field.path.ends_with(kEndpoint) && !field.default_value.empty()) {
        const std::string protocol = ProtocolOf(field.path);
        addresses.push_back(
            {.what = fmt::format("{} {}{}{}", pipeline::KindName(component.kind), component.id,
                                 protocol.empty() ? "" : " ", protocol),
             .type = component.id.substr(0, component.id.find('/')),
             .protocol = protocol,
             .where = field.default_value,
             .takes_spans = component.kind == pipeline::ComponentKind::kReceiver});
      }
    }
  }
  if (config.telemetry.has_prometheus && config.telemetry.metrics_level != "none") {
    addresses.push_back({.what = "metrics and health",
                         .type = {},
                         .protocol = {},
                         .where = fmt::format("{}:{}", config.telemetry.prometheus_host,
                                              config.telemetry.prometheus_port),
                         .takes_spans = false});
  }
  return addresses;
}

}  // namespace clew::app::serve
