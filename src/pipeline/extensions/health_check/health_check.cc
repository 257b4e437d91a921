#include "pipeline/extensions/health_check/health_check.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace clew::pipeline::extensions::health_check {
namespace {

constexpr std::size_t kQueueLimit = 64;
constexpr std::uint64_t kBodyBytesMax = 4u << 10;
constexpr std::uint64_t kHeaderBytesMax = 16u << 10;
constexpr std::uint64_t kConnectionCountMax = 1000;

net::HttpResponse Refuse(int status, const std::string& message, const net::HttpRequest&) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = message + "\n";
  return response;
}

}  // namespace

HealthCheck::HealthCheck(const CreateSettings& settings, const Config& config)
    : id_(settings.id), config_(config), health_(config_, settings.host.clock()) {}

HealthCheck::~HealthCheck() { Stop(base::kAtOnce); }

Status HealthCheck::Start(Host& host) {
  worker_ = std::make_unique<base::WorkerPool>("clew-health", 1, kQueueLimit);
  net::HttpServerOptions options = config_.ToOptions();
  // Who asks for health must hear it when memory is short, too. So nothing is counted, and what
  // all of them may hold is little: 20 MiB.
  options.body_bytes_max = std::min(options.body_bytes_max, kBodyBytesMax);
  options.header_bytes_max = std::min(options.header_bytes_max, kHeaderBytesMax);
  options.connection_count_max = std::min(options.connection_count_max, kConnectionCountMax);
  options.metrics = &host.metrics();
  options.clock = &host.clock();
  options.name = id_;
  ASSIGN_OR_RETURN(server_, net::HttpServer::Start(
                                options, host.loops(), *worker_,
                                [this, &host](const net::HttpRequest& request) {
                                  return health_.Answer(request, host.CheckReady());
                                },
                                Refuse));
  base::Log(base::LogLevel::kInfo, "health check is listening",
            {{"otelcol.component.id", id_},
             {"endpoint", config_.endpoint},
             {"port", std::to_string(port())}});
  return {};
}

void HealthCheck::Stop(Deadline deadline) {
  health_.SetNotReady();
  if (server_ != nullptr) {
    server_->Stop(deadline);
  }
  server_.reset();
  worker_.reset();
}

std::uint16_t HealthCheck::port() const {
  return server_ == nullptr ? std::uint16_t{0} : server_->port();
}

}  // namespace clew::pipeline::extensions::health_check
