#include <chrono>
#include <filesystem>
#include <utility>

#include "api/client/query_client.h"
#include "app/bench/benches.h"
#include "app/bench/load.h"
#include "app/bench/measure.h"
#include "app/bench/workspace.h"

namespace clew::app::bench {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kBlockCount = 2000;
// As many as a block has, a little fewer so that they are one.
constexpr std::uint64_t kBlockSpanCount = 500'000;
constexpr std::uint64_t kOwnSpanCount = 20'000;
// Lists and searches may take seconds each.
constexpr Rounds kFewRounds{.warm_up_count = 2, .count = 30, .time_max = std::chrono::seconds(15)};
constexpr Rounds kRounds{.warm_up_count = 20, .count = 300, .time_max = std::chrono::seconds(20)};

double SecondsSince(Deadline begin) {
  return std::chrono::duration<double>(base::SystemTime().Time() - begin).count();
}

/// The traces that lie in a block of their own.
struct OwnTraces {
  workload::Generator generator;
  std::uint64_t trace_count = 0;
};

struct Folder {
  std::string path;

  Result<std::unique_ptr<ServerProcess>> Serve() const {
    ASSIGN_OR_RETURN(const Ports ports, Ports::Free());
    return ServerProcess::Start(StoringServerArguments(ports, path + "/data"), ports,
                                path + "/server.log");
  }
};

/// Sends spans and has the server make one block of them, or a few.
Result<LoadResult> Fill(ServerProcess& server, std::uint64_t span_count, std::uint64_t seed) {
  const LoadOptions options{.endpoint = fmt::format("127.0.0.1:{}", server.ports().grpc),
                            .span_count = span_count,
                            .sender_count = 1,
                            .seed = seed,
                            .start = base::SystemClock().Now()};
  ASSIGN_OR_RETURN(LoadResult load, SendLoad(options));
  TRY(server.Flush());
  return load;
}

Result<fs::path> LargestBlock(const Folder& folder) {
  fs::path largest;
  std::uintmax_t size = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path + "/data")) {
    if (entry.path().extension() != ".block" || entry.file_size() < size) continue;
    largest = entry.path();
    size = entry.file_size();
  }
  if (largest.empty()) return NotFound("there is no block below {}", folder.path);
  return largest;
}

/// Links to `block`, beside it, under names of other blocks.
Status MakeLinks(const fs::path& block, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = block.filename().string().substr(0, 16);
    std::error_code error;
    fs::create_hard_link(block, block.parent_path() / fmt::format("{}-{:016x}.block", name, i),
                         error);
    if (error) return Unavailable("cannot link {}: {}", block.string(), error.message());
  }
  return {};
}

Result<OwnTraces> FillFolder(const Folder& folder, const BenchOptions& options) {
  ASSIGN_OR_RETURN(const auto server, folder.Serve());
  const std::uint64_t span_count = options.span_count > 0 ? options.span_count : kBlockSpanCount;
  TRY(Fill(*server, span_count, options.seed));
  ASSIGN_OR_RETURN(const fs::path block, LargestBlock(folder));
  ASSIGN_OR_RETURN(const LoadResult own, Fill(*server, kOwnSpanCount, options.seed + 1));
  TRY(server->Stop());
  TRY(MakeLinks(block, kBlockCount - 2));
  return OwnTraces{.generator = workload::Generator(own.senders.front().generator),
                   .trace_count = own.senders.front().facts.trace_count};
}

/// Seconds until a server over the folder is ready, and how much memory it has then.
Result<std::unique_ptr<ServerProcess>> Open(const Folder& folder, std::string_view name,
                                            Report& report) {
  const auto begin = base::SystemTime().Time();
  ASSIGN_OR_RETURN(std::unique_ptr<ServerProcess> server, folder.Serve());
  report.Add(fmt::format("{}_start_s", name), SecondsSince(begin));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts facts, server->Facts());
  report.Add(fmt::format("{}_rss_mib", name), facts.rss_bytes / (1u << 20));
  return server;
}

Status AskForTraces(const ServerProcess& server, OwnTraces own, std::uint64_t seed,
                    Report& report) {
  ASSIGN_OR_RETURN(const auto http, MakeHttp());
  workload::Dice dice(seed);
  const auto ask = [&](const TraceId& id, int expected) -> Status {
    ASSIGN_OR_RETURN(const net::HttpClientResponse response, http->Get(TraceUrl(server, id)));
    return response.status == expected
               ? Status()
               : DataLoss("trace {}: status {}, not {}", id.ToHex(), response.status, expected);
  };
  const auto first = base::SystemTime().Time();
  TRY(ask(own.generator.TraceIdAt(0), 200));
  report.Add("first_trace_by_id_ms", SecondsSince(first) * 1000);
  ASSIGN_OR_RETURN(const std::vector<double> found, Measure(kRounds, [&](std::size_t) {
                     return ask(own.generator.TraceIdAt(dice.Below(own.trace_count)), 200);
                   }));
  report.SetValue(Percentile(found, 0.5));
  AddPercentiles(report, "trace_by_id", found);
  workload::Dice absent_dice(~seed);
  ASSIGN_OR_RETURN(const std::vector<double> absent,
                   Measure(kRounds, [&](std::size_t) { return ask(RandomId(absent_dice), 404); }));
  AddPercentiles(report, "absent", absent);
  return {};
}

Status AskForLists(const ServerProcess& server, const OwnTraces& own, Report& report) {
  ASSIGN_OR_RETURN(
      const auto client,
      api::client::QueryClient::Create(
          {.server = fmt::format("127.0.0.1:{}", server.ports().jaeger), .tenant = {}}));
  ASSIGN_OR_RETURN(const std::vector<double> services,
                   Measure(kFewRounds, [&](std::size_t) -> Status {
                     ASSIGN_OR_RETURN(const auto names, client->Services());
                     return names.empty() ? DataLoss("there are no services") : Status();
                   }));
  AddPercentiles(report, "services", services);
  const auto& known = own.generator.catalogue().services;
  ASSIGN_OR_RETURN(const std::vector<double> operations,
                   Measure(kFewRounds, [&](std::size_t i) -> Status {
                     const std::string& service = known[i % 8].name;
                     ASSIGN_OR_RETURN(const auto names, client->Operations(service));
                     return names.empty() ? DataLoss("{} has no operations", service) : Status();
                   }));
  AddPercentiles(report, "operations", operations);
  const UnixNanos now = base::SystemClock().Now();
  const Nanos day = std::chrono::hours(24);
  ASSIGN_OR_RETURN(const std::vector<double> absent,
                   Measure(kFewRounds, [&](std::size_t i) -> Status {
                     api::client::SearchCall call{.start_min = now - day.count(),
                                                  .start_max = now + day.count()};
                     call.terms.tags = {{"user.id", fmt::format("nobody-{}", i)}};
                     ASSIGN_OR_RETURN(const auto traces, client->Search(call));
                     return traces.empty() ? Status() : base::Internal("nobody has traces");
                   }));
  AddPercentiles(report, "absent_value", absent);
  return {};
}

}  // namespace

Result<Report> BenchBlocks(const BenchOptions& options) {
  ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Make(options.work_directory));
  const Folder folder{workspace.path()};
  ASSIGN_OR_RETURN(const OwnTraces own, FillFolder(folder, options));
  Report report("blocks", "ms");
  // The first start meets blocks that it does not know.
  ASSIGN_OR_RETURN(std::unique_ptr<ServerProcess> server, Open(folder, "first", report));
  TRY(server->Stop());
  ASSIGN_OR_RETURN(server, Open(folder, "second", report));
  ASSIGN_OR_RETURN(const double blocks, server->Metric("clew_blocks"));
  report.Add("blocks", blocks);
  TRY(AskForTraces(*server, own, options.seed, report));
  TRY(AskForLists(*server, own, report));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts facts, server->Facts());
  report.Add("rss_mib", facts.rss_bytes / (1u << 20));
  report.Add("rss_mib_max", facts.rss_bytes_max / (1u << 20));
  TRY(server->Stop());
  return report;
}

}  // namespace clew::app::bench
