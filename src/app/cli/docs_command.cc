#include <fmt/core.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "app/cli/commands.h"
#include "app/components.h"
#include "app/default_config.h"
#include "pipeline/config/config.h"

namespace clew::app::cli {
namespace {

/// A cell of a table.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    out += byte == '|' ? "\\|" : std::string(1, byte);
  }
  return out;
}

std::string ComponentReference(const pipeline::Factory& factory) {
  std::string out = fmt::format("\n### {} `{}`\n\n{}\n", pipeline::KindName(factory.kind),
                                factory.type, factory.description);
  if (!factory.aliases.empty()) {
    out +=
        fmt::format("\nOlder names that still load: `{}`.\n", fmt::join(factory.aliases, "`, `"));
  }
  const auto section = factory.make_config();
  const std::vector<pipeline::FieldInfo> fields = pipeline::ListFields(*section);
  if (fields.empty()) {
    return out + "\nIt has no settings.\n";
  }
  out += "\n| key | type | default | what it says |\n| --- | --- | --- | --- |\n";
  for (const pipeline::FieldInfo& field : fields) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.path, Cell(field.type),
                       field.default_value.empty() ? std::string()
                                                   : fmt::format("`{}`", Cell(field.default_value)),
                       Cell(field.help));
  }
  return out;
}

std::string ConfigurationReference() {
  std::string out = fmt::format(
      "# Configuration\n\n"
      "Written by `clew docs configuration`; a test compares the two. The language is that of the\n"
      "OpenTelemetry Collector: see [how to configure](../how-to/configure.md).\n\n"
      "## The built-in configuration\n\n"
      "What runs without `--config`:\n\n```yaml\n{}```\n\n## Components\n",
      DefaultConfig());
  for (const pipeline::Factory& factory : ComponentFactories()) {
    out += ComponentReference(factory);
  }
  return out;
}

}  // namespace

int RunDocs(const std::string&, const Terminal& terminal) {
  terminal.Print(ConfigurationReference());
  return kExitDone;
}

}  // namespace clew::app::cli
