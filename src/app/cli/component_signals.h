#pragma once

#include <fmt/core.h>

#include <string>
#include <vector>

#include "pipeline/factory.h"

namespace clew::app::cli {

/// Of which pipelines a component can be a part: the names of signals; of a connector, which to
/// which. Empty for extensions.
inline std::vector<std::string> SignalsOf(const pipeline::Factory& factory) {
  std::vector<std::string> names;
  if (factory.kind == pipeline::ComponentKind::kExtension) return names;
  for (const pipeline::Connection& connection : factory.connections) {
    names.push_back(fmt::format("{} to {}", NameOf(connection.from), NameOf(connection.to)));
  }
  if (factory.kind == pipeline::ComponentKind::kConnector) return names;
  for (const model::Signal signal : model::kSignals) {
    if (factory.signals.Contains(signal)) names.emplace_back(NameOf(signal));
  }
  return names;
}

}  // namespace clew::app::cli
