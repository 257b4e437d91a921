#include <chrono>

#include "api/client/query_client.h"
#include "app/bench/benches.h"
#include "app/bench/measure.h"
#include "app/bench/query_data.h"
#include "app/bench/workspace.h"
#include "app/send/otlp_client.h"
#include "workload/dice.h"
#include "workload/protobuf_text.h"

namespace clew::app::bench {
namespace {

constexpr std::size_t kWarmUpCount = 20;
constexpr std::size_t kTraceQueryCount = 300;
constexpr std::size_t kSearchCount = 60;
constexpr Rounds kTraceRounds{.warm_up_count = kWarmUpCount, .count = kTraceQueryCount};
constexpr Rounds kSearchRounds{.warm_up_count = kWarmUpCount, .count = kSearchCount};
constexpr Rounds kDependenciesRounds{.warm_up_count = 1, .count = 5};
constexpr UnixNanos kNanosPerMilli = 1'000'000;
constexpr std::size_t kSearchLimit = 20;
constexpr std::size_t kLatencyCount = 300;
constexpr std::size_t kScanCount = 20;
constexpr auto kFoundTimeout = std::chrono::seconds(10);
constexpr auto kSendTimeout = std::chrono::seconds(30);

double MillisSince(Deadline begin) {
  return std::chrono::duration<double, std::milli>(base::SystemTime().Time() - begin).count();
}

/// One request with one span, for the time until it is found.
std::string OneSpanRequest(const TraceId& id, UnixNanos now) {
  using namespace workload;  // NOLINT(google-build-using-namespace): a scope of a few lines
  const std::string_view id_bytes(reinterpret_cast<const char*>(id.bytes.data()), 16);
  std::string span;
  AppendText(span, 1, id_bytes);
  AppendText(span, 2, id_bytes.substr(8));
  AppendText(span, 5, "ping");
  AppendFixed64(span, 7, static_cast<std::uint64_t>(now));
  AppendFixed64(span, 8, static_cast<std::uint64_t>(now + 1'000));
  std::string scope_spans;
  AppendText(scope_spans, 2, span);
  std::string resource;
  AppendStringAttribute(resource, 1, "service.name", "latency-probe");
  std::string resource_spans;
  AppendText(resource_spans, 1, resource);
  AppendText(resource_spans, 2, scope_spans);
  std::string request;
  AppendText(request, 1, resource_spans);
  return request;
}

/// What no filter and no statistics of a block can rule out: the pattern "no[b]ody" in the
/// attribute user.id of spans, of all times.
std::string WholeScanUrl(const ServerProcess& server) {
  return fmt::format(
      "http://127.0.0.1:{}/api/v3/trace-summaries?query.startTimeMin=1970-01-01T00:00:00Z"
      "&query.startTimeMax=2200-01-01T00:00:00Z&query.filter=%7B%22op%22:%22regex%22,%22args%22:"
      "%5B%7B%22attr%22:%7B%22key%22:%22user.id%22,%22level%22:%22span%22%7D%7D,%7B%22scalar%22:"
      "%7B%22value%22:%22no%5Bb%5Dody%22%7D%7D%5D%7D",
      server.ports().jaeger);
}

/// Scans every span, first with nothing decoded, then again.
Status MeasureWholeScan(const ServerProcess& server, Report& report) {
  ASSIGN_OR_RETURN(const auto http, MakeHttp());
  const auto scan = [&]() -> Result<double> {
    const Deadline begin = base::SystemTime().Time();
    ASSIGN_OR_RETURN(const net::HttpClientResponse response, http->Get(WholeScanUrl(server)));
    if (response.status != 200 || response.body != "{\"summaries\":[]}") {
      return base::Internal("nobody has traces: {}", response.body);
    }
    return MillisSince(begin);
  };
  ASSIGN_OR_RETURN(const double cold, scan());
  std::vector<double> warm;
  for (std::size_t i = 0; i < kScanCount; ++i) {
    ASSIGN_OR_RETURN(const double millis, scan());
    warm.push_back(millis);
  }
  report.Add("whole_scan_cold_ms", cold);
  report.Add("whole_scan_warm_ms_p50", Percentile(warm, 0.5));
  return {};
}

/// The list of services, and the calls between all of them.
Status MeasureWholeStore(const QueryData& data, api::client::QueryClient& client, Report& report) {
  ASSIGN_OR_RETURN(const std::vector<double> services,
                   Measure(kSearchRounds, [&](std::size_t) -> Status {
                     ASSIGN_OR_RETURN(const auto names, client.Services());
                     return names.empty() ? DataLoss("there are no services") : Status();
                   }));
  AddPercentiles(report, "services", services);
  ASSIGN_OR_RETURN(const auto http, MakeHttp());
  const std::string url = fmt::format("http://127.0.0.1:{}/api/dependencies?endTs={}&lookback={}",
                                      data.server->ports().jaeger, data.end / kNanosPerMilli,
                                      (data.end - data.start) / kNanosPerMilli + 1);
  ASSIGN_OR_RETURN(const std::vector<double> dependencies,
                   Measure(kDependenciesRounds, [&](std::size_t) -> Status {
                     ASSIGN_OR_RETURN(const auto response, http->Get(url));
                     return response.status == 200 && response.body.contains("callCount")
                                ? Status()
                                : base::Internal("there are no calls: {}", response.body);
                   }));
  AddPercentiles(report, "dependencies", dependencies);
  return {};
}

/// Sends a span and gives the milliseconds from its acknowledgement until it is found.
Result<double> ProbeLatency(send::OtlpClient& client, net::HttpClient& http,
                            const ServerProcess& server, const TraceId& id) {
  const Bytes request(OneSpanRequest(id, base::SystemClock().Now()));
  TRY(client.Send(request, base::SystemTime().Time() + kSendTimeout));
  const auto acknowledged = base::SystemTime().Time();
  while (base::SystemTime().Time() < acknowledged + kFoundTimeout) {
    ASSIGN_OR_RETURN(const net::HttpClientResponse response, http.Get(TraceUrl(server, id)));
    if (response.status == 200) {
      return MillisSince(acknowledged);
    }
  }
  return DataLoss("trace {} was acknowledged, but is not found", id.ToHex());
}

}  // namespace

Result<Report> BenchTraceById(const BenchOptions& options) {
  ASSIGN_OR_RETURN(QueryData data, OpenQueryData(options));
  std::vector<workload::Generator> generators;
  for (const workload::GeneratorOptions& generator : data.generators) {
    generators.emplace_back(generator);
  }
  ASSIGN_OR_RETURN(const auto http, MakeHttp());
  workload::Dice dice(options.seed);
  std::uint64_t byte_count = 0;
  ASSIGN_OR_RETURN(
      const std::vector<double> millis, Measure(kTraceRounds, [&](std::size_t) -> Status {
        const std::size_t sender = dice.Below(generators.size());
        const TraceId id = generators[sender].TraceIdAt(dice.Below(data.trace_counts[sender]));
        ASSIGN_OR_RETURN(const net::HttpClientResponse response,
                         http->Get(TraceUrl(*data.server, id)));
        byte_count += response.body.size();
        return response.status == 200
                   ? Status()
                   : NotFound("trace {} is not found: status {}", id.ToHex(), response.status);
      }));
  // Traces of another seed.
  workload::Dice absent_dice(~options.seed);
  ASSIGN_OR_RETURN(
      const std::vector<double> absent, Measure(kTraceRounds, [&](std::size_t) -> Status {
        const TraceId id = RandomId(absent_dice);
        ASSIGN_OR_RETURN(const net::HttpClientResponse response,
                         http->Get(TraceUrl(*data.server, id)));
        return response.status == 404
                   ? Status()
                   : DataLoss("trace {} is not absent: status {}", id.ToHex(), response.status);
      }));
  TRY(data.server->Stop());
  Report report("trace-by-id", "ms");
  report.SetValue(Percentile(millis, 0.5));
  AddPercentiles(report, "trace_by_id", millis);
  AddPercentiles(report, "absent", absent);
  report.Add("queries", static_cast<double>(millis.size()));
  report.Add("bytes_per_answer",
             static_cast<double>(byte_count) / static_cast<double>(millis.size() + kWarmUpCount));
  report.Add("spans", static_cast<double>(data.span_count));
  return report;
}

Result<Report> BenchSearch(const BenchOptions& options) {
  ASSIGN_OR_RETURN(QueryData data, OpenQueryData(options));
  const workload::Generator generator(data.generators.front());
  const auto& services = generator.catalogue().services;
  ASSIGN_OR_RETURN(
      const auto client,
      api::client::QueryClient::Create(
          {.server = fmt::format("127.0.0.1:{}", data.server->ports().jaeger), .tenant = {}}));
  Report report("search", "ms");
  TRY(MeasureWholeScan(*data.server, report));
  std::uint64_t found_count = 0;
  const auto search = [&](std::size_t index, bool has_service,
                          std::vector<query::Tag> tags) -> Status {
    api::client::SearchCall call{
        .start_min = data.start, .start_max = data.end, .limit = kSearchLimit};
    if (has_service) call.terms.service = services[index % 8].name;
    call.terms.tags = std::move(tags);
    ASSIGN_OR_RETURN(const auto traces, client->Search(call));
    found_count += traces.size();
    return {};
  };
  const auto tenant_of = [](std::size_t index) {
    return std::vector<query::Tag>{
        {.key = "tenant.id", .value = fmt::format("tenant-{:04}", index % 300)}};
  };
  ASSIGN_OR_RETURN(const std::vector<double> by_service,
                   Measure(kSearchRounds, [&](std::size_t i) { return search(i, true, {}); }));
  ASSIGN_OR_RETURN(
      const std::vector<double> by_attribute,
      Measure(kSearchRounds, [&](std::size_t i) { return search(i, false, tenant_of(i)); }));
  ASSIGN_OR_RETURN(const std::vector<double> by_both, Measure(kSearchRounds, [&](std::size_t i) {
                     return search(i, true, tenant_of(i));
                   }));
  const std::uint64_t found_somewhere = found_count;
  ASSIGN_OR_RETURN(const std::vector<double> absent, Measure(kSearchRounds, [&](std::size_t i) {
                     return search(i, false, {{"user.id", fmt::format("nobody-{}", i)}});
                   }));
  if (found_count != found_somewhere) return base::Internal("nobody has traces");
  TRY(MeasureWholeStore(data, *client, report));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts facts, data.server->Facts());
  TRY(data.server->Stop());
  report.SetValue(Percentile(by_both, 0.5));
  AddPercentiles(report, "service_and_attribute", by_both);
  AddPercentiles(report, "service", by_service);
  AddPercentiles(report, "attribute", by_attribute);
  AddPercentiles(report, "absent_value", absent);
  report.Add("rss_mib", facts.rss_bytes / (1u << 20));
  report.Add("rss_mib_max", facts.rss_bytes_max / (1u << 20));
  report.Add("queries_each", static_cast<double>(kSearchCount));
  report.Add("traces_per_answer", static_cast<double>(found_count) /
                                      static_cast<double>(3 * (kSearchCount + kWarmUpCount)));
  report.Add("spans", static_cast<double>(data.span_count));
  return report;
}

Result<Report> BenchSearchableLatency(const BenchOptions& options) {
  ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Make(options.work_directory));
  ASSIGN_OR_RETURN(const Ports ports, Ports::Free());
  ASSIGN_OR_RETURN(const auto server,
                   ServerProcess::Start(StoringServerArguments(ports, workspace.path() + "/data"),
                                        ports, workspace.path() + "/server.log"));
  ASSIGN_OR_RETURN(const auto client,
                   send::OtlpClient::Create(
                       {.endpoint = fmt::format("127.0.0.1:{}", ports.grpc), .headers = {}}));
  ASSIGN_OR_RETURN(const auto http, MakeHttp());
  workload::Dice dice(options.seed ^ static_cast<std::uint64_t>(base::SystemClock().Now()));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts before, server->Facts());
  std::vector<double> millis;
  for (std::size_t i = 0; i < kWarmUpCount + kLatencyCount; ++i) {
    const TraceId id = RandomId(dice);
    ASSIGN_OR_RETURN(const double latency, ProbeLatency(*client, *http, *server, id));
    if (i >= kWarmUpCount) {
      millis.push_back(latency);
    }
  }
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts after, server->Facts());
  TRY(server->Stop());
  Report report("searchable-latency", "ms");
  report.SetValue(Percentile(millis, 0.99));
  AddPercentiles(report, "found", millis);
  report.Add("probes", static_cast<double>(millis.size()));
  report.Add("server_cpu_seconds", after.cpu_seconds - before.cpu_seconds);
  return report;
}

}  // namespace clew::app::bench
