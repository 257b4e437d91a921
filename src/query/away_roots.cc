#include "query/away_roots.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "traceql/evaluate/evaluation.h"

namespace clew::query {
namespace {

using traceql::metrics::AttributeCounts;

// Times are unsigned, as on the wire.
std::uint64_t TimeOf(UnixNanos time) { return static_cast<std::uint64_t>(time); }

}  // namespace

std::optional<SourceRoots::Root> RootFinder::RootOf(std::size_t trace) const {
  std::optional<SourceRoots::Root> root;
  for (std::uint32_t row = trees_.first_rows[trace]; row < trees_.first_rows[trace + 1]; ++row) {
    if (trees_.parents[row] != scan::TraceTrees::kNoParent) continue;
    const UnixNanos start = trees_.starts[row];
    if (!root || TimeOf(start) < TimeOf(root->start)) {
      root = {.trace_id = trees_.ids[trace], .start = start, .row = row};
    } else if (start == root->start) {
      root->is_tied = true;
    }
  }
  return root;
}

SourceRoots RootFinder::Divide(const ComparedSpans& spans) {
  SourceRoots away;
  found_.assign(spans.rows.size(), kNoRoot);
  std::size_t next = 0;
  for (std::size_t trace = 0; trace < trees_.ids.size(); ++trace) {
    const std::uint32_t end_row = trees_.first_rows[trace + 1];
    const std::size_t begin = next;
    while (next < spans.rows.size() && spans.rows[next] < end_row) ++next;
    const TraceId& id = trees_.ids[trace];
    const bool is_spread = !spread_.empty() && std::ranges::binary_search(spread_, id);
    if (begin == next && !is_spread) continue;
    const std::optional<SourceRoots::Root> root = RootOf(trace);
    if (!is_spread && root && !root->is_tied) {
      for (std::size_t i = begin; i < next; ++i) found_[i] = root->row;
      continue;
    }
    if (root) away.roots.push_back(*root);
    for (std::size_t i = begin; i < next; ++i) {
      away.spans.push_back({.trace_id = id, .subject = spans.subjects[i]});
    }
  }
  return away;
}

Status AwayRoots::Add(std::size_t place, SourceRoots roots) {
  TRY(memory_.Take(2 * roots.bytes()));
  spans_.insert(spans_.end(), roots.spans.begin(), roots.spans.end());
  if (!roots.roots.empty()) roots_.emplace_back(place, std::move(roots.roots));
  return {};
}

// The first of each trace that has spans here, by source.
std::vector<AwayRoots::Root> AwayRoots::RootsOfSpans() const {
  std::vector<Root> found;
  for (const auto& [place, roots] : roots_) {
    for (const SourceRoots::Root& root : roots) {
      const auto first =
          std::ranges::lower_bound(spans_, root.trace_id, {}, &SourceRoots::Span::trace_id);
      if (first == spans_.end() || first->trace_id != root.trace_id) continue;
      found.push_back({.start = root.start,
                       .place = place,
                       .row = root.row,
                       .is_tied = root.is_tied,
                       .trace = static_cast<std::size_t>(first - spans_.begin())});
    }
  }
  std::ranges::sort(found, {}, [](const Root& root) {
    return std::tuple(root.trace, TimeOf(root.start), root.place, root.row);
  });
  for (std::size_t i = 1; i < found.size(); ++i) {
    const bool is_same =
        found[i].trace == found[i - 1].trace && found[i].start == found[i - 1].start;
    if (is_same) found[i - 1].is_tied = true;
  }
  const auto others = std::ranges::unique(found, {}, &Root::trace);
  found.erase(others.begin(), others.end());
  std::erase_if(found, [](const Root& root) { return root.is_tied; });
  std::ranges::sort(found, {}, [](const Root& root) { return std::pair(root.place, root.row); });
  return found;
}

Status AwayRoots::Count(const Scan& scan, const traceql::metrics::Comparison& comparison,
                        AttributeCounts* counts) {
  std::ranges::sort(spans_, {}, &SourceRoots::Span::trace_id);
  const std::vector<Root> roots = RootsOfSpans();
  for (const Root& root : roots) rooted_.push_back(root.trace);
  std::ranges::sort(rooted_);
  for (std::size_t begin = 0; begin < roots.size();) {
    TRY(scan.Check());
    const std::size_t place = roots[begin].place;
    ComparedSpans spans;
    std::vector<std::uint32_t> root_rows;
    for (; begin < roots.size() && roots[begin].place == place; ++begin) {
      const Root& root = roots[begin];
      for (std::size_t i = root.trace; i < EndOf(root.trace); ++i) {
        spans.subjects.push_back(spans_[i].subject);
        root_rows.push_back(root.row);
      }
    }
    const scan::SpanSource& source = *scan.sources[place];
    const Status counted = CountRoots(source, comparison, root_rows, spans.subjects, counts);
    scan.Tell(place);
    if (counted) continue;
    if (counted.error().code == Code::kResourceExhausted) return counted;
    TRY(scan.Tolerate(source, counted.error()));
  }
  return {};
}

// Of the spans of a trace that begin there.
std::size_t AwayRoots::EndOf(std::size_t first) const {
  std::size_t end = first;
  while (end < spans_.size() && spans_[end].trace_id == spans_[first].trace_id) ++end;
  return end;
}

std::vector<TraceId> AwayRoots::Rootless() const {
  std::vector<TraceId> ids;
  for (std::size_t first = 0; first < spans_.size(); first = EndOf(first)) {
    const TraceId& id = spans_[first].trace_id;
    if (!std::ranges::binary_search(rooted_, first)) ids.push_back(id);
  }
  return ids;
}

Status AwayRoots::CountWhole(const traceql::metrics::Operand& operand,
                             const model::SpanColumns& trace, const model::StopCheck& stop,
                             AttributeCounts* counts) const {
  const auto spans =
      std::ranges::equal_range(spans_, trace.trace_ids[0], {}, &SourceRoots::Span::trace_id);
  traceql::evaluate::Evaluation evaluation(operand.program(), trace, stop);
  for (const traceql::metrics::ComparedField& field : operand.comparison()->fields) {
    if (!field.is_of_root()) continue;
    const traceql::evaluate::Value value = evaluation.fields().Read(field.slot, 0);
    if (value.text.empty()) continue;
    ASSIGN_OR_RETURN(const std::uint32_t attribute, counts->AttributeOf(field.name));
    for (const SourceRoots::Span& span : spans) {
      counts->Begin(span.subject);
      TRY(counts->Count(attribute, value));
    }
  }
  return {};
}

}  // namespace clew::query
