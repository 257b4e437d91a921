#include <unistd.h>

#include <csignal>

#include "app/bench/benches.h"
#include "app/bench/workspace.h"
#include "app/cli/commands.h"
#include "app/signals.h"

namespace clew::app::cli {

int RunBench(const BenchOptions& options, const Terminal& terminal) {
  // A bench that is broken off leaves no folder behind.
  BlockSignals();
  const SignalWatcher stops({SIGINT, SIGTERM, SIGHUP}, [](int signal) {
    bench::Workspace::RemoveAll();
    _exit(128 + signal);
  });
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
