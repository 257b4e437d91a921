#include "app/cli/start_hint.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "net/endpoint.h"

namespace clew::app::cli {
namespace {

/// How this machine reaches the address, empty when there is none of the kind that answers without
/// more than its name.
std::string ReachableAt(const std::vector<pipeline::ListeningAddress>& addresses,
                        std::string_view type, std::string_view protocol) {
  const auto found =
      std::ranges::find_if(addresses, [&](const pipeline::ListeningAddress& address) {
        return address.type == type && address.protocol == protocol && !address.needs_options &&
               address.transport != "unix";
      });
  if (found == addresses.end()) {
    return {};
  }
  auto address = net::ParseHostPort(found->where);
  if (!address.has_value()) {
    return found->where;
  }
  for (const std::string_view local : {"", "0.0.0.0", "::", "127.0.0.1", "::1"}) {
    if (address->host == local) address->host = "localhost";
  }
  return address->ToString();
}

}  // namespace

std::string StartHint(const std::vector<pipeline::ListeningAddress>& addresses,
                      const std::string& program) {
  const std::string grpc = ReachableAt(addresses, "otlp", "grpc");
  const std::string http = ReachableAt(addresses, "otlp", "http");
  const std::string jaeger = ReachableAt(addresses, "clew_query", "jaeger");
  const std::string server =
      jaeger.empty() || jaeger == "localhost:16686" ? "" : " --server http://" + jaeger;
  std::vector<std::string> commands;
  if (!grpc.empty() || !http.empty()) {
    const std::string endpoint = grpc == "localhost:4317" ? ""
                                 : grpc.empty()           ? " --endpoint http://" + http
                                                          : " --endpoint " + grpc;
    commands.push_back(fmt::format("`{} demo{}{}`", program, endpoint, server));
  }
  if (!jaeger.empty()) {
    commands.push_back(fmt::format("`{} search{}`", program, server));
  }
  return commands.empty()
             ? std::string()
             : fmt::format("Try {} in another terminal. ", fmt::join(commands, " and "));
}

}  // namespace clew::app::cli
