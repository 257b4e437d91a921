#include "app/serve/telemetry_control.h"

#include <chrono>
#include <future>
#include <map>
#include <utility>

#include "base/logging.h"
#include "pipeline/service/listeners.h"

namespace clew::app::serve {
namespace {

constexpr auto kStopTime = std::chrono::seconds(2);

base::LogLevel LevelOf(const std::string& name) {
  if (name == "debug") {
    return base::LogLevel::kDebug;
  }
  if (name == "info") {
    return base::LogLevel::kInfo;
  }
  return name == "warn" ? base::LogLevel::kWarn : base::LogLevel::kError;
}

/// Attributes as labels, whose names have letters, digits and '_' only: service.name becomes
/// service_name, as the Collector has it.
base::Labels LabelsOf(const std::map<std::string, std::string>& attributes) {
  base::Labels labels;
  for (const auto& [key, value] : attributes) {
    std::string name = key.empty() || (key[0] >= '0' && key[0] <= '9') ? "_" + key : key;
    for (char& byte : name) {
      const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                            (byte >= '0' && byte <= '9');
      byte = is_plain ? byte : '_';
    }
    // Names that begin with two are Prometheus' own.
    while (name.starts_with("__")) {
      name.erase(0, 1);
    }
    labels.emplace(std::move(name), value);
  }
  return labels;
}

}  // namespace

TelemetryControl::TelemetryControl(net::Loops& loops, base::Metrics& metrics,
                                   telemetry::TelemetryHooks hooks)
    : loops_(loops), metrics_(metrics), hooks_(std::move(hooks)) {}

TelemetryControl::~TelemetryControl() {
  if (server_ != nullptr) {
    server_->Stop(base::SystemTime().In(kStopTime));
  }
}

Status TelemetryControl::Apply(const pipeline::TelemetryConfig& config) {
  const std::scoped_lock lock(mutex_);
  const std::string endpoint = pipeline::TelemetryEndpoint(config);
  if (endpoint != endpoint_) {
    std::unique_ptr<telemetry::TelemetryServer> server;
    if (!endpoint.empty()) {
      auto started = telemetry::TelemetryServer::Start(endpoint, loops_, metrics_, hooks_);
      if (!started.has_value()) {
        return std::unexpected(std::move(started).error().Annotate("service::telemetry::metrics"));
      }
      server = std::move(*started);
    }
    if (server_ != nullptr) {
      // Not here: the call may come from a request that this server has yet to answer. It goes on
      // when there is no thread for this.
      std::promise<std::unique_ptr<telemetry::TelemetryServer>> old;
      retirement_ = std::jthread([retired = old.get_future()]() mutable {
        retired.get()->Stop(base::SystemTime().In(kStopTime));
      });
      old.set_value(std::move(server_));
    }
    server_ = std::move(server);
    endpoint_ = endpoint;
  }
  base::ConfigureLogging(LevelOf(config.log_level), config.log_encoding == "json"
                                                        ? base::LogEncoding::kJson
                                                        : base::LogEncoding::kConsole);
  if (!config.resource.empty()) {
    metrics_
        .Gauge("target_info", "1, with the resource of this process as labels",
               LabelsOf(config.resource))
        .Set(1);
  }
  return {};
}

std::uint16_t TelemetryControl::port() const {
  const std::scoped_lock lock(mutex_);
  return server_ == nullptr ? 0 : server_->port();
}

}  // namespace clew::app::serve
