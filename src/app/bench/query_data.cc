#include "app/bench/query_data.h"

#include <chrono>
#include <cstdio>
#include <fstream>

#include "app/bench/made_data.h"

namespace clew::app::bench {
namespace {

constexpr std::size_t kSenderCount = 4;
constexpr double kSpansPerSecond = 100'000;
/// How long ago the first span started: questions of metrics leave out the newest spans.
constexpr UnixNanos kAge = 3'600'000'000'000;
constexpr UnixNanos kMargin = 60'000'000'000;
constexpr std::uint64_t kSpanCountMax = 10'000'000;

/// What the folder holds, in a file beside the data; written last.
struct Manifest {
  std::uint64_t wanted_count = 0;  // 0: as many as there was time for
  std::uint64_t seed = 0;
  UnixNanos start = 0;
  std::uint64_t span_count = 0;
  std::vector<std::uint64_t> trace_counts;
};

bool ReadManifest(const std::string& path, Manifest& manifest) {
  std::ifstream file(path);
  file >> manifest.wanted_count >> manifest.seed >> manifest.start >> manifest.span_count;
  for (std::size_t i = 0; i < kSenderCount; ++i) {
    file >> manifest.trace_counts.emplace_back();
  }
  return file.good();
}

Status WriteManifest(const std::string& path, const Manifest& manifest) {
  std::ofstream file(path);
  file << manifest.wanted_count << ' ' << manifest.seed << ' ' << manifest.start << ' '
       << manifest.span_count << '\n';
  for (const std::uint64_t count : manifest.trace_counts) {
    file << count << '\n';
  }
  file.close();
  return file.good() ? Status() : Unavailable("cannot write {}", path);
}

LoadOptions LoadOf(const Manifest& manifest, const std::string& endpoint) {
  const bool is_told = manifest.wanted_count > 0;
  return {.endpoint = endpoint,
          .span_count = is_told ? manifest.wanted_count : kSpanCountMax,
          .time_max = is_told ? Nanos(0) : kSendTimeMax,
          .sender_count = kSenderCount,
          .seed = manifest.seed,
          .start = manifest.start};
}

Status Fill(ServerProcess& server, Manifest& manifest) {
  ASSIGN_OR_RETURN(const LoadResult load,
                   SendLoad(LoadOf(manifest, fmt::format("127.0.0.1:{}", server.ports().grpc))));
  TRY(server.Flush());
  manifest.span_count = load.span_count;
  for (const SenderFacts& sender : load.senders) {
    manifest.trace_counts.push_back(sender.facts.trace_count);
  }
  return {};
}

std::string ManifestPath(const std::string& directory) { return directory + "/bench.txt"; }

}  // namespace

std::optional<std::uint64_t> SeedOfQueryData(const std::string& directory) {
  Manifest manifest;
  if (!ReadManifest(ManifestPath(directory), manifest)) return std::nullopt;
  return manifest.seed;
}

Result<std::unique_ptr<ServerProcess>> QueryData::StartServer() const {
  ASSIGN_OR_RETURN(const Ports ports, Ports::Free());
  return ServerProcess::Start(StoringServerArguments(ports, directory + "/data"), ports,
                              directory + "/server.log");
}

Result<QueryData> OpenQueryData(const BenchOptions& options) {
  const std::string directory = options.data_directory.empty()
                                    ? options.work_directory + "/bench-data"
                                    : options.data_directory;
  const std::string manifest_path = ManifestPath(directory);
  Manifest manifest;
  const bool is_built = ReadManifest(manifest_path, manifest) && manifest.seed == options.seed &&
                        (options.span_count == 0 || manifest.wanted_count == options.span_count);
  if (!is_built) {
    TRY(ReplaceMadeData(directory + "/data", manifest_path));
    manifest = {.wanted_count = options.span_count,
                .seed = options.seed,
                .start = base::SystemClock().Now() - kAge,
                .span_count = 0,
                .trace_counts = {}};
  }
  QueryData data;
  data.directory = directory;
  ASSIGN_OR_RETURN(data.server, data.StartServer());
  if (!is_built) {
    TRY(Fill(*data.server, manifest));
    TRY(WriteManifest(manifest_path, manifest));
  }
  data.span_count = manifest.span_count;
  data.start = manifest.start - kMargin;
  data.end =
      manifest.start + kMargin +
      static_cast<UnixNanos>(static_cast<double>(manifest.span_count) * 1e9 / kSpansPerSecond);
  for (std::size_t i = 0; i < kSenderCount; ++i) {
    data.generators.push_back(SenderGenerator(LoadOf(manifest, {}), i));
  }
  data.trace_counts = manifest.trace_counts;
  return data;
}

}  // namespace clew::app::bench
