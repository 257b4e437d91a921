#include "pipeline/receivers/otlp/otlp_receiver.h"

#include <utility>

#include "base/logging.h"
#include "pipeline/receiving/codecs.h"

namespace clew::pipeline::receivers::otlp {
namespace {

wire::otlp::DecodeLimits LimitsOf(const Config& config) {
  return config.has_limits ? config.limits.limits : wire::otlp::DecodeLimits{};
}

void LogListening(const std::string& id, const char* what, const std::string& endpoint,
                  std::uint16_t port) {
  base::Log(base::LogLevel::kInfo, what,
            {{"otelcol.component.id", id}, {"endpoint", endpoint}, {"port", std::to_string(port)}});
}

}  // namespace

OtlpReceiver::OtlpReceiver(const CreateSettings& settings, const Config& config, Consumer& next)
    : id_(settings.id), config_(config), codec_(receiving::CodecOf(id_, LimitsOf(config))) {
  const auto make_intake = [&](std::optional<receiving::Intake>& intake, const char* transport) {
    intake.emplace(receiving::Intake::Options{id_, transport, config_.has_limits, settings.signals},
                   codec_, settings.host, next);
  };
  if (config_.protocols.has_grpc) {
    make_intake(grpc_intake_, "grpc");
    grpc_endpoint_.emplace(config_.protocols.grpc, config_.tenancy, *grpc_intake_);
  }
  if (config_.protocols.has_http) {
    make_intake(http_intake_, "http");
    http_endpoint_.emplace(config_.protocols.http, config_.tenancy, *http_intake_);
  }
}

OtlpReceiver::~OtlpReceiver() { Stop(base::kAtOnce); }

Status OtlpReceiver::Start(Host& host) {
  truncation_ = receiving::ReportTruncation(id_, codec_, host.metrics());
  std::optional<net::GrpcService> grpc;
  std::optional<net::HttpService> http;
  if (config_.protocols.has_grpc) grpc = MakeGrpcService(host);
  if (config_.protocols.has_http) http = MakeHttpService(host);
  // Each port takes the other protocol, too: that one was written for the other is the error that
  // is made most often.
  if (grpc) {
    ASSIGN_OR_RETURN(grpc_server_,
                     net::GrpcServer::Start(grpc->options, host.loops(), host.workers(),
                                            grpc->handlers, http ? &*http : nullptr));
    LogListening(id_, "Starting GRPC server", config_.protocols.grpc.endpoint, grpc_port());
  }
  if (http) {
    if (Status started = StartHttp(host, *http, grpc ? &*grpc : nullptr); !started.has_value()) {
      Stop(base::kAtOnce);
      return started;
    }
  }
  return {};
}

net::GrpcService OtlpReceiver::MakeGrpcService(Host& host) {
  net::GrpcServerOptions options = config_.protocols.grpc.ToOptions();
  options.request_memory = &host.memory().account(base::MemoryUse::kRequests);
  options.metrics = &host.metrics();
  options.clock = &host.clock();
  options.name = id_;
  options.on_refused = [this](const Error& error) { grpc_endpoint_->CountRefused(error); };
  return {std::move(options), grpc_endpoint_->Handlers()};
}

net::HttpService OtlpReceiver::MakeHttpService(Host& host) {
  net::HttpServerOptions options = config_.protocols.http.ToOptions();
  options.request_memory = &host.memory().account(base::MemoryUse::kRequests);
  options.answer_memory = &host.memory().account(base::MemoryUse::kAnswers);
  options.metrics = &host.metrics();
  options.clock = &host.clock();
  options.name = id_;
  return {std::move(options),
          [this](const net::HttpRequest& request) { return http_endpoint_->Handle(request); },
          [this](int status, const std::string& message, const net::HttpRequest& request) {
            return http_endpoint_->Refuse(status, message, request);
          }};
}

Status OtlpReceiver::StartHttp(Host& host, const net::HttpService& http,
                               const net::GrpcService* grpc) {
  ASSIGN_OR_RETURN(http_server_, net::HttpServer::Start(http.options, host.loops(), host.workers(),
                                                        http.handler, http.error_handler, grpc));
  LogListening(id_, "Starting HTTP server", config_.protocols.http.endpoint, http_port());
  return {};
}

void OtlpReceiver::Stop(Deadline deadline) {
  if (grpc_server_ != nullptr) {
    grpc_server_->Stop(deadline);
  }
  if (http_server_ != nullptr) {
    http_server_->Stop(deadline);
  }
  grpc_server_.reset();
  http_server_.reset();
  truncation_.reset();
}

std::uint16_t OtlpReceiver::grpc_port() const {
  return grpc_server_ == nullptr ? std::uint16_t{0} : grpc_server_->port();
}

std::uint16_t OtlpReceiver::http_port() const {
  return http_server_ == nullptr ? std::uint16_t{0} : http_server_->port();
}

}  // namespace clew::pipeline::receivers::otlp
