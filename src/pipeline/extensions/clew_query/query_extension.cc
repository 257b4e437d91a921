#include "pipeline/extensions/clew_query/query_extension.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "api/responses.h"
#include "api/tempo/grpc_methods.h"
#include "base/logging.h"
#include "query/query_provider.h"

namespace clew::pipeline::extensions::clew_query {
namespace {

constexpr double kSecondsPerNano = 1e-9;
constexpr std::array<double, 13> kDurationBuckets = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                                     0.2,   0.5,   1,     2,    5,    10};

net::HttpResponse TransportError(int status, const std::string& message, const net::HttpRequest&) {
  return api::TextResponse(status, message + "\n");
}

std::size_t ThreadCount(const ClewQueryConfig& config) {
  return config.max_concurrent_queries != 0
             ? config.max_concurrent_queries
             : std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

/// Whoever asks works, too: together with one helper less than there are cores it uses all of them.
std::size_t HelperCount() {
  return std::max<std::size_t>(2, std::thread::hardware_concurrency()) - 1;
}

/// A query that finds more waiting goes on without help.
constexpr std::size_t kHelpQueuedMax = 64;

}  // namespace

QueryExtension::QueryExtension(std::string id, const ClewQueryConfig& config)
    : id_(std::move(id)), config_(config) {}

QueryExtension::~QueryExtension() { Stop(base::kAtOnce); }

Status QueryExtension::Start(pipeline::Host& host) {
  host_ = &host;
  Connect();
  helpers_ = std::make_unique<base::WorkerPool>("clew-query-help", HelperCount(), kHelpQueuedMax);
  workers_ = std::make_unique<base::WorkerPool>("clew-query", ThreadCount(config_),
                                                config_.max_queued_queries);
  auto& queued = host.metrics().Gauge("clew_query_queued", "Queries that wait for their turn.",
                                      {{"query", id_}});
  queue_gauge_ = host.metrics().OnCollect(
      [this, &queued] { queued.Set(static_cast<double>(workers_->queue_count())); });
  base::MemoryAccount& answers = host.memory().account(base::MemoryUse::kAnswers);
  const auto listen = [this, &answers]() -> Status {
    if (config_.has_jaeger) {
      jaeger_.emplace(storage_, host_->clock(),
                      config_.JaegerOptions(answers, host_->clock(), *helpers_));
      ASSIGN_OR_RETURN(jaeger_server_,
                       Listen(
                           "jaeger", config_.jaeger.http,
                           [this](auto& request) { return jaeger_->Handle(request); },
                           [this](auto& request) { return jaeger_->IsImmediate(request); }));
    }
    if (config_.has_tempo) {
      tempo_.emplace(storage_, config_.TempoOptions(answers, host_->clock(), *helpers_),
                     [this] { return storage_.CheckReady(); });
      const net::GrpcService grpc = TempoGrpc(config_.tempo.grpc);
      ASSIGN_OR_RETURN(tempo_server_,
                       Listen(
                           "tempo", config_.tempo.http,
                           [this](auto& request) { return tempo_->Handle(request); },
                           [this](auto& request) { return tempo_->IsImmediate(request); }, &grpc));
      if (config_.tempo.has_grpc) TRY(ListenToGrpc(grpc));
    }
    return {};
  };
  Status status = listen();
  if (!status) {
    Stop(base::kAtOnce);
  }
  return status;
}

void QueryExtension::NotifyReady() {
  Connect();
  if (!storage_.is_connected()) {
    host_->ReportFatalError(
        {Code::kFailedPrecondition,
         fmt::format("extension {} asks extension {} for traces, which is not running or keeps no "
                     "traces: list a clew_storage in service::extensions and name it in "
                     "extensions::{}::storage",
                     id_, config_.storage, id_)});
  }
}

void QueryExtension::Stop(Deadline deadline) {
  if (jaeger_server_) {
    jaeger_server_->Stop(deadline);
    jaeger_server_.reset();
  }
  if (tempo_server_) {
    tempo_server_->Stop(deadline);
    tempo_server_.reset();
  }
  if (grpc_server_) {
    grpc_server_->Stop(deadline);
    grpc_server_.reset();
  }
  queue_gauge_.reset();
  workers_.reset();
  helpers_.reset();
}

void QueryExtension::Connect() {
  if (storage_.is_connected()) {
    return;
  }
  storage_.Connect(
      std::dynamic_pointer_cast<query::QueryProvider>(host_->FindExtension(config_.storage)));
}

Result<std::unique_ptr<net::HttpServer>> QueryExtension::Listen(
    const std::string& api, const pipeline::settings::HttpServerSection& http, ApiHandler handler,
    IsImmediate is_immediate, const net::GrpcService* grpc) {
  net::HttpServerOptions options = http.ToOptions();
  options.compress_responses = true;
  options.request_memory = &host_->memory().account(base::MemoryUse::kRequests);
  options.answer_memory = &host_->memory().account(base::MemoryUse::kAnswers);
  options.metrics = &host_->metrics();
  options.clock = &host_->clock();
  options.name = id_ + "/" + api;
  options.is_immediate = std::move(is_immediate);
  auto server = net::HttpServer::Start(
      options, host_->loops(), *workers_,
      [this, api, handler = std::move(handler)](const net::HttpRequest& request) {
        return Observe(api, handler, request);
      },
      TransportError, grpc);
  if (!server) {
    return std::unexpected(std::move(server.error()).Annotate("extension " + id_ + ", " + api));
  }
  base::Log(
      base::LogLevel::kInfo, "query API is listening",
      {{"api", api}, {"endpoint", options.endpoint}, {"port", std::to_string((*server)->port())}});
  return server;
}

net::GrpcService QueryExtension::TempoGrpc(const pipeline::settings::GrpcServerSection& section) {
  net::GrpcServerOptions options = section.ToOptions();
  options.request_memory = &host_->memory().account(base::MemoryUse::kRequests);
  options.metrics = &host_->metrics();
  options.clock = &host_->clock();
  options.name = id_ + "/tempo_grpc";
  auto methods = api::tempo::GrpcMethods(
      *tempo_,
      {.post = [this](std::function<void()> task) { return workers_->TryPost(std::move(task)); },
       .on_answered =
           [this](std::string_view method, const Status& end, Deadline began) {
             Count("tempo", method, end ? 200 : api::HttpStatusOf(end.error()), began);
           }});
  return {std::move(options), std::move(methods)};
}

Status QueryExtension::ListenToGrpc(net::GrpcService service) {
  auto server = net::GrpcServer::Start(service.options, host_->loops(), *workers_,
                                       std::move(service.handlers));
  if (!server) {
    return std::unexpected(std::move(server.error()).Annotate("extension " + id_ + ", tempo.grpc"));
  }
  grpc_server_ = std::move(*server);
  base::Log(base::LogLevel::kInfo, "query API is listening",
            {{"api", "tempo.grpc"},
             {"endpoint", service.options.endpoint},
             {"port", std::to_string(grpc_server_->port())}});
  return {};
}

void QueryExtension::Count(const std::string& api, std::string_view route, int status,
                           Deadline began) const {
  const Nanos duration = host_->clock().Time() - began;
  base::Metrics& metrics = host_->metrics();
  const std::string path(route);
  metrics
      .Counter("clew_query_requests_total", "Requests answered by the query APIs.",
               {{"api", api}, {"route", path}, {"code", std::to_string(status)}})
      .Increment();
  metrics
      .Histogram("clew_query_duration_seconds", "Time from a request's arrival to its answer.",
                 {{"api", api}, {"route", path}},
                 {kDurationBuckets.begin(), kDurationBuckets.end()})
      .Observe(static_cast<double>(duration.count()) * kSecondsPerNano);
}

net::HttpResponse QueryExtension::Observe(const std::string& api, const ApiHandler& handler,
                                          const net::HttpRequest& request) {
  api::Answer answer = handler(request);
  Count(api, answer.route, answer.response.status, request.arrived_at);
  base::Metrics& metrics = host_->metrics();
  metrics.Counter("clew_query_traces_total", "Traces returned by the query APIs.", {{"api", api}})
      .Increment(static_cast<double>(answer.trace_count));
  metrics
      .Counter("clew_query_partial_answers_total",
               "Answers over HTTP that said that they lack something: a limit was met, or "
               "something stored could not be read.",
               {{"api", api}})
      .Increment(answer.response.headers.Has("Warning") ? 1 : 0);
  metrics.Counter("clew_query_spans_total", "Spans returned by the query APIs.", {{"api", api}})
      .Increment(static_cast<double>(answer.span_count));
  return std::move(answer.response);
}

}  // namespace clew::pipeline::extensions::clew_query
