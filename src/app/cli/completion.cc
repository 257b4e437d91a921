#include "app/cli/completion.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
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

/// Whether what is called `value` names a file or a folder.
bool IsFile(std::string_view value) {
  return value == "FILE" || value == "DIR" || value == "SOURCE";
}

bool TakesFiles(const CommandInfo& command) {
  return std::ranges::any_of(command.options, [](const OptionInfo& option) {
    return option.is_positional && IsFile(option.value);
  });
}

/// What may follow the words of a command: its commands and the choices for what has no name.
std::string WordsOf(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const CommandInfo& child : command.commands) {
    words.push_back(child.name);
  }
  for (const OptionInfo& option : command.options) {
    if (option.is_positional) {
      words.insert(words.end(), option.choices.begin(), option.choices.end());
    }
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::string OptionsOf(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const OptionInfo& option : command.options) {
    words.insert(words.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(words, " "));
}

/// Shell cases for what follows an option that takes a value.
std::string BashValueCases(const CommandInfo& root) {
  std::string cases;
  Walk(root, root.name, [&cases](const CommandInfo& command, const std::string& path) {
    for (const OptionInfo& option : command.options) {
      if (option.value.empty() || option.is_positional) {
        continue;
      }
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) {
        patterns.push_back(fmt::format("\"{} {}\"", path, name));
      }
      const std::string then = !option.choices.empty()
                                   ? fmt::format("words=\"{}\"", fmt::join(option.choices, " "))
                               : IsFile(option.value) ? "return"
                                                      : "compopt +o default 2>/dev/null; return";
      cases += fmt::format("    {}) {} ;;\n", fmt::join(patterns, " | "), then);
    }
  });
  return cases;
}

/// Shell cases for what follows a command.
std::string BashWordCases(const CommandInfo& root) {
  std::string cases;
  Walk(root, root.name, [&cases](const CommandInfo& command, const std::string& path) {
    const std::string words = WordsOf(command);
    const std::string options = OptionsOf(command);
    // Options are offered unasked where there is nothing else to offer.
    cases += fmt::format("      \"{}\") words=\"{}\" options=\"{}\" ;;\n", path,
                         words.empty() && !TakesFiles(command) ? options : words, options);
  });
  return cases;
}

/// Shell cases that follow the words to the command they name.
std::string BashPathCases(const CommandInfo& root) {
  std::string cases;
  Walk(root, root.name, [&cases](const CommandInfo& command, const std::string& path) {
    for (const CommandInfo& child : command.commands) {
      cases += fmt::format("      \"{0} {1}\") path=\"{0} {1}\" ;;\n", path, child.name);
    }
  });
  return cases;
}

/// What is in the quotes of `clew query '…` the server knows. When matches are listed, which is all
/// that a second TAB does, what is typed already is not said again.
std::string BashScript(const CommandInfo& root) {
  return fmt::format(
      R"(# bash completion for {0}; load it with: source <({0} completion bash)
_{0}_query() {{
  local kept="" line=""
  compopt +o default 2>/dev/null
  while IFS= read -r line; do
    if [[ -z "$kept" ]]; then
      kept="$line"
    elif [[ "$COMP_TYPE" == 63 ]]; then
      COMPREPLY+=("$line")
    else
      COMPREPLY+=("$kept$line")
    fi
  done < <("${{COMP_WORDS[0]}}" complete "${{COMP_LINE:0:COMP_POINT}}" 2>/dev/null)
}}
_{0}() {{
  COMPREPLY=()
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path="{0}" words="" options="" i
  # bash makes words of --status=error: --status, = and error.
  if [[ "$current" == "=" ]]; then
    current=""
  elif [[ "$previous" == "=" ]]; then
    previous="${{COMP_WORDS[COMP_CWORD-2]}}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${{COMP_WORDS[i]}}" in
{1}    esac
  done
  if [[ "$path" == "{0} query" && "$current" == \'* ]]; then
    _{0}_query
    return
  fi
  case "$path $previous" in
{2}    *)
      case "$path" in
{3}      esac
      [[ "$current" != -* ]] || words="$options"
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _{0} {0}
)",
      root.name, BashPathCases(root), BashValueCases(root), BashWordCases(root));
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
      "#compdef {0}\n"
      "# zsh completion for {0}; load it with: source <({0} completion zsh)\n"
      "(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}\n"
      "autoload -U +X bashcompinit && bashcompinit\n{1}"
      // Functions of bash are not told what quotes are open.
      R"(_{0}_zsh() {{
  if [[ "${{words[2]}}" == query && "${{words[CURRENT]}}" == \'* ]]; then
    local -a lines names
    lines=("${{(@f)$("${{words[1]}}" complete "${{(j: :)words[1,CURRENT-1]}} ${{QIPREFIX}}${{PREFIX}}" 2>/dev/null)}}")
    (( $#lines > 1 )) || return 1
    names=("${{(@)lines[2,-1]}}")
    compadd -U -Q -S '' -d names -- "${{(@)names/#/${{lines[1]}}}}"
    return
  fi
  _bash_complete -o default -F _{0}
}}
compdef _{0}_zsh {0}
)",
      root.name, BashScript(root));
}

/// When the words so far name the command at `path` and none of its own commands.
std::string FishCondition(const CommandInfo& command, const std::string& path) {
  std::vector<std::string> conditions;
  std::string_view rest = path;
  // Without the name of the program.
  rest.remove_prefix(std::min(rest.size(), rest.find(' ')));
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view word = rest.substr(0, rest.find(' '));
    conditions.push_back(fmt::format("__fish_seen_subcommand_from {}", word));
    rest.remove_prefix(word.size());
  }
  if (!command.commands.empty()) {
    conditions.push_back(fmt::format("not __fish_seen_subcommand_from {}", WordsOf(command)));
  }
  return fmt::format("{}", fmt::join(conditions, "; and "));
}

std::string FishOption(const OptionInfo& option) {
  std::string out;
  for (const std::string& name : option.names) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    out += fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
  } else if (!option.value.empty()) {
    out += IsFile(option.value) ? " -r" : " -x";
  }
  return out;
}

std::string FishScript(const CommandInfo& root) {
  std::string out = fmt::format(
      R"(# fish completion for {0}; load it with: {0} completion fish | source
function __{0}_query
    set -l lines ({0} complete (commandline -cp | string collect) 2>/dev/null)
    test (count $lines) -gt 1; and printf '%s\n' $lines[1]$lines[2..]
end
complete -c {0} -n '__fish_seen_subcommand_from query' -f -a '(__{0}_query)'
)",
      root.name);
  Walk(root, root.name, [&out, &root](const CommandInfo& command, const std::string& path) {
    const std::string begin =
        fmt::format("complete -c {} -n '{}'", root.name, FishCondition(command, path));
    if (!TakesFiles(command)) {
      out += begin + " -f\n";
    }
    for (const CommandInfo& child : command.commands) {
      out += fmt::format("{} -a {} -d '{}'\n", begin, child.name, Quoted(child.help));
    }
    for (const OptionInfo& option : command.options) {
      if (!option.is_positional) {
        out += fmt::format("{}{} -d '{}'\n", begin, FishOption(option), Quoted(option.help));
      } else if (!option.choices.empty()) {
        out += fmt::format("{} -a '{}'\n", begin, fmt::join(option.choices, " "));
      }
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
      const std::string value = option.value + (option.is_repeatable ? "…" : "");
      usage += option.is_required ? " " + value : " [" + value + "]";
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
