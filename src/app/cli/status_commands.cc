#include <fmt/core.h>

#include "app/cli/commands.h"
#include "app/cli/status_report.h"
#include "app/telemetry/telemetry_client.h"

namespace clew::app::cli {
namespace {

/// What is asked of a server may take as long as its components need to stop and start.
constexpr Nanos kOrderTimeout = std::chrono::minutes(5);

int Fail(const Terminal& terminal, const StatusOptions& options, const Error& error) {
  terminal.PrintError(error.message);
  if (error.code == Code::kUnavailable || error.code == Code::kNotFound) {
    terminal.Say(fmt::format(
        "Is a server running whose metrics are at {}? Start one with `clew`, or name another with "
        "--telemetry.\n",
        options.url));
  }
  return error.code == Code::kInvalidArgument ? kExitUsage : kExitFailed;
}

Result<std::string> AskStatus(const StatusOptions& options, const Style& style) {
  ASSIGN_OR_RETURN(const auto client, telemetry::TelemetryClient::Create(options.url));
  ASSIGN_OR_RETURN(const std::vector<telemetry::Sample> samples, client->Metrics());
  ASSIGN_OR_RETURN(const std::string readiness, client->Readiness());
  return DrawStatus(samples, readiness, style);
}

Status GiveOrder(const StatusOptions& options, const std::string& action) {
  ASSIGN_OR_RETURN(const auto client, telemetry::TelemetryClient::Create(options.url));
  return client->Order(action, kOrderTimeout);
}

}  // namespace

int RunStatus(const StatusOptions& options, const Terminal& terminal) {
  const auto report = AskStatus(options, terminal.style());
  if (!report.has_value()) {
    return Fail(terminal, options, report.error());
  }
  terminal.Print(*report);
  return kExitDone;
}

int RunConfigReload(const StatusOptions& options, const Terminal& terminal) {
  const Status status = GiveOrder(options, "reload");
  if (!status.has_value()) {
    if (status.error().code == Code::kFailedPrecondition) {
      terminal.Say("The server keeps its old configuration:\n");
    }
    return Fail(terminal, options, status.error());
  }
  terminal.Print("The server has applied its configuration.\n");
  return kExitDone;
}

int RunStorageFlush(const StatusOptions& options, const Terminal& terminal) {
  const Status status = GiveOrder(options, "flush");
  if (!status.has_value()) {
    return Fail(terminal, options, status.error());
  }
  terminal.Print("Everything acknowledged is in blocks.\n");
  return kExitDone;
}

}  // namespace clew::app::cli
