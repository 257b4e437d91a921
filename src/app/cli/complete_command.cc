#include <chrono>
#include <memory>
#include <string>

#include "api/client/tempo_client.h"
#include "app/cli/commands.h"
#include "app/cli/query_completion.h"

namespace clew::app::cli {
namespace {

// Somebody waits with a finger on the key.
constexpr Nanos kTimeout = std::chrono::seconds(1);

}  // namespace

int RunComplete(const CompleteOptions& options, const Terminal& terminal) {
  const auto typed = ReadTypedLine(options.line);
  if (!typed) return kExitDone;
  const auto client =
      api::client::TempoClient::Create({.server = typed->url.value_or(options.server.url),
                                        .tenant = typed->tenant.value_or(options.server.tenant),
                                        .timeout = kTimeout});
  // What is wrong is said when the line is run.
  if (!client.has_value()) return kExitDone;
  const Completion completion = CompleteQuery(
      typed->query,
      {.tags = [&](std::string_view query) { return (*client)->Tags(query); },
       .values = [&](std::string_view name,
                     std::string_view query) { return (*client)->TagValues(name, query); }});
  if (completion.words.empty()) return kExitDone;
  terminal.Print(completion.kept + "\n");
  for (const std::string& word : completion.words) terminal.Print(word + "\n");
  return kExitDone;
}

}  // namespace clew::app::cli
