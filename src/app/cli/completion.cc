#include "app/cli/completion.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <functional>
#include <string_view>

namespace clew::app::cli {
namespace {

/// Calls `visit` with each command and its words, e.g. "clew config print".
void Walk(const CommandInfo& command, const std::string& path,
          const std::function<void(const CommandInfo&, const std::string&)>& visit) {
  visit(command, path);
  for (const CommandInfo& child : command.commands) {
    Walk(child, path + " " + child.name, visit);
  }
}

/// Everything that may follow the words of a command.
std::string WordsOf(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const CommandInfo& child : command.commands) {
    words.push_back(child.name);
  }
  for (const OptionInfo& option : command.options) {
    words.insert(words.end(), option.names.begin(), option.names.end());
    if (option.is_positional) {
      words.insert(words.end(), option.choices.begin(), option.choices.end());
    }
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::string BashScript(const CommandInfo& root) {
  std::string words;
  std::string values;
  Walk(root, root.name, [&words, &values](const CommandInfo& command, const std::string& path) {
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, WordsOf(command));
    for (const OptionInfo& option : command.options) {
      if (!option.choices.empty() && !option.is_positional) {
        values += fmt::format("    \"{} {}\") words=\"{}\" ;;\n", path, option.names.back(),
                              fmt::join(option.choices, " "));
      }
    }
  });
  return fmt::format(
      R"(# bash completion for {0}; load it with: source <({0} completion bash)
_{0}() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path="{0}" word words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    case "$path $word" in
{1}    esac
  done
  case "$path $previous" in
{2}  esac
  if [[ -z "$words" ]]; then
    case "$path" in
{3}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ ${{#COMPREPLY[@]}} -gt 0 || "$current" == -* ]] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -F _{0} {0}
)",
      root.name,
      [&root] {
        std::string paths;
        Walk(root, root.name, [&paths](const CommandInfo& command, const std::string& path) {
          for (const CommandInfo& child : command.commands) {
            paths += fmt::format("      \"{0} {1}\") path=\"{0} {1}\" ;;\n", path, child.name);
          }
        });
        return paths;
      }(),
      values, words);
}

/// Text inside single quotes.
std::string Quoted(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    out += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  }
  return out;
}

std::string ZshScript(const CommandInfo& root) {
  return fmt::format(
      "#compdef {0}\n# zsh completion for {0}; load it with: source <({0} completion "
      "zsh)\nautoload -U +X bashcompinit && bashcompinit\n{1}",
      root.name, BashScript(root));
}

std::string FishScript(const CommandInfo& root) {
  std::string out = fmt::format(
      "# fish completion for {0}; load it with: {0} completion fish | source\n", root.name);
  Walk(root, root.name, [&out, &root](const CommandInfo& command, const std::string& path) {
    std::string condition = "__fish_use_subcommand";
    if (path != root.name) {
      condition.clear();
      std::string_view rest = std::string_view(path).substr(root.name.size() + 1);
      while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        condition += fmt::format("{}__fish_seen_subcommand_from {}",
                                 condition.empty() ? "" : "; and ", word);
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      }
    }
    for (const CommandInfo& child : command.commands) {
      out += fmt::format("complete -c {} -n '{}' -f -a {} -d '{}'\n", root.name, condition,
                         child.name, Quoted(child.help));
    }
    for (const OptionInfo& option : command.options) {
      if (option.is_positional) {
        if (!option.choices.empty()) {
          out += fmt::format("complete -c {} -n '{}' -f -a '{}'\n", root.name, condition,
                             fmt::join(option.choices, " "));
        }
        continue;
      }
      std::string names;
      for (const std::string& name : option.names) {
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      const std::string value = option.value.empty() ? ""
                                : option.choices.empty()
                                    ? " -r"
                                    : fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
      out += fmt::format("complete -c {} -n '{}'{}{} -d '{}'\n", root.name, condition, names, value,
                         Quoted(option.help));
    }
  });
  return out;
}

std::string Usage(const CommandInfo& command, const std::string& path) {
  std::string usage = path;
  if (!command.commands.empty()) {
    usage += command.name == "clew" ? " [COMMAND]" : " COMMAND";
  }
  for (const OptionInfo& option : command.options) {
    if (option.is_positional) {
      usage += fmt::format(" {}{}", option.value, option.is_repeatable ? "…" : "");
    }
  }
  return usage + " [OPTIONS]";
}

}  // namespace

Result<std::string> CompletionScript(const CommandInfo& root, const std::string& shell) {
  if (shell == "bash") {
    return BashScript(root);
  }
  if (shell == "zsh") {
    return ZshScript(root);
  }
  if (shell == "fish") {
    return FishScript(root);
  }
  return InvalidArgument("no completion for shell \"{}\": take bash, zsh or fish", shell);
}

std::string CommandLineReference(const CommandInfo& root) {
  std::string out =
      "# Command line\n\n"
      "Written by `clew docs command-line`; a test compares the two.\n\n"
      "Exit status: 0 done, 1 not done (standard error says why and what to do), 2 wrong usage.\n"
      "Colours are written to terminals only, and never when `NO_COLOR` is set.\n";
  Walk(root, root.name, [&out](const CommandInfo& command, const std::string& path) {
    out +=
        fmt::format("\n## {}\n\n{}.\n\n```\n{}\n```\n", path, command.help, Usage(command, path));
    if (!command.commands.empty()) {
      out += "\n| command | what it does |\n| --- | --- |\n";
      for (const CommandInfo& child : command.commands) {
        out += fmt::format("| `{}` | {} |\n", child.name, child.help);
      }
    }
    if (!command.options.empty()) {
      out += "\n| option | default | what it says |\n| --- | --- | --- |\n";
    }
    for (const OptionInfo& option : command.options) {
      const std::string names = option.is_positional
                                    ? option.value
                                    : fmt::format("{}{}{}", fmt::join(option.names, ", "),
                                                  option.value.empty() ? "" : " ", option.value);
      out +=
          fmt::format("| `{}` | {} | {} |\n", names,
                      option.default_value.empty() ? "" : fmt::format("`{}`", option.default_value),
                      option.help);
    }
  });
  return out;
}

}  // namespace clew::app::cli
