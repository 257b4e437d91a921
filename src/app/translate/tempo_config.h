#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "pipeline/config/node.h"
#include "pipeline/config/problem.h"

namespace clew::app::translate {

struct Translation {
  /// A whole configuration of clew, as YAML.
  std::string yaml;
  /// What the other one says and this one does not do, at its place, and why.
  pipeline::ProblemList left_out;
};

/// What a configuration of Tempo asks for, as far as clew does it. Whoever runs Tempo without
/// saying something gets what Tempo does then: it listens on all addresses of the machine, keeps
/// spans for 14 days and takes OTLP over gRPC. `knows_receiver` says of a type of receiver whether
/// there is one: their settings are those of the Collector in both.
Translation FromTempo(const pipeline::Node& tempo,
                      const std::function<bool(std::string_view type)>& knows_receiver);

}  // namespace clew::app::translate
