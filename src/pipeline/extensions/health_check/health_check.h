#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/worker_pool.h"
#include "net/http_server.h"
#include "pipeline/component.h"
#include "pipeline/extensions/health_check/config.h"
#include "pipeline/extensions/health_check/health.h"
#include "pipeline/factory.h"

namespace clew::pipeline::extensions::health_check {

/// Says over HTTP whether the process runs and takes spans. Has a thread of its own: when all
/// workers are busy the process is busy, not ill.
class HealthCheck final : public Extension {
 public:
  HealthCheck(const CreateSettings& settings, const Config& config);
  ~HealthCheck() override;

  Status Start(Host& host) override;
  void NotifyReady() override { health_.SetReady(); }
  void NotifyNotReady() override { health_.SetNotReady(); }
  void Stop(Deadline deadline) override;

  /// In use after Start, else 0.
  std::uint16_t port() const;

 private:
  const std::string id_;
  const Config config_;
  Health health_;
  std::unique_ptr<base::WorkerPool> worker_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace clew::pipeline::extensions::health_check
