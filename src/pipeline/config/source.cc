#include "pipeline/config/source.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/input_file.h"
#include "pipeline/config/yaml_reader.h"

namespace clew::pipeline {
namespace {

constexpr std::size_t kFileBytesMax = 4u << 20;
/// How long a shell may take for what `--config <(…)` runs. A reload waits no longer, either.
constexpr std::chrono::seconds kPipePatience{10};

bool IsAlphabetic(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsVariableName(std::string_view name) {
  if (name.empty() || IsDigit(name[0])) return false;
  for (const char c : name) {
    if (!IsAlphabetic(c) && !IsDigit(c) && c != '_') return false;
  }
  return true;
}

Result<Retrieved> ReadVariable(const std::string& opaque, const Environment& environment) {
  const std::size_t separator = opaque.find(":-");
  const std::string name = opaque.substr(0, separator);
  if (!IsVariableName(name)) {
    return base::InvalidArgument(
        "environment variable \"{}\" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$",
        name);
  }
  if (std::optional<std::string> value = environment(name)) return Retrieved{std::move(*value)};
  if (separator != std::string::npos) return Retrieved{opaque.substr(separator + 2)};
  return Retrieved{"", false};
}

Result<Retrieved> ReadFile(const std::string& path) {
  Result<std::string> text = base::ReadInputFile(path, kFileBytesMax, kPipePatience);
  if (!text && text.error().code == Code::kNotFound) {
    return base::NotFound("unable to read the file {}: check that it exists", path);
  }
  if (!text) return std::unexpected(std::move(text).error().Annotate("unable to read the file"));
  text->shrink_to_fit();  // it may be kept
  return Retrieved{*std::move(text)};
}

/// Cuts "a::b::c" into a map of maps around `value`.
Node Nest(std::string_view path, std::string_view separator, Node value, const Place& place) {
  const std::size_t cut = path.find(separator);
  Node map = Node::Map(place);
  if (cut == std::string_view::npos) {
    map.entries.push_back({std::string(path), place, std::move(value)});
  } else {
    Node rest = Nest(path.substr(cut + separator.size()), separator, std::move(value), place);
    map.entries.push_back({std::string(path.substr(0, cut)), place, std::move(rest)});
  }
  return map;
}

/// Keys such as "processors::batch::timeout" of a yaml: source become maps.
Node UnfoldKeys(Node root) {
  if (!root.is_map()) return root;
  Node unfolded = Node::Map(root.place);
  for (Node::Entry& entry : root.entries) {
    MergeInto(unfolded, Nest(entry.key, "::", std::move(entry.value), entry.place));
  }
  return unfolded;
}

std::optional<Node> ReadDocument(std::string name, std::string_view text, ProblemList& problems) {
  const auto source = std::make_shared<const std::string>(std::move(name));
  std::optional<Node> node = ReadYaml(text, source, problems);
  if (node && !node->is_null() && !node->is_map()) {
    problems.push_back(
        {node->place, "a configuration must be a map with keys such as receivers and service"});
    return std::nullopt;
  }
  return node;
}

std::optional<Node> ReadUri(const std::string& text, const Environment& environment,
                            ProblemList& problems) {
  const Uri uri = ParseUri(text).value_or(Uri{"file", text});
  Result<Retrieved> retrieved = Retrieve(uri, environment);
  if (!retrieved) {
    problems.push_back({{}, "cannot resolve the configuration: " + retrieved.error().message});
    return std::nullopt;
  }
  if (uri.scheme == "yaml") {
    std::optional<Node> node = ReadDocument("yaml:", retrieved->text, problems);
    return node ? std::optional(UnfoldKeys(std::move(*node))) : std::nullopt;
  }
  return ReadDocument(uri.scheme == "file" ? uri.opaque : text, retrieved->text, problems);
}

std::optional<Node> ReadSet(const std::string& text, ProblemList& problems) {
  const std::size_t equal_sign = text.find('=');
  const std::string key = text.substr(0, equal_sign);
  const auto source = std::make_shared<const std::string>("--set " + key);
  const Place place{source, 0};
  if (equal_sign == std::string::npos) {
    problems.push_back({place, "missing equal sign, write --set a.b.c=value"});
    return std::nullopt;
  }
  if (key.empty() || key.starts_with('.') || key.ends_with('.') || key.contains("..")) {
    problems.push_back(
        {place, fmt::format("\"{}\" names no setting, write --set a.b.c=value", key)});
    return std::nullopt;
  }
  std::optional<Node> value =
      ReadYaml(std::string_view(text).substr(equal_sign + 1), source, problems);
  if (!value) return std::nullopt;
  MoveTo(*value, place);
  return Nest(key, ".", std::move(*value), place);
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::optional<Uri> ParseUri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2 || !IsAlphabetic(text[0])) return std::nullopt;
  for (const char c : text.substr(0, colon)) {
    if (!IsAlphabetic(c) && !IsDigit(c) && c != '+' && c != '.' && c != '-') return std::nullopt;
  }
  return Uri{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

Result<Retrieved> Retrieve(const Uri& uri, const Environment& environment) {
  if (uri.scheme == "env") return ReadVariable(uri.opaque, environment);
  if (uri.scheme == "file") return ReadFile(uri.opaque);
  if (uri.scheme == "yaml") return Retrieved{uri.opaque};
  std::string_view hint = "use file:, env: or yaml:";
  if (uri.scheme == "http" || uri.scheme == "https") {
    hint = "clew reads no configuration over the network, save it to a file";
  } else if (uri.opaque.starts_with('-')) {
    hint = "write ${env:NAME:-default}";
  }
  // Not what stands behind it, which may be a secret.
  return base::InvalidArgument("scheme \"{}\" is not supported, {}", uri.scheme, hint);
}

std::optional<Node> ReadSources(const ConfigSources& sources, ProblemList& problems) {
  std::vector<std::optional<Node>> documents;
  if (!sources.built_in.empty()) {
    documents.push_back(ReadDocument("built-in default", sources.built_in, problems));
  }
  for (const std::string& uri : sources.uris) {
    documents.push_back(ReadUri(uri, sources.environment, problems));
  }
  if (documents.empty()) {
    problems.push_back({{}, "at least one config flag must be provided"});
    return std::nullopt;
  }
  for (const std::string& set : sources.sets) documents.push_back(ReadSet(set, problems));
  Node merged;
  for (const std::optional<Node>& document : documents) {
    if (!document) return std::nullopt;
    if (!document->is_null()) MergeInto(merged, *document);
  }
  if (merged.is_null()) {
    for (const std::optional<Node>& document : documents) {
      problems.push_back({{document->place.source, 0}, "empty configuration file"});
    }
    return std::nullopt;
  }
  return merged;
}

}  // namespace clew::pipeline
