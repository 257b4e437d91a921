#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "app/serve/telemetry_control.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "net/loops.h"
#include "pipeline/service/service.h"

namespace clew::app::serve {

/// The server: the service with what the process says of itself, from start to end.
class Server {
 public:
  explicit Server(pipeline::ConfigSources sources);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// On error nothing is left running. CANCELLED when a stop was requested meanwhile.
  Status Start();
  /// Waits until RequestStop or a fault of a component, which it gives.
  Status Wait();
  /// Any thread; also before Start has returned.
  void RequestStop();
  /// Reads the configuration again. Any thread.
  Status Reload();
  /// Turns everything acknowledged into blocks. Any thread. UNAVAILABLE when it has not ended by
  /// the time that a stop is requested.
  Status Flush();
  /// Cuts a Flush short.
  void Shutdown(Nanos timeout);
  /// What /readyz says: nothing, or what is being waited for.
  Status CheckReady() const { return service_->CheckReady(); }

  std::shared_ptr<const pipeline::Config> config() const { return service_->config(); }
  /// Every metric so far, for the reference.
  std::vector<base::MetricInfo> ListMetrics();
  /// Of /metrics; 0 when there is none.
  std::uint16_t telemetry_port() const { return telemetry_->port(); }

 private:
  void UpdateComponentMetrics();

  const base::SystemClock clock_;
  net::Loops loops_;
  base::Metrics metrics_;
  const std::vector<pipeline::Factory> factories_;
  std::unique_ptr<pipeline::Service> service_;
  std::unique_ptr<TelemetryControl> telemetry_;
  std::shared_ptr<void> process_metrics_;
  std::shared_ptr<void> component_metrics_;
  std::stop_source ending_;
  /// Reloads, flushes and the shutdown exclude each other.
  std::mutex order_mutex_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stop_requested_ = false;
  std::optional<Error> fatal_;
};

}  // namespace clew::app::serve
