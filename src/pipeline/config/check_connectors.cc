#include "pipeline/config/check_connectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipeline/config/pipeline_edges.h"

namespace clew::pipeline {
namespace {

enum class Side { kExporter, kReceiver };

constexpr Side Other(Side side) {
  return side == Side::kExporter ? Side::kReceiver : Side::kExporter;
}
constexpr std::string_view NameOf(Side side) {
  return side == Side::kExporter ? "exporter" : "receiver";
}

class ConnectorChecker {
 public:
  ConnectorChecker(const CheckInput& input, ProblemList& problems)
      : input_(input), config_(*input.config), problems_(problems) {}

  void Run() {
    for (const auto& [kind, id] : input_.declared) {
      if (kind == ComponentKind::kConnector) CheckId(id);
    }
    for (const ComponentConfig& component : config_.components) {
      if (component.kind != ComponentKind::kConnector) continue;
      CheckSide(component, Side::kExporter);
      CheckSide(component, Side::kReceiver);
    }
    if (const std::vector<std::string> cycle = FindCycle(config_); !cycle.empty()) {
      return Report(PlaceOf(cycle.front()),
                    fmt::format("service::pipelines::{}: cycle detected: {}; take one of these "
                                "connectors out",
                                cycle.front(), fmt::join(cycle, " -> ")));
    }
    CheckStores();
  }

 private:
  void Report(const Place& place, std::string message) {
    problems_.push_back({place, std::move(message)});
  }

  Place PlaceOf(const std::string& pipeline) const {
    return std::ranges::find(config_.pipelines, pipeline, &PipelineConfig::id)->place;
  }

  void CheckId(const std::string& id) {
    for (const ComponentKind other : {ComponentKind::kExporter, ComponentKind::kReceiver}) {
      if (!input_.declared.contains({other, id})) continue;
      const ComponentConfig* const connector = config_.Find(ComponentKind::kConnector, id);
      Report(connector == nullptr ? Place() : connector->place,
             fmt::format("connectors::{0}: ambiguous ID: Found both \"{0}\" {1} and \"{0}\" "
                         "connector. Change one of the components' IDs to eliminate "
                         "ambiguity (e.g. rename \"{0}\" connector to \"{0}/connector\")",
                         id, KindName(other)));
    }
  }

  /// The pipelines that name the connector on this side.
  std::vector<const PipelineConfig*> Users(const ComponentConfig& connector, Side side) const {
    std::vector<const PipelineConfig*> users;
    for (const PipelineConfig& pipeline : config_.pipelines) {
      const auto& ids = side == Side::kExporter ? pipeline.exporters : pipeline.receivers;
      if (std::ranges::find(ids, connector.id) != ids.end()) users.push_back(&pipeline);
    }
    return users;
  }

  void CheckSide(const ComponentConfig& connector, Side side) {
    const auto others = Users(connector, Other(side));
    for (const model::Signal signal : model::kSignals) {
      const bool is_joined = std::ranges::any_of(others, [&](const PipelineConfig* other) {
        return side == Side::kExporter ? connector.factory->Connects(signal, other->signal)
                                       : connector.factory->Connects(other->signal, signal);
      });
      if (is_joined) continue;
      std::vector<std::string> ids;
      for (const PipelineConfig* user : Users(connector, side)) {
        if (user->signal == signal) ids.push_back(user->id);
      }
      if (ids.empty()) continue;
      Report(
          PlaceOf(ids.front()),
          fmt::format("connector \"{}\" used as {} in [{}] pipeline but not used in any supported "
                      "{} pipeline",
                      connector.id, NameOf(side), fmt::join(ids, " "), NameOf(Other(side))));
    }
  }

  bool Stores(const PipelineConfig& pipeline) const {
    return std::ranges::any_of(pipeline.exporters, [&](const std::string& id) {
      const ComponentConfig* const exporter = config_.Find(ComponentKind::kExporter, id);
      return exporter != nullptr && exporter->factory->placement == Placement::kAtLog;
    });
  }

  /// Who waits behind a log for room in a log may wait for itself; and who answers before a store
  /// behind a connector has what it was given, acknowledges what may be lost.
  void CheckStores() {
    std::vector<bool> stores;
    for (const PipelineConfig& pipeline : config_.pipelines) stores.push_back(Stores(pipeline));
    const std::vector<std::vector<std::string>> ways = FindWays(config_, stores);
    for (std::size_t i = 0; i < config_.pipelines.size(); ++i) {
      const std::vector<std::string>& way = ways[i];
      if (way.empty()) continue;
      const PipelineConfig& pipeline = config_.pipelines[i];
      const std::string path = "service::pipelines::" + pipeline.id;
      if (stores[i]) {
        Report(pipeline.place,
               fmt::format("{}: stores, and so does \"{}\" behind it ({}): store in one of them",
                           path, way.back(), fmt::join(way, " -> ")));
        continue;
      }
      for (const std::string& id : pipeline.processors) {
        const ComponentConfig* const processor = config_.Find(ComponentKind::kProcessor, id);
        if (processor == nullptr || processor->factory->placement == Placement::kAnywhere) continue;
        Report(
            pipeline.place,
            fmt::format("{}: processor \"{}\" holds items back, and \"{}\" behind it stores ({}): "
                        "senders would be answered before that is done, name it in \"{}\"",
                        path, id, way.back(), fmt::join(way, " -> "), way.back()));
      }
    }
  }

  const CheckInput& input_;
  const Config& config_;
  ProblemList& problems_;
};

}  // namespace

void CheckConnectors(const CheckInput& input, ProblemList& problems) {
  ConnectorChecker(input, problems).Run();
}

}  // namespace clew::pipeline
