#include "app/telemetry/telemetry_server.h"

#include <utility>

#include "app/telemetry/order_guard.h"
#include "net/endpoint.h"

namespace clew::app::telemetry {
namespace {

constexpr std::size_t kThreadCount = 2;
constexpr std::size_t kQueueLimit = 64;
constexpr std::uint64_t kBodyBytesMax = 1u << 10;
/// Few, so that what they hold needs no other limit.
constexpr std::uint64_t kConnectionCountMax = 256;
constexpr const char* kPlainText = "text/plain; charset=utf-8";

net::HttpResponse Text(int status, std::string body) {
  return {.status = status, .content_type = kPlainText, .body = std::move(body), .headers = {}};
}

net::HttpResponse OfStatus(const Status& status, int error_status) {
  return status.has_value() ? Text(200, "ok\n") : Text(error_status, status.error().message + "\n");
}

net::HttpResponse MethodNotAllowed(const std::string& allowed) {
  net::HttpResponse response = Text(405, fmt::format("use {}\n", allowed));
  response.headers.Add("Allow", allowed);
  return response;
}

}  // namespace

TelemetryServer::TelemetryServer(std::string host, base::Metrics& metrics, TelemetryHooks hooks)
    : host_(std::move(host)),
      metrics_(metrics),
      hooks_(std::move(hooks)),
      workers_("telemetry", kThreadCount, kQueueLimit) {}

Result<std::unique_ptr<TelemetryServer>> TelemetryServer::Start(const std::string& endpoint,
                                                                net::Loops& loops,
                                                                base::Metrics& metrics,
                                                                TelemetryHooks hooks) {
  ASSIGN_OR_RETURN(net::HostPort address, net::ParseHostPort(endpoint));
  std::unique_ptr<TelemetryServer> server(
      new TelemetryServer(std::move(address.host), metrics, std::move(hooks)));
  net::HttpServerOptions options;
  options.endpoint = endpoint;
  options.body_bytes_max = kBodyBytesMax;
  options.connection_count_max = kConnectionCountMax;
  options.metrics = &metrics;
  options.name = "telemetry";
  options.compress_responses = true;
  ASSIGN_OR_RETURN(
      server->server_,
      net::HttpServer::Start(
          options, loops, server->workers_,
          [self = server.get()](const net::HttpRequest& request) { return self->Answer(request); },
          [](int status, const std::string& message, const net::HttpRequest&) {
            return Text(status, message + "\n");
          }));
  return server;
}

net::HttpResponse TelemetryServer::Answer(const net::HttpRequest& request) {
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (request.path == "/metrics") {
    return is_read ? net::HttpResponse{.status = 200,
                                       .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                       .body = metrics_.Expose(),
                                       .headers = {}}
                   : MethodNotAllowed("GET");
  }
  if (request.path == "/healthz" || request.path == "/readyz") {
    return is_read ? OfStatus(hooks_.check_ready(), 503) : MethodNotAllowed("GET");
  }
  if (request.path == "/-/reload") {
    return Obey(request, hooks_.reload);
  }
  if (request.path == "/-/flush") {
    return Obey(request, hooks_.flush);
  }
  return Text(404, "here are /metrics, /healthz, /readyz and (POST) /-/reload and /-/flush\n");
}

net::HttpResponse TelemetryServer::Obey(const net::HttpRequest& request,
                                        const std::function<Status()>& order) {
  if (request.method != "POST") {
    return MethodNotAllowed("POST");
  }
  if (const Status allowed = CheckOrder(request, host_); !allowed.has_value()) {
    return Text(403, allowed.error().message + "\n");
  }
  const std::unique_lock lock(order_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return Text(503, "another reload or flush is carried out: try again when it has ended\n");
  }
  return OfStatus(order(), 400);
}

}  // namespace clew::app::telemetry
