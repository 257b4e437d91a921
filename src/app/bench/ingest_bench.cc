#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>

#include "app/bench/benches.h"
#include "app/bench/load.h"
#include "app/bench/server_process.h"
#include "app/bench/verify_load.h"
#include "app/bench/workspace.h"

namespace clew::app::bench {
namespace {

constexpr std::uint64_t kIngestSpans = 3'000'000;
constexpr std::uint64_t kStoredSizeSpans = 2'000'000;
constexpr double kMemoryRate = 100'000;
constexpr double kMemorySeconds = 60;

std::string Local(std::uint16_t port) { return fmt::format("127.0.0.1:{}", port); }

/// A storing server in a folder of its own.
struct StoringServer {
  Workspace workspace;
  std::unique_ptr<ServerProcess> process;
  std::string data_directory;

  static Result<StoringServer> Start(const BenchOptions& options) {
    ASSIGN_OR_RETURN(Workspace workspace, Workspace::Make(options.work_directory));
    ASSIGN_OR_RETURN(const Ports ports, Ports::Free());
    std::string data = workspace.path() + "/data";
    ASSIGN_OR_RETURN(auto process, ServerProcess::Start(StoringServerArguments(ports, data), ports,
                                                        workspace.path() + "/server.log"));
    return StoringServer{std::move(workspace), std::move(process), std::move(data)};
  }
};

UnixNanos Now() { return base::SystemClock().Now(); }

void AddLoad(Report& report, const LoadResult& load) {
  const auto spans = static_cast<double>(load.span_count);
  report.Add("spans", spans);
  report.Add("bytes_per_span", static_cast<double>(load.request_bytes) / spans);
  report.Add("wall_seconds", load.seconds);
  report.Add("spans_per_second", spans / load.seconds);
  report.Add("ack_ms_p50", Percentile(load.ack_millis, 0.5));
  report.Add("ack_ms_p99", Percentile(load.ack_millis, 0.99));
  report.Add("retries", static_cast<double>(load.retry_count));
}

}  // namespace

Result<Report> BenchIngest(const BenchOptions& options) {
  ASSIGN_OR_RETURN(StoringServer server, StoringServer::Start(options));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts before, server.process->Facts());
  ASSIGN_OR_RETURN(
      const LoadResult load,
      SendLoad({.endpoint = Local(server.process->ports().grpc),
                .span_count = options.span_count == 0 ? kIngestSpans : options.span_count,
                .time_max = options.span_count == 0 ? kSendTimeMax : Nanos(0),
                .seed = options.seed,
                .start = Now()}));
  TRY(server.process->Flush());
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts after, server.process->Facts());
  TRY(VerifyLoad(*server.process, load));
  TRY(server.process->Stop());
  const double cpu_seconds = after.cpu_seconds - before.cpu_seconds;
  Report report("ingest", "spans/s/core");
  report.SetValue(static_cast<double>(load.span_count) / cpu_seconds);
  report.Add("server_cpu_seconds", cpu_seconds);
  report.Add("server_rss_max_bytes", after.rss_bytes_max);
  report.Add("stored_bytes_per_span",
             static_cast<double>(SizeBelow(server.data_directory, "/blocks/")) /
                 static_cast<double>(load.span_count));
  AddLoad(report, load);
  return report;
}

Result<Report> BenchStoredSize(const BenchOptions& options) {
  ASSIGN_OR_RETURN(StoringServer server, StoringServer::Start(options));
  ASSIGN_OR_RETURN(
      const LoadResult load,
      SendLoad({.endpoint = Local(server.process->ports().grpc),
                .span_count = options.span_count == 0 ? kStoredSizeSpans : options.span_count,
                .time_max = options.span_count == 0 ? kSendTimeMax : Nanos(0),
                .seed = options.seed,
                .start = Now()}));
  TRY(server.process->Flush());
  TRY(VerifyLoad(*server.process, load));
  TRY(server.process->Stop());
  const auto stored = static_cast<double>(SizeBelow(server.data_directory, "/blocks/"));
  Report report("stored-size", "bytes/span");
  report.SetValue(stored / static_cast<double>(load.span_count));
  report.Add("stored_bytes", stored);
  report.Add("ratio", static_cast<double>(load.request_bytes) / stored);
  AddLoad(report, load);
  return report;
}

Result<Report> BenchMemory(const BenchOptions& options) {
  ASSIGN_OR_RETURN(StoringServer server, StoringServer::Start(options));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts before, server.process->Facts());
  ASSIGN_OR_RETURN(
      const LoadResult load,
      SendLoad({.endpoint = Local(server.process->ports().grpc),
                .span_count = options.span_count == 0
                                  ? static_cast<std::uint64_t>(kMemoryRate * kMemorySeconds)
                                  : options.span_count,
                .spans_per_second = kMemoryRate,
                .seed = options.seed,
                .start = Now()}));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts after, server.process->Facts());
  TRY(VerifyLoad(*server.process, load));
  TRY(server.process->Stop());
  Report report("memory", "bytes");
  report.SetValue(after.rss_bytes_max);
  report.Add("mib", after.rss_bytes_max / (1 << 20));
  report.Add("rss_at_end_bytes", after.rss_bytes);
  report.Add("rss_at_start_bytes", before.rss_bytes);
  report.Add("server_cpu_seconds", after.cpu_seconds - before.cpu_seconds);
  AddLoad(report, load);
  return report;
}

}  // namespace clew::app::bench
