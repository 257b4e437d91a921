#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "app/bench/benches.h"
#include "app/bench/server_process.h"
#include "app/bench/workspace.h"
#include "app/send/otlp_client.h"
#include "base/thread_failure.h"
#include "net/grpc_server.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/response.h"
#include "workload/generator.h"

namespace clew::app::bench {
namespace {

constexpr std::uint64_t kSpanCount = 8'000'000;
constexpr std::uint64_t kDistinctSpans = 100'000;
constexpr std::size_t kSpansPerRequest = 1'000;
constexpr std::size_t kSenderCount = 4;
constexpr std::size_t kSinkThreads = 2;
constexpr std::size_t kSinkQueue = 256;
constexpr auto kArrivalTimeout = std::chrono::seconds(60);
constexpr auto kBackOff = std::chrono::milliseconds(5);
constexpr const char* kExportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Takes everything and counts its spans.
class Sink {
 public:
  Status Start(const std::string& endpoint) {
    net::GrpcServerOptions options;
    options.endpoint = endpoint;
    options.message_bytes_max = 64u << 20;
    ASSIGN_OR_RETURN(
        server_,
        net::GrpcServer::Start(
            options, loops_, workers_,
            {{kExportMethod, [this](const net::GrpcRequest& request) -> Result<std::string> {
                ASSIGN_OR_RETURN(const wire::otlp::RequestFacts facts,
                                 wire::otlp::InspectRequest(request.message.view()));
                span_count_ += facts.span_count;
                return wire::otlp::EncodeResponse({});
              }}}));
    return {};
  }
  ~Sink() {
    if (server_ != nullptr) {
      server_->Stop(base::kAtOnce);
    }
  }
  std::uint16_t port() const { return server_->port(); }
  std::uint64_t span_count() const { return span_count_; }

 private:
  std::atomic<std::uint64_t> span_count_{0};
  net::Loops loops_;
  base::WorkerPool workers_{"sink", kSinkThreads, kSinkQueue};
  std::unique_ptr<net::GrpcServer> server_;
};

struct Request {
  Bytes body;
  std::size_t span_count;
};

std::vector<Request> MakeRequests(std::uint64_t seed) {
  workload::Generator generator({.seed = seed, .spans_per_request = kSpansPerRequest});
  std::vector<Request> requests;
  for (std::uint64_t made = 0; made < kDistinctSpans;) {
    workload::GeneratedRequest request = generator.Next();
    made += request.span_count;
    requests.push_back({Bytes(std::move(request.body)), request.span_count});
  }
  return requests;
}

struct Sent {
  std::atomic<std::uint64_t> claimed{0};
  std::atomic<std::uint64_t> spans{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<bool> has_failed{false};
};

void SendUntil(std::uint64_t span_count, Deadline end, const std::string& endpoint,
               const std::vector<Request>& requests, Sent& sent) {
  const auto client = send::OtlpClient::Create({.endpoint = endpoint, .headers = {}});
  while (client.has_value() && sent.spans < span_count && base::SystemTime().Time() < end &&
         !sent.has_failed) {
    const Request& request = requests[sent.claimed++ % requests.size()];
    while (true) {
      const auto answer =
          (*client)->Send(request.body, base::SystemTime().Time() + kArrivalTimeout);
      if (answer.has_value()) {
        sent.spans += request.span_count;
        sent.bytes += request.body.size();
        break;
      }
      if (!answer.error().is_retryable()) {
        sent.has_failed = true;
        return;
      }
      ++sent.retries;
      std::this_thread::sleep_for(answer.error().retry_after.value_or(kBackOff));
    }
  }
}

/// Waits until the sink has what was sent.
Status AwaitArrival(const Sink& sink, const Sent& sent) {
  const auto give_up_at = base::SystemTime().Time() + kArrivalTimeout;
  while (sink.span_count() < sent.spans) {
    if (base::SystemTime().Time() > give_up_at) {
      return DataLoss("{} spans were acknowledged, but {} arrived", sent.spans.load(),
                      sink.span_count());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return {};
}

}  // namespace

Result<Report> BenchForward(const BenchOptions& options) {
  ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Make(options.work_directory));
  ASSIGN_OR_RETURN(const Ports ports, Ports::Free());
  Sink sink;
  TRY(sink.Start("127.0.0.1:0"));
  ASSIGN_OR_RETURN(const auto forwarder,
                   ServerProcess::Start(
                       ForwardingServerArguments(ports, fmt::format("127.0.0.1:{}", sink.port())),
                       ports, workspace.path() + "/forwarder.log"));
  const std::vector<Request> requests = MakeRequests(options.seed);
  const std::uint64_t wanted = options.span_count == 0 ? kSpanCount : options.span_count;
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts before, forwarder->Facts());
  const auto begin = base::SystemTime().Time();
  const auto end = options.span_count == 0 ? begin + kSendTimeMax : Deadline::max();
  Sent sent;
  {
    TRY(base::CheckThreads(kSenderCount));
    std::vector<std::jthread> senders;
    for (std::size_t i = 0; i < kSenderCount; ++i) {
      senders.emplace_back(
          [&] { SendUntil(wanted, end, fmt::format("127.0.0.1:{}", ports.grpc), requests, sent); });
    }
  }
  if (sent.has_failed) {
    return Internal("the forwarder refused a request for good");
  }
  TRY(AwaitArrival(sink, sent));
  const double seconds = std::chrono::duration<double>(base::SystemTime().Time() - begin).count();
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts after, forwarder->Facts());
  TRY(forwarder->Stop());
  const auto spans = static_cast<double>(sent.spans);
  const double cpu_seconds = after.cpu_seconds - before.cpu_seconds;
  Report report("forward", "spans/s/core");
  report.SetValue(spans / cpu_seconds);
  report.Add("forwarder_cpu_seconds", cpu_seconds);
  report.Add("forwarder_rss_max_bytes", after.rss_bytes_max);
  report.Add("spans", spans);
  report.Add("arrived", static_cast<double>(sink.span_count()));
  report.Add("bytes_per_span", static_cast<double>(sent.bytes) / spans);
  report.Add("wall_seconds", seconds);
  report.Add("spans_per_second", spans / seconds);
  report.Add("retries", static_cast<double>(sent.retries));
  return report;
}

}  // namespace clew::app::bench
