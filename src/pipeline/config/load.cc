#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/nearest.h"
#include "pipeline/config/bind.h"
#include "pipeline/config/check.h"
#include "pipeline/config/config.h"
#include "pipeline/config/expand.h"
#include "pipeline/config/identifier.h"

namespace clew::pipeline {
namespace {

struct KindKey {
  ComponentKind kind;
  std::string_view key;
};
constexpr std::array<KindKey, 5> kKindKeys = {{
    {ComponentKind::kReceiver, "receivers"},
    {ComponentKind::kProcessor, "processors"},
    {ComponentKind::kExporter, "exporters"},
    {ComponentKind::kConnector, "connectors"},
    {ComponentKind::kExtension, "extensions"},
}};

/// Says where `node`, at `path`, holds a NUL byte: as a path or an address a text would end there,
/// without a word.
void RefuseNulBytes(const Node& node, const std::string& path, ProblemList& problems) {
  const auto holds_nul = [](std::string_view text) { return text.contains('\0'); };
  if (holds_nul(node.text) || (node.original && holds_nul(*node.original))) {
    problems.push_back({node.place, fmt::format("'{}' holds a NUL byte, leave it out", path)});
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    RefuseNulBytes(node.items[i], fmt::format("{}[{}]", path, i), problems);
  }
  for (const Node::Entry& entry : node.entries) {
    if (holds_nul(entry.key)) {
      problems.push_back(
          {entry.place, fmt::format("'{}' has a key with a NUL byte, leave it out", path)});
      continue;
    }
    RefuseNulBytes(entry.value, path.empty() ? entry.key : path + "::" + entry.key, problems);
  }
}

class ConfigReader {
 public:
  ConfigReader(const std::vector<Factory>& factories, ProblemList& problems,
               std::vector<std::string>& warnings)
      : factories_(factories), problems_(problems), warnings_(warnings) {}

  /// What was declared, also what is broken: a reference to it is not a mistake of its own.
  CheckInput Read(const Node& root) {
    std::vector<std::string> known = {"service"};
    for (const KindKey& kind_key : kKindKeys) known.emplace_back(kind_key.key);
    for (const Node::Entry& entry : root.entries) {
      const auto kind_key = std::find_if(kKindKeys.begin(), kKindKeys.end(),
                                         [&](const KindKey& k) { return k.key == entry.key; });
      if (kind_key != kKindKeys.end()) {
        ReadComponents(kind_key->kind, entry);
      } else if (entry.key == "service") {
        ReadService(entry);
      } else {
        problems_.push_back({entry.place, UnknownKeyMessage("", entry.key, known)});
      }
    }
    return std::move(input_);
  }

 private:
  bool RequireMap(const Node& node, std::string_view path) {
    if (node.is_map() || node.is_null()) return true;
    problems_.push_back(
        {node.place, fmt::format("'{}' expected a map, got {}", path, node.Describe())});
    return false;
  }

  /// Keys of `map` as identifiers; broken and doubled ones are reported and left out.
  std::vector<std::pair<Identifier, const Node::Entry*>> ReadIdentifiers(const Node& map,
                                                                         std::string_view path) {
    std::vector<std::pair<Identifier, const Node::Entry*>> identifiers;
    for (const Node::Entry& entry : map.entries) {
      Result<Identifier> id = Identifier::Parse(entry.key);
      if (!id) {
        problems_.push_back({entry.place, fmt::format("'{}' {}", path, id.error().message)});
        continue;
      }
      const bool is_known = std::any_of(identifiers.begin(), identifiers.end(),
                                        [&](const auto& other) { return other.first == *id; });
      if (is_known) {
        problems_.push_back(
            {entry.place,
             fmt::format("'{}' duplicate name \"{}\" after unmarshaling", path, id->ToString())});
        continue;
      }
      identifiers.emplace_back(std::move(*id), &entry);
    }
    return identifiers;
  }

  void ReadComponents(ComponentKind kind, const Node::Entry& section) {
    if (!RequireMap(section.value, section.key)) return;
    for (const auto& [id, entry] : ReadIdentifiers(section.value, section.key)) {
      input_.declared.insert({kind, id.ToString()});
      ReadComponent(kind, id, *entry, section.key);
    }
  }

  void ReadComponent(ComponentKind kind, const Identifier& id, const Node::Entry& entry,
                     const std::string& group) {
    const Factory* factory = FindFactory(kind, id.type);
    if (!factory) return ReportUnknownType(kind, id, entry, group);
    if (factory->type != id.type) {
      warnings_.push_back(fmt::format("{} type \"{}\" is a deprecated alias of \"{}\": {}",
                                      KindName(kind), id.type, factory->type, id.ToString()));
    }
    ComponentConfig component;
    component.kind = kind;
    component.id = id.ToString();
    component.factory = factory;
    component.section = factory->make_config();
    component.place = entry.place;
    const std::string path = group + "::" + component.id;
    BindSection(*component.section, entry.value, path, problems_);
    // Also when a key did not fit: what is wrong besides is told at once.
    Node placed = entry.value;
    placed.place = entry.place;
    ValidateSection(*component.section, placed, path, problems_);
    input_.config->components.push_back(std::move(component));
  }

  const Factory* FindFactory(ComponentKind kind, const std::string& type) const {
    for (const Factory& factory : factories_) {
      if (factory.kind != kind) continue;
      if (factory.type == type || std::find(factory.aliases.begin(), factory.aliases.end(), type) !=
                                      factory.aliases.end()) {
        return &factory;
      }
    }
    return nullptr;
  }

  void ReportUnknownType(ComponentKind kind, const Identifier& id, const Node::Entry& entry,
                         const std::string& group) {
    if (kind == ComponentKind::kExporter && id.type == "logging") {
      problems_.push_back(
          {entry.place, fmt::format("'{}' the logging exporter has been deprecated, use the "
                                    "debug exporter instead",
                                    group)});
      return;
    }
    std::vector<std::string> types;
    for (const Factory& factory : factories_) {
      if (factory.kind == kind) types.push_back(factory.type);
    }
    std::sort(types.begin(), types.end());
    problems_.push_back(
        {entry.place, fmt::format("'{}' unknown type: \"{}\" for id: \"{}\" (valid values: [{}]){}",
                                  group, id.type, id.ToString(), fmt::join(types, " "),
                                  base::DidYouMean(id.type, types))});
  }

  void ReadService(const Node::Entry& service) {
    if (!RequireMap(service.value, "service")) return;
    for (const Node::Entry& entry : service.value.entries) {
      if (entry.key == "extensions") {
        input_.config->extensions = ReadReferences(entry.value, "service::extensions");
        input_.extensions_place = entry.place;
      } else if (entry.key == "pipelines") {
        ReadPipelines(entry);
      } else if (entry.key == "telemetry") {
        input_.config->telemetry = ReadTelemetry(entry.value, problems_);
      } else {
        problems_.push_back(
            {entry.place,
             UnknownKeyMessage("service", entry.key, {"extensions", "pipelines", "telemetry"})});
      }
    }
  }

  std::vector<std::string> ReadReferences(const Node& node, const std::string& path) {
    std::vector<std::string> ids;
    if (node.is_null()) return ids;
    if (node.kind != Node::Kind::kList) {
      problems_.push_back(
          {node.place, fmt::format("'{}' expected a list, got {}", path, node.Describe())});
      return ids;
    }
    for (const Node& item : node.items) {
      if (item.kind != Node::Kind::kScalar || item.type != ScalarType::kString) {
        problems_.push_back({item.place, fmt::format("'{}' expected the id of a component, got {}",
                                                     path, item.Describe())});
        continue;
      }
      const Result<Identifier> id = Identifier::Parse(item.text);
      if (id) {
        ids.push_back(id->ToString());
      } else {
        problems_.push_back({item.place, fmt::format("'{}' {}", path, id.error().message)});
      }
    }
    return ids;
  }

  void ReadPipelines(const Node::Entry& pipelines) {
    const std::string path = "service::pipelines";
    input_.pipelines_place = pipelines.place;
    if (!RequireMap(pipelines.value, path)) return;
    for (const auto& [id, entry] : ReadIdentifiers(pipelines.value, path)) {
      input_.has_pipeline_keys = true;
      if (const auto signal = model::SignalOf(id.type)) {
        ReadPipeline(id.ToString(), *signal, *entry);
      } else {
        std::vector<std::string> signals;
        for (const model::Signal each : model::kSignals) signals.emplace_back(NameOf(each));
        problems_.push_back(
            {entry->place,
             fmt::format("'service::pipelines' unknown pipeline signal: \"{}\" "
                         "(valid values: [{}]){}",
                         id.type, fmt::join(signals, " "), base::DidYouMean(id.type, signals))});
      }
    }
  }

  void ReadPipeline(const std::string& id, model::Signal signal, const Node::Entry& entry) {
    const std::string path = "service::pipelines::" + id;
    PipelineConfig pipeline;
    pipeline.id = id;
    pipeline.signal = signal;
    pipeline.place = entry.place;
    if (!RequireMap(entry.value, path)) return;
    for (const Node::Entry& part : entry.value.entries) {
      const std::string part_path = path + "::" + part.key;
      if (part.key == "receivers") {
        pipeline.receivers = ReadReferences(part.value, part_path);
      } else if (part.key == "processors") {
        pipeline.processors = ReadReferences(part.value, part_path);
      } else if (part.key == "exporters") {
        pipeline.exporters = ReadReferences(part.value, part_path);
      } else {
        problems_.push_back(
            {part.place,
             UnknownKeyMessage(path, part.key, {"receivers", "processors", "exporters"})});
      }
    }
    input_.config->pipelines.push_back(std::move(pipeline));
  }

  const std::vector<Factory>& factories_;
  ProblemList& problems_;
  std::vector<std::string>& warnings_;
  CheckInput input_;
};

}  // namespace

std::string_view KindName(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::kReceiver:
      return "receiver";
    case ComponentKind::kProcessor:
      return "processor";
    case ComponentKind::kExporter:
      return "exporter";
    case ComponentKind::kConnector:
      return "connector";
    case ComponentKind::kExtension:
      return "extension";
  }
  return "component";
}

const ComponentConfig* Config::Find(ComponentKind kind, std::string_view id) const {
  for (const ComponentConfig& component : components) {
    if (component.kind == kind && component.id == id) return &component;
  }
  return nullptr;
}

LoadOutcome LoadConfig(const ConfigSources& sources, const std::vector<Factory>& factories) {
  LoadOutcome outcome;
  std::optional<Node> root = ReadSources(sources, outcome.problems);
  if (root) {
    Expand(*root, sources.environment, outcome.problems, outcome.warnings);
    RefuseNulBytes(*root, "", outcome.problems);
    CheckInput input = ConfigReader(factories, outcome.problems, outcome.warnings).Read(*root);
    CheckConfig(input, outcome.problems);
    if (outcome.problems.empty()) {
      CheckTenants(*input.config, outcome.warnings);
      CheckMovedProcessors(*input.config, outcome.warnings);
      outcome.config = std::move(input.config);
    }
  }
  SortProblems(outcome.problems);
  return outcome;
}

std::string EmitConfig(const Config& config, Secrecy secrecy) {
  std::string text;
  for (const KindKey& kind_key : kKindKeys) {
    std::string group;
    for (const ComponentConfig& component : config.components) {
      if (component.kind != kind_key.kind) continue;
      const std::string body = EmitSection(*component.section, 4, secrecy);
      group += fmt::format("  {}:{}", EmitText(component.id), body.empty() ? " {}\n" : "\n") + body;
    }
    if (!group.empty()) text += fmt::format("{}:\n{}", kind_key.key, group);
  }
  const auto list = [](const std::vector<std::string>& ids) {
    std::vector<std::string> quoted;
    std::transform(ids.begin(), ids.end(), std::back_inserter(quoted), EmitText);
    return fmt::format("[{}]", fmt::join(quoted, ", "));
  };
  text += fmt::format("service:\n  extensions: {}\n  pipelines:\n", list(config.extensions));
  for (const PipelineConfig& pipeline : config.pipelines) {
    text += fmt::format("    {}:\n      receivers: {}\n      processors: {}\n      exporters: {}\n",
                        EmitText(pipeline.id), list(pipeline.receivers), list(pipeline.processors),
                        list(pipeline.exporters));
  }
  return text + "  telemetry:\n" + config.telemetry.Emit(4, secrecy);
}

}  // namespace clew::pipeline
