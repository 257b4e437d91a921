#include <fmt/ranges.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "app/bench/benches.h"
#include "app/bench/measure.h"
#include "app/bench/scan_data.h"
#include "app/bench/self_process.h"
#include "base/metrics.h"
#include "scan/evaluate.h"
#include "workload/generator.h"

namespace clew::app::bench {
namespace {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Op;
using expr::Scope;

constexpr std::uint64_t kSpanCount = 10'000'000;
/// More than all that these questions decode.
constexpr std::uint64_t kCacheBytes = 4ull << 30;
/// How often all spans are scanned for a figure.
constexpr std::uint64_t kWarmPasses = 40;
constexpr std::size_t kColdRuns = 3;
constexpr std::size_t kSealedRowGroups = 4;
constexpr std::size_t kThreadsACoreMax = 4;
constexpr const char* kPatternKey = "user.id";

struct Question {
  std::string name;
  Expression condition;
};

Result<std::vector<Question>> Questions() {
  const Expression tenant = expr::Compare(Op::kEqual, expr::Attribute(Scope::kSpan, "tenant.id"),
                                          Literal::String("tenant-0001"));
  const Expression slow =
      expr::Compare(Op::kGreater, expr::Of(Field::kDuration), Literal::Int(50'000'000));
  ASSIGN_OR_RETURN(const expr::PatternPtr pattern, expr::Pattern::Compile("[13]7.*9"));
  return std::vector<Question>{
      {"coded", tenant},
      {"range", slow},
      {"two", expr::And({tenant, slow})},
      {"pattern", expr::Matches(expr::Attribute(Scope::kSpan, kPatternKey), pattern)}};
}

/// The row groups of all blocks, with a cache of their own.
class Sources {
 public:
  explicit Sources(const ScanData& data)
      : objects_(storage::ReadLocalObjectStore(data.directory)) {}

  Status Open(const ScanData& data) {
    for (const std::string& name : data.names) {
      ASSIGN_OR_RETURN(const auto block,
                       storage::OpenBlock({*objects_, cache_, directories_}, name));
      all_.insert(all_.end(), block->sources.begin(), block->sources.end());
    }
    return {};
  }
  const std::vector<scan::SpanSourcePtr>& all() const { return all_; }

 private:
  const std::unique_ptr<storage::ObjectStore> objects_;
  base::Metrics metrics_;
  storage::ScanCache cache_{kCacheBytes, metrics_};
  base::Metrics directory_metrics_;
  storage::ScanCache directories_{kCacheBytes, directory_metrics_};
  std::vector<scan::SpanSourcePtr> all_;
};

double Seconds() {
  return std::chrono::duration<double>(base::SystemTime().Time().time_since_epoch()).count();
}

/// What scanning took and found, of all threads together.
struct Scanned {
  std::uint64_t spans = 0;
  std::uint64_t found = 0;
  double cpu_seconds = 0;
  double seconds = 0;

  double PerCore() const { return static_cast<double>(spans) / cpu_seconds; }
  double InAll() const { return static_cast<double>(spans) / seconds; }
};

/// Threads take the next row group each, until all were scanned `passes` times.
Result<Scanned> Scan(const std::vector<scan::SpanSourcePtr>& sources, const Expression& condition,
                     std::uint64_t passes, std::size_t thread_count) {
  std::atomic<std::uint64_t> next = 0;
  std::vector<Result<Scanned>> of_threads(thread_count, Scanned());
  const auto run = [&](Result<Scanned>* out) {
    Scanned scanned;
    for (std::uint64_t i = next++; i < sources.size() * passes; i = next++) {
      const scan::SpanSource& source = *sources[i % sources.size()];
      const auto truth = scan::Evaluate(condition, source);
      if (!truth.has_value()) {
        *out = std::unexpected(truth.error());
        return;
      }
      scanned.spans += source.stats().span_count;
      scanned.found += truth->holds.Rows().size();
    }
    *out = scanned;
  };
  const double cpu_begin = OwnCpuSeconds();
  const double begin = Seconds();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < thread_count; ++i) threads.emplace_back(run, &of_threads[i]);
    run(of_threads.data());
  }
  Scanned all{.cpu_seconds = OwnCpuSeconds() - cpu_begin, .seconds = Seconds() - begin};
  for (const Result<Scanned>& of_thread : of_threads) {
    ASSIGN_OR_RETURN(const Scanned scanned, of_thread);
    all.spans += scanned.spans;
    all.found += scanned.found;
  }
  return all;
}

/// A figure in what the process of a cold scan prints, whose last line is JSON.
double NumberIn(std::string_view output, const std::string& name) {
  const std::size_t at = output.find('"' + name + "\":");
  return at == std::string_view::npos
             ? 0
             : std::strtod(std::string(output.substr(at + name.size() + 3)).c_str(), nullptr);
}

/// In a process of its own, which opens the blocks and asks one question once; the median of some.
Result<Scanned> ScanCold(const BenchOptions& options, const std::string& question) {
  std::vector<Scanned> runs;
  for (std::size_t i = 0; i < kColdRuns; ++i) {
    ASSIGN_OR_RETURN(
        const std::string output,
        RunSelf({"bench", "scan", "--question", question, "--data", options.data_directory,
                 "--spans", std::to_string(options.span_count), "--seed",
                 std::to_string(options.seed), "--threads", std::to_string(options.thread_count)}));
    runs.push_back({.spans = static_cast<std::uint64_t>(NumberIn(output, "spans")),
                    .found = static_cast<std::uint64_t>(NumberIn(output, "found")),
                    .cpu_seconds = NumberIn(output, "cpu_seconds"),
                    .seconds = NumberIn(output, "seconds")});
  }
  std::ranges::sort(runs, {}, &Scanned::cpu_seconds);
  return runs[runs.size() / 2];
}

/// What one process of a cold scan reports.
Result<Report> AskOnce(const BenchOptions& options, const ScanData& data,
                       const Expression& condition) {
  Sources sources(data);
  TRY(sources.Open(data));
  ASSIGN_OR_RETURN(const Scanned scanned, Scan(sources.all(), condition, 1, options.thread_count));
  Report report("scan " + options.question, "spans/s/core");
  report.SetValue(scanned.PerCore());
  report.Add("spans", static_cast<double>(scanned.spans));
  report.Add("found", static_cast<double>(scanned.found));
  report.Add("cpu_seconds", scanned.cpu_seconds);
  report.Add("seconds", scanned.seconds);
  return report;
}

/// How many values the column of the pattern has in all blocks.
Result<std::size_t> DistinctValues(const Sources& sources) {
  std::unordered_set<std::string_view> values;
  std::vector<scan::ColumnPtr> kept;
  for (const auto& source : sources.all()) {
    ASSIGN_OR_RETURN(const auto columns, source->Attribute(model::Owner::kSpan, kPatternKey));
    for (const scan::ColumnPtr& column : columns) {
      for (std::size_t i = 0; i < column->count(); ++i) values.insert(column->TextAt(i));
      kept.push_back(column);
    }
  }
  return values.size();
}

/// Spans a second that are sealed, by one thread and by several.
Status MeasureSealing(const BenchOptions& options, Report& report) {
  workload::Generator generator({.seed = options.seed});
  const std::size_t groups = kSealedRowGroups * options.thread_count;
  ASSIGN_OR_RETURN(const auto batches, MakeBatches(generator, groups));
  double span_count = 0;
  for (const auto& batch : batches) span_count += static_cast<double>(batch->span_count());
  const auto rate = [&](std::size_t thread_count) {
    const double begin = Seconds();
    SealBatches(batches, thread_count);
    return span_count / (Seconds() - begin);
  };
  report.Add("seal_one_thread", rate(1));
  report.Add("seal_all", rate(options.thread_count));
  return {};
}

}  // namespace

Result<Report> BenchScan(const BenchOptions& given) {
  BenchOptions options = given;
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  if (options.thread_count == 0) options.thread_count = cores;
  // Row groups are held for each of them.
  if (options.thread_count > kThreadsACoreMax * cores) {
    return InvalidArgument("{} threads are too many for the {} cores here: at most {} a core",
                           options.thread_count, cores, kThreadsACoreMax);
  }
  if (options.data_directory.empty()) {
    options.data_directory = options.work_directory + "/bench-data";
  }
  if (options.span_count == 0) options.span_count = kSpanCount;
  ASSIGN_OR_RETURN(const std::vector<Question> questions, Questions());
  const auto asked = std::ranges::find(questions, options.question, &Question::name);
  if (!options.question.empty() && asked == questions.end()) {
    return InvalidArgument("no question \"{}\": there are {}", options.question,
                           fmt::join(questions | std::views::transform(&Question::name), ", "));
  }
  ASSIGN_OR_RETURN(const ScanData data, OpenScanData(options));
  if (asked != questions.end()) return AskOnce(options, data, asked->condition);
  Report report("scan", "spans/s/core");
  Sources sources(data);
  TRY(sources.Open(data));
  for (const Question& question : questions) {
    const auto scan = [&](std::uint64_t passes, std::size_t thread_count) {
      return Scan(sources.all(), question.condition, passes, thread_count);
    };
    // Also so that the system has the files in memory when a process reads them cold.
    TRY(scan(1, options.thread_count));
    ASSIGN_OR_RETURN(const Scanned cold, ScanCold(options, question.name));
    ASSIGN_OR_RETURN(const Scanned one, scan(kWarmPasses, 1));
    ASSIGN_OR_RETURN(const Scanned warm, scan(kWarmPasses, options.thread_count));
    const std::string& name = question.name;
    if (name == "coded") report.SetValue(warm.PerCore());
    report.Add(name + "_warm", warm.PerCore());
    report.Add(name + "_warm_all", warm.InAll());
    report.Add(name + "_warm_one_thread", one.InAll());
    report.Add(name + "_cold", cold.PerCore());
    report.Add(name + "_cold_all", cold.InAll());
    report.Add(name + "_found", static_cast<double>(warm.found) / static_cast<double>(warm.spans));
  }
  ASSIGN_OR_RETURN(const std::size_t distinct, DistinctValues(sources));
  report.Add("pattern_values", static_cast<double>(distinct));
  TRY(MeasureSealing(options, report));
  report.Add("threads", static_cast<double>(options.thread_count));
  report.Add("spans", static_cast<double>(data.span_count));
  return report;
}

}  // namespace clew::app::bench
