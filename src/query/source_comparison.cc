#include "query/source_comparison.h"

#include <algorithm>
#include <utility>

#include "query/compared_attributes.h"
#include "query/match.h"

namespace clew::query {
namespace {

using scan::RowSet;
using scan::SpanSource;
using traceql::metrics::TimeRange;

// Links may say who is the parent of a span, as OpenTracing's shims have them do: that is told by
// the whole trace.
Result<bool> HaveLinksParents(const SpanSource& source) {
  if (source.stats().link_count == 0) return false;
  ASSIGN_OR_RETURN(const auto attributes, source.Attributes());
  return std::ranges::any_of(attributes, [](const scan::AttributeCount& attribute) {
    return attribute.owner == model::Owner::kLink && attribute.key == "opentracing.ref_type";
  });
}

Result<ComparedSpans> Divide(const SpanSource& source, const ScannedOperand& scanned,
                             const scan::TraceTrees& trees, const RowSet& rows,
                             const TimeRange& range) {
  const auto& comparison = *scanned.operand.comparison();
  ScanSpans selection = scanned.spans;
  selection.condition = scanned.operand.scan()->selection;
  ASSIGN_OR_RETURN(const RowSet selected, MatchSpans(source, selection));
  std::vector<double> weights;
  if (scanned.operand.sample_rate()) {
    ASSIGN_OR_RETURN(weights, ReadWeights(source, scanned.operand));
  }
  ComparedSpans spans;
  traceql::metrics::BucketFinder finder(range);
  rows.ForEach([&](std::uint32_t row) {
    const UnixNanos start = trees.starts[row];
    const std::uint32_t bucket = finder.Of(start);
    if (bucket == TimeRange::kNoBucket) return;
    spans.rows.push_back(row);
    spans.subjects.push_back({.bucket = bucket,
                              .is_selected = selected.Has(row) && comparison.IsInWindow(start),
                              .weight = weights.empty() ? 1 : weights[row]});
  });
  return spans;
}

}  // namespace

Result<ComparedSource> AddCompared(const SpanSource& source, const ScannedOperand& scanned,
                                   std::span<const TraceId> left_out,
                                   std::span<const TraceId> spread,
                                   traceql::metrics::Collector* collector) {
  ASSIGN_OR_RETURN(RowSet rows, MatchSpans(source, scanned.spans));
  TRY(RemoveTraces(source, left_out, &rows));
  // Without a span to count it may still have the root of one elsewhere.
  if (rows.empty() && spread.empty()) return ComparedSource();
  ASSIGN_OR_RETURN(const scan::TraceTreesPtr trees, source.Trees({.starts = true}));
  if (trees == nullptr) {
    return base::DataLoss("how spans hang together is damaged: they are not compared");
  }
  ASSIGN_OR_RETURN(const ComparedSpans spans,
                   Divide(source, scanned, *trees, rows, collector->range()));
  ComparedSource compared{.span_count = spans.rows.size(), .roots = {}};
  RootFinder roots(*trees, spread);
  compared.roots = roots.Divide(spans);
  TRY(CountCompared(source, *scanned.operand.comparison(), roots.found(), spans,
                    &collector->counts(scanned.number)));
  return compared;
}

Result<std::vector<TraceId>> ComparedWhole(const SpanSource& source,
                                           const ScannedOperand& scanned) {
  ASSIGN_OR_RETURN(const bool have_links_parents, HaveLinksParents(source));
  if (!have_links_parents) return TracesOfMatching(source, scanned.odd);
  ScanSpans all = scanned.odd;
  all.condition = expr::Or({all.condition, scanned.spans.condition});
  return TracesOfMatching(source, all);
}

std::uint64_t ComparedBytes(const SpanSource& source) {
  // Codes, rows of others, what is counted and by what weight, and what is told of roots.
  constexpr std::uint64_t kBytesPerSpan = 160;
  const scan::SourceStats& stats = source.stats();
  return stats.span_count * (kBytesPerSpan + scan::kTraceTreesBytesPerSpan) +
         (std::uint64_t{stats.event_count} + stats.link_count) * 3 * sizeof(std::uint32_t);
}

}  // namespace clew::query
