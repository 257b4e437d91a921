#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "pipeline/config/problem.h"

namespace clew::pipeline {

/// Looks a variable up; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The variables of this process.
Environment ProcessEnvironment();

/// What a configuration is made of, in the order of laying one over the other.
struct ConfigSources {
  /// YAML text below everything else, e.g. the built-in default; empty for none.
  std::string built_in;
  /// Values of --config: a path, or file:, env: or yaml: and what follows.
  std::vector<std::string> uris;
  /// Values of --set: a.b.c=value.
  std::vector<std::string> sets;
  Environment environment = ProcessEnvironment();
};

struct Uri {
  std::string scheme;
  std::string opaque;
};

/// Nothing when `text` does not begin with a scheme: a letter, then at least one letter, digit or
/// one of "+.-", then ":". So C:\path is a path.
std::optional<Uri> ParseUri(std::string_view text);

/// What a source holds.
struct Retrieved {
  std::string text;
  /// False for an environment variable that is not set and has no default.
  bool is_set = true;
};

/// Reads file:, env: (NAME or NAME:-default) and yaml:. There is no http: on purpose: a
/// configuration is never fetched from a network. Files have at most 4 MiB.
Result<Retrieved> Retrieve(const Uri& uri, const Environment& environment);

/// All sources read and merged, expansions not yet done. Nothing when one could not be read.
std::optional<Node> ReadSources(const ConfigSources& sources, ProblemList& problems);

}  // namespace clew::pipeline
