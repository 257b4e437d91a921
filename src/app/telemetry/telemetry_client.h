#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "net/http_client.h"

namespace clew::app::telemetry {

/// One line of Prometheus' text format.
struct Sample {
  std::string name;
  /// In their order, values unescaped.
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;

  /// The value of a label, or empty.
  std::string_view Label(std::string_view name) const;
};

/// All samples of a text; lines that are none are left out.
std::vector<Sample> ParseSamples(std::string_view text);

/// Talks to the telemetry address of a running server (app/telemetry/telemetry_server.h).
class TelemetryClient {
 public:
  /// INVALID_ARGUMENT when `url` is no address (net::ParseHttpEndpoint).
  static Result<std::unique_ptr<TelemetryClient>> Create(const std::string& url);

  /// NOT_FOUND when the address is not that of a clew's telemetry, also below.
  Result<std::vector<Sample>> Metrics();
  /// The answer of /readyz: "ok", or what is being waited for.
  Result<std::string> Readiness();
  /// POSTs to /-/<action>. An error says why the server refused.
  Status Order(const std::string& action, Nanos timeout);

 private:
  std::unexpected<Error> IsNoClew(std::string_view because) const;

  TelemetryClient(std::string url, std::unique_ptr<net::HttpClient> http)
      : url_(std::move(url)), http_(std::move(http)) {}

  const std::string url_;
  const std::unique_ptr<net::HttpClient> http_;
};

}  // namespace clew::app::telemetry
