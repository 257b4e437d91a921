#include "pipeline/extensions/health_check/health.h"

#include <time.h>

#include <array>
#include <utility>

#include "base/duration.h"

namespace clew::pipeline::extensions::health_check {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

/// RFC 3339 with nanoseconds, UTC.
std::string FormatTime(UnixNanos nanos) {
  const time_t seconds = nanos / kNanosPerSecond;
  tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:09}Z", text.data(), nanos % kNanosPerSecond);
}

net::HttpResponse Respond(int status, std::string content_type, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

}  // namespace

void Health::SetReady() {
  const std::scoped_lock lock(mutex_);
  up_since_ = clock_.Now();
}

void Health::SetNotReady() {
  const std::scoped_lock lock(mutex_);
  up_since_.reset();
}

Health::State Health::Now(const Status& extensions) const {
  const std::scoped_lock lock(mutex_);
  if (!up_since_.has_value()) {
    return {std::nullopt, base::Unavailable("the pipelines do not run")};
  }
  return {up_since_, extensions};
}

net::HttpResponse Health::Answer(const net::HttpRequest& request, const Status& extensions) const {
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponse response = Respond(405, "text/plain", "method not allowed, use GET\n");
    response.headers.Add("Allow", "GET, HEAD");
    return response;
  }
  const State state = Now(extensions);
  if (request.path == config_.path) {
    return AnswerAsCollector(state);
  }
  if (request.path == "/healthz") {
    return Respond(200, "text/plain", "ok\n");
  }
  if (request.path == "/ready") {
    return state.status.has_value()
               ? Respond(200, "text/plain", "ready\n")
               : Respond(503, "text/plain", "not ready: " + state.status.error().message + "\n");
  }
  return Respond(404, "text/plain",
                 fmt::format("not found; try {}, /healthz or /ready\n", config_.path));
}

net::HttpResponse Health::AnswerAsCollector(const State& state) const {
  const bool is_ready = state.status.has_value();
  const std::string& fixed =
      is_ready ? config_.response_body.healthy : config_.response_body.unhealthy;
  if (!fixed.empty()) {
    return Respond(is_ready ? 200 : 503, "text/plain", fixed);
  }
  const std::string since =
      state.up_since.has_value() ? FormatTime(*state.up_since) : "0001-01-01T00:00:00Z";
  const std::string uptime =
      state.up_since.has_value() ? base::FormatDuration(Nanos(clock_.Now() - *state.up_since)) : "";
  return Respond(
      is_ready ? 200 : 503, "application/json",
      fmt::format(R"({{"status":"{}","upSince":"{}","uptime":"{}"}})",
                  is_ready ? "Server available" : "Server not available", since, uptime));
}

}  // namespace clew::pipeline::extensions::health_check
