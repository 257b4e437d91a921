#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics.h"
#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "net/http_server.h"

namespace clew::app::telemetry {

struct TelemetryHooks {
  /// Whether everything runs; else an error that says what is being waited for. Any thread.
  std::function<Status()> check_ready;
  /// Reads the configuration again and applies it, or says why not. Any thread.
  std::function<Status()> reload;
  /// Turns everything acknowledged into blocks. Any thread.
  std::function<Status()> flush;
};

/// What the process says of itself, over HTTP: GET /metrics (Prometheus text), GET /healthz and
/// GET /readyz (200, or 503 with the reason while the log is replayed or parts start and stop),
/// POST /-/reload and POST /-/flush (200 done, 400 refused with the reason, 403 for web pages: see
/// order_guard.h, 503 while another order is carried out). Has two threads of its own, so that it
/// answers when all workers are busy, and when an order does not end.
class TelemetryServer {
 public:
  /// `endpoint` is host:port, port 0 takes a free one. `loops` and `metrics` outlive the server.
  static Result<std::unique_ptr<TelemetryServer>> Start(const std::string& endpoint,
                                                        net::Loops& loops, base::Metrics& metrics,
                                                        TelemetryHooks hooks);
  std::uint16_t port() const { return server_->port(); }
  void Stop(Deadline deadline) { server_->Stop(deadline); }

 private:
  TelemetryServer(std::string host, base::Metrics& metrics, TelemetryHooks hooks);
  net::HttpResponse Answer(const net::HttpRequest& request);
  net::HttpResponse Obey(const net::HttpRequest& request, const std::function<Status()>& order);

  const std::string host_;
  base::Metrics& metrics_;
  const TelemetryHooks hooks_;
  /// Held while an order is carried out, which must leave a thread for the rest.
  std::mutex order_mutex_;
  base::WorkerPool workers_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace clew::app::telemetry
