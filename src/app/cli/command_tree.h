#pragma once

#include <string>
#include <vector>

namespace clew::app::cli {

struct OptionInfo {
  /// With their dashes, e.g. "-h", "--help"; empty for what is given without a name.
  std::vector<std::string> names;
  /// What it is called in messages: "FILE"; empty when it takes no value.
  std::string value;
  std::string help;
  std::string default_value;
  /// Its only values, when there are such.
  std::vector<std::string> choices;
  bool is_positional = false;
  bool is_repeatable = false;
  bool is_required = false;
};

/// A command as it is defined, for completion and for the reference.
struct CommandInfo {
  std::string name;
  std::string help;
  std::vector<OptionInfo> options;
  std::vector<CommandInfo> commands;
};

}  // namespace clew::app::cli
