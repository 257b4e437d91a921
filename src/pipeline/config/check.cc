#include "pipeline/config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "pipeline/config/check_connectors.h"
#include "pipeline/config/log_place.h"
#include "pipeline/config/own_places.h"
#include "pipeline/config/pipeline_edges.h"

namespace clew::pipeline {
namespace {

/// For who wants to change only a setting or two.
constexpr std::string_view kHowToBegin =
    ": nothing is built into a configuration of one's own, begin with what `clew config print` "
    "gives, or change the built-in one with --set";

class Checker {
 public:
  Checker(const CheckInput& input, ProblemList& problems)
      : input_(input), config_(*input.config), problems_(problems) {}

  void Run() {
    if (!HasAny(ComponentKind::kReceiver))
      Report({}, fmt::format("no receiver configuration specified in config{}", kHowToBegin));
    if (!HasAny(ComponentKind::kExporter))
      Report({}, fmt::format("no exporter configuration specified in config{}", kHowToBegin));
    if (!input_.has_pipeline_keys) {
      Report(input_.pipelines_place, "service::pipelines: service must have at least one pipeline");
    }
    CheckExtensions();
    CheckStorages();
    CheckOwnPaths();
    CheckConnectors(input_, problems_);
    for (const PipelineConfig& pipeline : config_.pipelines) CheckPipeline(pipeline);
  }

 private:
  void Report(const Place& place, std::string message) {
    problems_.push_back({place, std::move(message)});
  }

  bool HasAny(ComponentKind kind) const {
    return std::any_of(input_.declared.begin(), input_.declared.end(),
                       [&](const auto& entry) { return entry.first == kind; });
  }

  bool IsDeclared(ComponentKind kind, const std::string& id) const {
    return input_.declared.contains({kind, id});
  }

  void CheckReference(ComponentKind kind, const std::string& id, const Place& place,
                      const std::string& path) {
    if (IsDeclared(kind, id)) return;
    // A connector stands where a receiver or an exporter may stand.
    const bool may_be_connector =
        kind == ComponentKind::kReceiver || kind == ComponentKind::kExporter;
    if (may_be_connector && IsDeclared(ComponentKind::kConnector, id)) return;
    std::vector<std::string> ids;
    for (const auto& [declared_kind, declared_id] : input_.declared) {
      if (declared_kind == kind) ids.push_back(declared_id);
    }
    Report(place, fmt::format("{}: references {} \"{}\" which is not configured{}", path,
                              KindName(kind), id, base::DidYouMean(id, ids)));
  }

  void CheckExtensions() {
    const std::string path = "service::extensions";
    for (std::size_t i = 0; i < config_.extensions.size(); ++i) {
      const std::string& id = config_.extensions[i];
      CheckReference(ComponentKind::kExtension, id, input_.extensions_place, path);
      const auto begin = config_.extensions.begin();
      const auto here = begin + static_cast<std::ptrdiff_t>(i);
      if (std::find(begin, here, id) != here) {
        Report(input_.extensions_place,
               fmt::format("{}: references extension \"{}\" multiple times", path, id));
      }
    }
  }

  /// The extensions and exporters that start.
  std::vector<const ComponentConfig*> Started() const {
    std::vector<const ComponentConfig*> started;
    for (const std::string& id : config_.extensions) {
      const ComponentConfig* extension = config_.Find(ComponentKind::kExtension, id);
      if (extension) started.push_back(extension);
    }
    for (const ComponentConfig& component : config_.components) {
      const auto is_used_by = [&](const PipelineConfig& pipeline) {
        return std::ranges::find(pipeline.exporters, component.id) != pipeline.exporters.end();
      };
      if (component.kind == ComponentKind::kExporter &&
          std::ranges::any_of(config_.pipelines, is_used_by)) {
        started.push_back(&component);
      }
    }
    return started;
  }

  /// Who writes into a storage or reads from one would find at its start that it is not there.
  void CheckStorages() {
    for (const ComponentConfig* component : Started()) {
      const std::string id(component->section->StorageId());
      if (id.empty()) continue;
      const std::string path = fmt::format("{}s::{}", KindName(component->kind), component->id);
      const ComponentConfig* const storage = config_.Find(ComponentKind::kExtension, id);
      const bool is_listed = std::ranges::find(config_.extensions, id) != config_.extensions.end();
      if (!is_listed && IsDeclared(ComponentKind::kExtension, id)) {
        Report(component->place,
               fmt::format("{}: references extension \"{}\" which does not run: list it under "
                           "service::extensions",
                           path, id));
      } else if (!is_listed) {
        CheckReference(ComponentKind::kExtension, id, component->place, path);
      } else if (storage != nullptr && !storage->section->IsStorage()) {
        Report(component->place,
               fmt::format("{}: references extension \"{}\" which keeps no spans: name a storage",
                           path, id));
      }
    }
  }

  /// Of two extensions in one directory the second would find it held, by this very process; two
  /// exporters would write over each other in one file; of what lies in a storage's own folders
  /// that storage would take the files for its own.
  void CheckOwnPaths() {
    std::vector<std::pair<const ComponentConfig*, OwnPlaces>> owners;
    for (const ComponentConfig* component : Started()) {
      const OwnPath own = component->section->FindOwnPath();
      const OwnPlaces places(own);
      bool is_free = true;
      for (const auto& [owner, taken] : owners) {
        const auto clash = places.ClashWith(taken);
        if (!clash.has_value()) continue;
        is_free = false;
        const bool is_within = clash->here != own.path;
        Report(component->place,
               fmt::format("{}s::{}::{}: \"{}\"{} belongs to {} \"{}\" (\"{}\"): give one of them "
                           "another",
                           KindName(component->kind), component->id, own.key, own.path,
                           is_within ? fmt::format(" needs \"{}\", which", clash->here) : "",
                           KindName(owner->kind), owner->id, clash->there));
        break;
      }
      if (is_free) owners.emplace_back(component, places);
    }
  }

  void CheckPipeline(const PipelineConfig& pipeline) {
    const std::string path = "service::pipelines::" + pipeline.id;
    if (pipeline.receivers.empty()) {
      Report(pipeline.place, path + ": must have at least one receiver");
    }
    if (pipeline.exporters.empty()) {
      Report(pipeline.place, path + ": must have at least one exporter");
    }
    CheckPart(ComponentKind::kReceiver, pipeline.receivers, pipeline, path);
    CheckPart(ComponentKind::kProcessor, pipeline.processors, pipeline, path);
    CheckPart(ComponentKind::kExporter, pipeline.exporters, pipeline, path);
    CheckStore(pipeline, path);
  }

  void CheckPart(ComponentKind kind, const std::vector<std::string>& ids,
                 const PipelineConfig& pipeline, const std::string& path) {
    for (auto id = ids.begin(); id != ids.end(); ++id) {
      CheckReference(kind, *id, pipeline.place, path);
      CheckSignal(kind, *id, pipeline, path);
      // Once is enough to say so.
      if (std::find(ids.begin(), id, *id) != id) {
        Report(pipeline.place,
               fmt::format("{}: references {} \"{}\" multiple times", path, KindName(kind), *id));
      }
    }
  }

  void CheckSignal(ComponentKind kind, const std::string& id, const PipelineConfig& pipeline,
                   const std::string& path) {
    const ComponentConfig* component = config_.Find(kind, id);
    if (!component || component->factory->signals.Contains(pipeline.signal)) return;
    const std::string_view signal = NameOf(pipeline.signal);
    if (component->factory->placement == Placement::kAtLog) {
      return Report(pipeline.place,
                    fmt::format("{}: {} cannot be stored yet: take exporter \"{}\" out of this "
                                "pipeline, and export them, e.g. with otlp_grpc or file",
                                path, signal, id));
    }
    std::vector<std::string_view> taken;
    for (const model::Signal each : model::kSignals) {
      if (component->factory->signals.Contains(each)) taken.push_back(NameOf(each));
    }
    Report(pipeline.place, fmt::format("{}: {} \"{}\" does not take {} (it takes {}): take it out "
                                       "of this pipeline",
                                       path, KindName(kind), id, signal, fmt::join(taken, ", ")));
  }

  void CheckStore(const PipelineConfig& pipeline, const std::string& path) {
    std::string store;
    for (const std::string& id : pipeline.exporters) {
      const ComponentConfig* exporter = config_.Find(ComponentKind::kExporter, id);
      if (!exporter || exporter->factory->placement != Placement::kAtLog) continue;
      if (!store.empty() && store != id) {
        Report(pipeline.place, fmt::format("{}: stores in \"{}\" and in \"{}\", name one of them",
                                           path, store, id));
      }
      store = id;
    }
    if (store.empty()) return;
    if (pipeline.id.size() > kStoringPipelineBytesMax) {
      Report(pipeline.place,
             fmt::format("{}: the id of a pipeline that stores in \"{}\" has at most {} bytes, "
                         "this one has {}: shorten it",
                         path, store, kStoringPipelineBytesMax, pipeline.id.size()));
    }
  }

  const CheckInput& input_;
  const Config& config_;
  ProblemList& problems_;
};

/// The storages that `pipeline` writes into.
std::set<std::string_view> StoragesOf(const Config& config, const PipelineConfig& pipeline) {
  std::set<std::string_view> storages;
  for (const std::string& id : pipeline.exporters) {
    const ComponentConfig* exporter = config.Find(ComponentKind::kExporter, id);
    if (exporter && !exporter->section->StorageId().empty()) {
      storages.insert(exporter->section->StorageId());
    }
  }
  return storages;
}

/// The running extensions that read `storage`.
std::vector<const ComponentConfig*> ReadersOf(const Config& config, std::string_view storage) {
  std::vector<const ComponentConfig*> readers;
  for (const std::string& id : config.extensions) {
    const ComponentConfig* extension = config.Find(ComponentKind::kExtension, id);
    if (extension && extension->section->SeparatesTenants() &&
        extension->section->StorageId() == storage) {
      readers.push_back(extension);
    }
  }
  return readers;
}

/// Of each pipeline the receivers whose items come to it, also by connectors.
std::vector<std::set<std::string>> AllReceivers(const Config& config) {
  const std::vector<PipelineEdge> edges = FindEdges(config);
  std::vector<std::set<std::string>> receivers(config.pipelines.size());
  for (const std::size_t to : UpstreamFirst(config)) {
    receivers[to].insert(config.pipelines[to].receivers.begin(),
                         config.pipelines[to].receivers.end());
    for (const PipelineEdge& edge : edges) {
      if (edge.to != to) continue;
      receivers[to].insert(receivers[edge.from].begin(), receivers[edge.from].end());
    }
  }
  return receivers;
}

void CheckTenantsOf(const Config& config, const std::string& receiver, std::string_view storage,
                    std::vector<std::string>& warnings) {
  const ComponentConfig* writer = config.Find(ComponentKind::kReceiver, receiver);
  const auto separates = writer ? writer->section->SeparatesTenants() : std::nullopt;
  const std::vector<const ComponentConfig*> readers = ReadersOf(config, storage);
  const bool is_read = std::ranges::any_of(readers, [&](const ComponentConfig* reader) {
    return reader->section->SeparatesTenants() == separates;
  });
  if (!separates || readers.empty() || is_read) return;
  std::string warning = fmt::format(
      "receivers::{}::tenancy::enabled is {} and extensions::{}::tenancy::enabled is {}: queries "
      "find "
      "{} the tenant {} only, set both alike",
      receiver, *separates, readers.front()->id, !*separates,
      *separates ? "spans of" : "those spans under", TenantId().name());
  if (std::ranges::find(warnings, warning) == warnings.end()) {
    warnings.push_back(std::move(warning));
  }
}

}  // namespace

void CheckConfig(const CheckInput& input, ProblemList& problems) { Checker(input, problems).Run(); }

void CheckTenants(const Config& config, std::vector<std::string>& warnings) {
  const std::vector<std::set<std::string>> receivers = AllReceivers(config);
  for (std::size_t i = 0; i < config.pipelines.size(); ++i) {
    for (const std::string_view storage : StoragesOf(config, config.pipelines[i])) {
      for (const std::string& receiver : receivers[i]) {
        CheckTenantsOf(config, receiver, storage, warnings);
      }
    }
  }
}

void CheckMovedProcessors(const Config& config, std::vector<std::string>& warnings) {
  for (const PipelineConfig& pipeline : config.pipelines) {
    if (StoragesOf(config, pipeline).empty()) continue;
    const LogPlace place = FindLogPlace(config, pipeline);
    for (const std::string& id : place.moved) {
      warnings.push_back(fmt::format(
          "service::pipelines::{}: processor \"{}\" runs before \"{}\", although it is named after "
          "it: spans are stored before they are regrouped; name it first, which does the same",
          pipeline.id, id, place.behind.front()));
    }
  }
}

}  // namespace clew::pipeline
