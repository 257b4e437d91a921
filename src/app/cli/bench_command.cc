#include "app/bench/benches.h"
#include "app/cli/commands.h"

namespace clew::app::cli {

int RunBench(const BenchOptions& options, const Terminal& terminal) {
  bench::BenchOptions bench_options;
  bench_options.data_directory = options.data_directory;
  bench_options.span_count = options.span_count;
  bench_options.seed = options.seed;
  bench_options.thread_count = options.thread_count;
  bench_options.question = options.question;
  const auto report = bench::RunBenchByName(options.name, bench_options);
  if (!report.has_value()) {
    terminal.PrintError(report.error().message);
    return kExitFailed;
  }
  terminal.Print(report->ToText());
  return kExitDone;
}

}  // namespace clew::app::cli
