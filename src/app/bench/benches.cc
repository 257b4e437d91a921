#include "app/bench/benches.h"

#include <array>
#include <utility>

namespace clew::app::bench {
namespace {

using Run = Result<Report> (*)(const BenchOptions&);

constexpr std::array<std::pair<const char*, Run>, 12> kBenches = {{
    {"decode", BenchDecode},
    {"ingest", BenchIngest},
    {"forward", BenchForward},
    {"memory", BenchMemory},
    {"stored-size", BenchStoredSize},
    {"trace-by-id", BenchTraceById},
    {"search", BenchSearch},
    {"query", BenchQuery},
    {"searchable-latency", BenchSearchableLatency},
    {"blocks", BenchBlocks},
    {"scan", BenchScan},
    {"edit", BenchEdit},
}};

}  // namespace

std::vector<std::string> BenchNames() {
  std::vector<std::string> names;
  for (const auto& bench : kBenches) {
    names.emplace_back(bench.first);
  }
  return names;
}

Result<Report> RunBenchByName(const std::string& name, const BenchOptions& options) {
  for (const auto& [bench, run] : kBenches) {
    if (name == bench) {
      return run(options);
    }
  }
  return InvalidArgument("no bench \"{}\"", name);
}

}  // namespace clew::app::bench
