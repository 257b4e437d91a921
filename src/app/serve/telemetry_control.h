#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/telemetry/telemetry_server.h"
#include "base/metrics.h"
#include "pipeline/config/telemetry.h"

namespace clew::app::serve {

/// Does what service::telemetry says: level and form of the log, where metrics are read. Any
/// thread.
class TelemetryControl {
 public:
  /// `loops` and `metrics` outlive it.
  TelemetryControl(net::Loops& loops, base::Metrics& metrics, telemetry::TelemetryHooks hooks);
  /// Stops the server.
  ~TelemetryControl();
  TelemetryControl(const TelemetryControl&) = delete;
  TelemetryControl& operator=(const TelemetryControl&) = delete;

  /// On error what was before goes on. May be called by a request to the very server that it
  /// replaces: that request is still answered.
  Status Apply(const pipeline::TelemetryConfig& config);
  /// 0 when there is no listener.
  std::uint16_t port() const;

 private:
  net::Loops& loops_;
  base::Metrics& metrics_;
  const telemetry::TelemetryHooks hooks_;
  mutable std::mutex mutex_;
  std::string endpoint_;
  std::unique_ptr<telemetry::TelemetryServer> server_;
  /// Ends the server before; joined by the next change and by the destructor.
  std::jthread retirement_;
};

}  // namespace clew::app::serve
