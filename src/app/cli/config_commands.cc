#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "app/cli/commands.h"
#include "app/cli/component_signals.h"
#include "app/cli/config_sources.h"
#include "app/components.h"
#include "app/default_config.h"
#include "app/translate/tempo_config.h"
#include "app/version.h"
#include "base/input_file.h"
#include "pipeline/config/config.h"
#include "pipeline/config/yaml_reader.h"
#include "pipeline/service/service.h"

namespace clew::app::cli {

pipeline::ConfigSources SourcesOf(const ConfigOptions& options) {
  pipeline::ConfigSources sources;
  if (options.sources.empty()) {
    sources.built_in = DefaultConfig();
  }
  sources.uris = options.sources;
  sources.sets = options.sets;
  return sources;
}

namespace {

void SayWarnings(const Terminal& terminal, const pipeline::LoadOutcome& outcome) {
  for (const std::string& warning : outcome.warnings) {
    terminal.Say(fmt::format("warning: {}\n", warning));
  }
}

int SayProblems(const Terminal& terminal, const pipeline::ProblemList& problems) {
  terminal.Say(pipeline::FormatProblems(problems) + "\n");
  terminal.PrintError(fmt::format("the configuration has {} error{}", problems.size(),
                                  problems.size() == 1 ? "" : "s"));
  return kExitFailed;
}

}  // namespace

int RunConfigPrint(const ConfigOptions& options, const Terminal& terminal) {
  const std::vector<pipeline::Factory> factories = ComponentFactories();
  const pipeline::LoadOutcome outcome = pipeline::LoadConfig(SourcesOf(options), factories);
  SayWarnings(terminal, outcome);
  if (outcome.config == nullptr) {
    return SayProblems(terminal, outcome.problems);
  }
  terminal.Print(pipeline::EmitConfig(*outcome.config, pipeline::Secrecy::kRedacted));
  return kExitDone;
}

int RunConfigValidate(const ConfigOptions& options, const Terminal& terminal) {
  const std::vector<pipeline::Factory> factories = ComponentFactories();
  const pipeline::LoadOutcome outcome =
      pipeline::LoadAndBuild(SourcesOf(options), factories, base::SystemTime());
  SayWarnings(terminal, outcome);
  if (outcome.config == nullptr) {
    return SayProblems(terminal, outcome.problems);
  }
  if (options.sources.empty()) {
    terminal.Say("The built-in configuration was checked; name files to check those.\n");
  }
  return kExitDone;
}

int RunConfigTranslate(const std::string& file, const Terminal& terminal) {
  constexpr std::uint64_t kBytesMax = 4u << 20;
  const auto text = base::ReadInputFile(file, kBytesMax);
  if (!text.has_value()) {
    terminal.PrintError(text.error().message);
    return kExitFailed;
  }
  pipeline::ProblemList problems;
  const auto tempo = pipeline::ReadYaml(*text, std::make_shared<const std::string>(file), problems);
  if (!problems.empty()) return SayProblems(terminal, problems);
  if (!tempo.has_value() || !tempo->is_map()) {
    terminal.PrintError(fmt::format("{} is no configuration of Tempo: it has no settings", file));
    return kExitFailed;
  }
  if (const pipeline::Node* const service = tempo->Find("service");
      service != nullptr && service->is_map() && service->Find("pipelines") != nullptr) {
    terminal.PrintError(fmt::format(
        "{} has pipelines, as a configuration of the Collector has and one of Tempo has "
        "not: `clew serve --config {}` takes it as it is",
        file, file));
    return kExitFailed;
  }
  const std::vector<pipeline::Factory> factories = ComponentFactories();
  const translate::Translation translation =
      translate::FromTempo(*tempo, [&factories](std::string_view type) {
        return std::ranges::any_of(factories, [type](const pipeline::Factory& factory) {
          return factory.kind == pipeline::ComponentKind::kReceiver && factory.type == type;
        });
      });
  if (!translation.left_out.empty()) {
    terminal.Say(pipeline::FormatProblems(translation.left_out) + "\n");
  }
  terminal.Print(translation.yaml);
  return kExitDone;
}

int RunComponents(const Terminal& terminal) {
  std::string out = fmt::format("buildinfo:\n  command: clew\n  version: {}\n", Version());
  std::string_view section;
  for (const pipeline::Factory& factory : ComponentFactories()) {
    const std::string_view kind = pipeline::KindName(factory.kind);
    if (kind != section) {
      section = kind;
      out += fmt::format("{}s:\n", kind);
    }
    out += fmt::format("  - name: {}\n", factory.type);
    if (!factory.aliases.empty()) {
      out += fmt::format("    aliases: [{}]\n", fmt::join(factory.aliases, ", "));
    }
    if (const auto signals = SignalsOf(factory); !signals.empty()) {
      out += fmt::format("    signals: [{}]\n", fmt::join(signals, ", "));
    }
    out += fmt::format("    description: {}\n", pipeline::EmitText(factory.description));
  }
  terminal.Print(out);
  return kExitDone;
}

int RunVersion(const Terminal& terminal) {
  terminal.Print(fmt::format("clew {}\n", Version()));
  return kExitDone;
}

}  // namespace clew::app::cli
