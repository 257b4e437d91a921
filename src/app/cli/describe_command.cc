#include "app/cli/describe_command.h"

#include <string>
#include <vector>

namespace clew::app::cli {
namespace {

/// The values that a check such as {grpc,http} lets pass.
std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  std::vector<std::string> choices;
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) {
    return choices;
  }
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

OptionInfo DescribeOption(const CLI::Option& option) {
  OptionInfo info;
  info.is_positional = option.get_positional();
  info.is_repeatable = option.get_expected_max() > 1;
  info.is_required = option.get_required();
  info.help = option.get_description();
  info.default_value = option.get_default_str();
  info.choices = ChoicesOf(option);
  if (info.is_positional) {
    info.value = option.get_name(true);
    return info;
  }
  for (const std::string& name : option.get_snames()) {
    info.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    info.names.push_back("--" + name);
  }
  if (option.get_type_size() > 0) {
    const std::string type = option.get_type_name();
    info.value = type.substr(0, type.find(':'));
  }
  if (!option.get_envname().empty()) {
    info.help += " (environment: " + option.get_envname() + ")";
  }
  return info;
}

}  // namespace

CommandInfo Describe(const CLI::App& app) {
  CommandInfo info;
  info.name = app.get_name();
  info.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    info.options.push_back(DescribeOption(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) {
      info.commands.push_back(Describe(*command));
    }
  }
  return info;
}

}  // namespace clew::app::cli
