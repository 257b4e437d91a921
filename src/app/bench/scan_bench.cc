#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/bench/benches.h"
#include "app/telemetry/process_metrics.h"
#include "base/metrics.h"
#include "scan/evaluate.h"
#include "storage/format/row_group.h"
#include "storage/format/row_group_source.h"
#include "wire/otlp/decode.h"
#include "workload/generator.h"

namespace clew::app::bench {
namespace {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Op;
using expr::Scope;

constexpr std::uint64_t kSpanCount = 10'000'000;
/// So many are made; they are scanned again until there were as many as wanted.
constexpr std::uint64_t kDistinctSpans = 650'000;
constexpr std::size_t kSpansPerRowGroup = 65'000;
/// More than all that these questions decode.
constexpr std::uint64_t kCacheBytes = 4ull << 30;

struct Question {
  const char* name;
  Expression condition;
};

Result<std::vector<Question>> Questions() {
  const Expression method = expr::Compare(Op::kEqual, expr::Attribute(Scope::kSpan, "tenant.id"),
                                          Literal::String("tenant-0001"));
  const Expression slow =
      expr::Compare(Op::kGreater, expr::Of(Field::kDuration), Literal::Int(50'000'000));
  ASSIGN_OR_RETURN(const expr::PatternPtr pattern, expr::Pattern::Compile("[13]7.*9"));
  return std::vector<Question>{
      {"coded", method},
      {"range", slow},
      {"two", expr::And({method, slow})},
      {"pattern", expr::Matches(expr::Attribute(Scope::kSpan, "user.id"), pattern)}};
}

Result<std::vector<storage::RowGroup>> MakeRowGroups(const BenchOptions& options) {
  workload::Generator generator({.seed = options.seed});
  std::vector<storage::RowGroup> groups;
  const wire::otlp::DecodeLimits limits;
  wire::otlp::DecodeCounts counts;
  const std::uint64_t wanted =
      options.span_count == 0 ? kDistinctSpans : std::min(options.span_count, kDistinctSpans);
  for (std::uint64_t made = 0; made < wanted;) {
    std::vector<model::SpanColumnsPtr> batches;
    for (std::size_t in_group = 0; in_group < kSpansPerRowGroup;) {
      workload::GeneratedRequest request = generator.Next();
      in_group += request.span_count;
      made += request.span_count;
      const std::vector<Bytes> pieces = {Bytes(std::move(request.body))};
      ASSIGN_OR_RETURN(model::SpanColumnsPtr columns,
                       wire::otlp::DecodeRequest(pieces, limits, counts, request.span_count));
      batches.push_back(std::move(columns));
    }
    groups.push_back(storage::BuildRowGroup(batches, {}));
  }
  return groups;
}

/// Sources of the same row groups, with a cache of their own.
class Sources {
 public:
  explicit Sources(const std::vector<storage::RowGroup>& groups) : cache_(kCacheBytes, metrics_) {
    for (const storage::RowGroup& group : groups) {
      sources_.push_back(std::make_shared<storage::RowGroupSource>(
          std::make_shared<const storage::RowGroupDirectory>(group.directory),
          std::make_shared<storage::MemoryPages>(group.pages), cache_));
    }
  }

  /// Adds what it scanned and found.
  Status Scan(const Expression& condition, std::uint64_t* scanned, std::uint64_t* found) const {
    for (const auto& source : sources_) {
      ASSIGN_OR_RETURN(const scan::Truth truth, scan::Evaluate(condition, *source));
      *scanned += source->stats().span_count;
      *found += truth.holds.Rows().size();
    }
    return {};
  }

 private:
  base::Metrics metrics_;
  storage::ScanCache cache_;
  std::vector<scan::SpanSourcePtr> sources_;
};

struct Rate {
  double spans_per_second = 0;  // of the CPU time of the process
  double found_share = 0;
};

/// `is_cold`: every pass finds nothing decoded.
Result<Rate> Measure(const std::vector<storage::RowGroup>& groups, const Expression& condition,
                     std::uint64_t wanted, bool is_cold) {
  auto sources = std::make_unique<Sources>(groups);
  std::uint64_t scanned = 0;
  std::uint64_t found = 0;
  if (!is_cold) TRY(sources->Scan(condition, &scanned, &found));
  scanned = found = 0;
  double cpu_seconds = 0;
  while (scanned < wanted) {
    ASSIGN_OR_RETURN(const telemetry::ProcessFacts before, telemetry::ReadProcess(0));
    TRY(sources->Scan(condition, &scanned, &found));
    while (!is_cold && scanned < wanted) TRY(sources->Scan(condition, &scanned, &found));
    ASSIGN_OR_RETURN(const telemetry::ProcessFacts after, telemetry::ReadProcess(0));
    cpu_seconds += after.cpu_seconds - before.cpu_seconds;
    if (is_cold) sources = std::make_unique<Sources>(groups);
  }
  return Rate{static_cast<double>(scanned) / cpu_seconds,
              static_cast<double>(found) / static_cast<double>(scanned)};
}

}  // namespace

Result<Report> BenchScan(const BenchOptions& options) {
  const std::uint64_t wanted = options.span_count == 0 ? kSpanCount : options.span_count;
  ASSIGN_OR_RETURN(const std::vector<storage::RowGroup> groups, MakeRowGroups(options));
  ASSIGN_OR_RETURN(const std::vector<Question> questions, Questions());
  Report report("scan", "spans/s/core");
  for (const Question& question : questions) {
    // Clocks of the process tick every 10 ms: many passes, where one is nothing.
    ASSIGN_OR_RETURN(const Rate warm, Measure(groups, question.condition, wanted * 50, false));
    ASSIGN_OR_RETURN(const Rate cold, Measure(groups, question.condition, wanted * 10, true));
    const std::string name = question.name;
    if (name == "coded") report.SetValue(warm.spans_per_second);
    report.Add(name + "_warm", warm.spans_per_second);
    report.Add(name + "_cold", cold.spans_per_second);
    report.Add(name + "_found", warm.found_share);
  }
  report.Add("spans", static_cast<double>(wanted));
  return report;
}

}  // namespace clew::app::bench
