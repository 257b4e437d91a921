#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/terminal.h"
#include "base/vocabulary.h"

/// What the commands that ask a running server say of its answers.
namespace clew::app::cli {

/// Where a question went, and how the command line calls that.
struct AskedServer {
  std::string url;
  std::string_view api = "query API";
  std::string_view option = "--server";
  std::string_view usual_url = "http://localhost:16686";
};

/// Says why a question has no answer and what to do; gives the exit status.
int SayFailure(const Terminal& terminal, const AskedServer& server, const Error& error);

/// Says what an answer lacks, a line each.
void SayLeftOut(const Terminal& terminal, const std::vector<std::string>& left_out);

/// A text of the server, which may be none of ours, line by line.
void PrintServerText(const Terminal& terminal, std::string_view text);

}  // namespace clew::app::cli
