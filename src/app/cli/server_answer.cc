#include "app/cli/server_answer.h"

#include <fmt/core.h>

#include "app/cli/commands.h"
#include "app/cli/text.h"

namespace clew::app::cli {

int SayFailure(const Terminal& terminal, const AskedServer& server, const Error& error) {
  terminal.PrintError(error.message);
  if (error.code == Code::kUnavailable) {
    terminal.Say(
        fmt::format("Is a server running at {}? Start one with `clew`, or name another with {}.\n",
                    server.url, server.option));
  } else if (error.code == Code::kFailedPrecondition) {
    terminal.Say(fmt::format(
        "Name the address of the server's {} with {}; it is\n{} unless the configuration says "
        "otherwise.\n",
        server.api, server.option, server.usual_url));
  } else if (error.code == Code::kUnauthenticated) {
    terminal.Say("The server keeps tenants apart: name one with --tenant.\n");
  }
  return error.code == Code::kInvalidArgument ? kExitUsage : kExitFailed;
}

void SayLeftOut(const Terminal& terminal, const std::vector<std::string>& left_out) {
  for (const std::string& note : left_out) {
    terminal.PrintError(SafeText(note));
  }
}

void PrintServerText(const Terminal& terminal, std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    terminal.Print(SafeText(rest.substr(0, end)) + "\n");
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

}  // namespace clew::app::cli
