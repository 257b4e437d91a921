#include "query/bound_scan.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <utility>

#include "base/for_each.h"
#include "query/match.h"
#include "query/source_traces.h"
#include "scan/evaluate.h"

namespace clew::query {
namespace {

using scan::RowSet;
using scan::SpanSource;
using traceql::evaluate::BoundTrace;
using traceql::evaluate::SpanMarks;
using traceql::evaluate::TraceBound;

// Of conditions that come later it is not told that a trace lacks them.
constexpr std::size_t kLacksMax = 64;

std::uint64_t BitOf(std::size_t condition) {
  return condition < kLacksMax ? std::uint64_t{1} << condition : 0;
}

std::vector<TraceId> Distinct(std::span<const TraceId> ids) {
  std::vector<TraceId> distinct(ids.begin(), ids.end());
  std::ranges::sort(distinct);
  const auto repeats = std::ranges::unique(distinct);
  distinct.erase(repeats.begin(), repeats.end());
  // Of whom it is lost which trace they are of.
  std::erase_if(distinct, [](const TraceId& id) { return id.is_zero(); });
  return distinct;
}

// Judges the traces of one source.
class SourceJudge {
 public:
  SourceJudge(const SpanSource& source, const TraceBound& bound, std::span<const RowSet> rows,
              bool relates)
      : source_(source),
        bound_(bound),
        rows_(rows),
        relates_(relates && bound.has_relations()),
        marks_(rows.size()) {}

  // Of `ids`, which ascend.
  Result<FailedTraces> Run(std::span<const TraceId> ids) {
    ASSIGN_OR_RETURN(const std::optional<SourceTraces> traces, SourceTraces::Of(source_));
    // Damaged: what there is of them is told when they are read.
    if (!traces) return FailedTraces();
    for (const TraceId& id : ids) {
      if (++judged_count_ % kTracesPerCheck == 0) TRY(source_.Check());
      const auto trace = traces->Find(id);
      if (trace) TRY(JudgeOne(*traces, *trace));
    }
    return std::move(failed_);
  }

 private:
  static constexpr std::size_t kTracesPerCheck = 256;

  Status JudgeOne(const SourceTraces& traces, std::size_t trace) {
    const std::uint64_t lacks = Mark(traces, trace);
    BoundTrace bounded{.span_count = traces.span_count(trace), .marks = marks_, .parents = {}};
    bool may_match = lacks == 0 && MayMatch(bound_, bounded);
    if (may_match && relates_) {
      if (!trees_) TRY(ReadTrees(traces));
      if (*trees_ != nullptr && SetParents(traces, trace)) {
        bounded.parents = parents_;
        may_match = MayMatch(bound_, bounded);
      }
    }
    if (!may_match) {
      failed_.ids.push_back(traces.id(trace));
      failed_.lacks.push_back(lacks);
    }
    return {};
  }

  std::uint64_t Mark(const SourceTraces& traces, std::size_t trace) {
    std::uint64_t lacks = 0;
    const std::size_t count = traces.span_count(trace);
    for (std::size_t condition = 0; condition < rows_.size(); ++condition) {
      SpanMarks& marks = marks_[condition];
      marks.assign(count, 0);
      bool has_any = false;
      for (std::size_t i = 0; i < count; ++i) {
        if (!rows_[condition].Has(traces.RowOf(trace, i))) continue;
        marks[i] = 1;
        has_any = true;
      }
      if (!has_any && bound_.required()[condition]) lacks |= BitOf(condition);
    }
    return lacks;
  }

  Status ReadTrees(const SourceTraces& traces) {
    repeating_ = source_.RepeatingTraces();
    ASSIGN_OR_RETURN(trees_, source_.Trees({.span_ids = !repeating_}));
    if (*trees_ != nullptr && !traces.AreThoseOf(**trees_)) *trees_ = nullptr;
    return {};
  }

  bool RepeatsIds(const scan::TraceTrees& trees, std::size_t trace) {
    if (repeating_) return std::ranges::binary_search(*repeating_, trees.ids[trace]);
    span_ids_.assign(trees.span_ids.begin() + trees.first_rows[trace],
                     trees.span_ids.begin() + trees.first_rows[trace + 1]);
    std::ranges::sort(span_ids_);
    return std::ranges::adjacent_find(span_ids_) != span_ids_.end();
  }

  // False where an id is there more than once: whole traces tell who is the parent then.
  bool SetParents(const SourceTraces& traces, std::size_t trace) {
    const scan::TraceTrees& trees = **trees_;
    const std::uint32_t first = trees.first_rows[trace];
    const std::size_t count = traces.span_count(trace);
    if (RepeatsIds(trees, trace)) return false;
    parents_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t parent = trees.parents[first + i];
      const bool is_here =
          parent != scan::TraceTrees::kNoParent && parent != scan::TraceTrees::kParentAway;
      parents_[i] = is_here ? parent - first : BoundTrace::kNoParent;
    }
    return true;
  }

  const SpanSource& source_;
  const TraceBound& bound_;
  const std::span<const RowSet> rows_;
  const bool relates_;
  std::optional<scan::TraceTreesPtr> trees_;
  std::optional<std::vector<TraceId>> repeating_;
  std::vector<SpanMarks> marks_;
  std::vector<std::uint32_t> parents_;
  std::vector<SpanId> span_ids_;
  std::size_t judged_count_ = 0;
  FailedTraces failed_;
};

}  // namespace

BoundScan::BoundScan(const Scan& scan, const TraceBound& bound)
    : scan_(scan),
      bound_(bound),
      places_(bound.conditions().size()),
      all_places_(scan.sources.size()) {
  for (const expr::Expression& condition : bound.conditions()) questions_.emplace_back(condition);
  std::iota(all_places_.begin(), all_places_.end(), std::size_t{0});
}

std::uint64_t BoundScan::BytesPerSpan() const {
  // A bit a condition, times two while it is found out, and lists of traces.
  constexpr std::uint64_t kListBytes = sizeof(scan::TraceSize) + 2 * sizeof(TraceId) + 16;
  const std::uint64_t trees = bound_.has_relations() ? scan::kTraceTreesBytesPerSpan : 0;
  return kListBytes + trees + bound_.conditions().size() / 2;
}

bool BoundScan::MayHold(std::size_t condition, std::size_t place) const {
  const SpanSource& source = *scan_.sources[place];
  const ScanSpans spans{.condition = bound_.conditions()[condition]};
  return !(scan_.context.passes.Has(Pass::kSkipByStatistics) && CanSkip(source.stats(), spans)) &&
         !(scan_.context.passes.Has(Pass::kSkipByFilters) &&
           !source.MayHold(questions_[condition]));
}

// For which spans each condition holds, or may, as a value is lost. As soon as it is known that all
// traces of the source lack one, that is all that is told.
Result<std::vector<RowSet>> BoundScan::ReadRows(const SpanSource& source, std::size_t place,
                                                std::uint64_t* lacks) const {
  const auto conditions = bound_.conditions();
  std::vector<bool> may_hold(conditions.size());
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    may_hold[i] = MayHold(i, place);
    if (!may_hold[i] && bound_.required()[i]) *lacks |= BitOf(i);
  }
  std::vector<RowSet> rows;
  for (std::size_t i = 0; i < conditions.size() && *lacks == 0; ++i) {
    RowSet& of_condition = rows.emplace_back(source.stats().span_count, RowSet::Fill::kNone);
    if (!may_hold[i]) continue;
    ASSIGN_OR_RETURN(const scan::Truth truth, scan::Evaluate(conditions[i], source));
    of_condition = truth.holds;
    of_condition.Unite(truth.unknown);
    if (bound_.required()[i] && of_condition.empty()) *lacks |= BitOf(i);
  }
  return rows;
}

Result<FailedTraces> BoundScan::Judge(std::size_t place, std::span<const TraceId> ids) const {
  std::vector<TraceId> distinct = Distinct(ids);
  if (distinct.empty()) return FailedTraces();
  const SpanSource& source = *scan_.sources[place];
  std::uint64_t lacks = 0;
  ASSIGN_OR_RETURN(const std::vector<RowSet> rows, ReadRows(source, place, &lacks));
  if (lacks != 0) {
    std::vector<std::uint64_t> all(distinct.size(), lacks);
    return FailedTraces{std::move(distinct), std::move(all)};
  }
  return SourceJudge(source, bound_, rows, scan_.context.passes.Has(Pass::kRelateByParents))
      .Run(distinct);
}

const std::vector<std::size_t>& BoundScan::PlacesOf(std::size_t condition) {
  std::optional<std::vector<std::size_t>>& places = places_[condition];
  if (!places) {
    places.emplace();
    for (const std::size_t place : all_places_) {
      if (MayHold(condition, place)) places->push_back(place);
    }
  }
  return *places;
}

// A trace that lacks several conditions needs a source for each.
const std::vector<std::size_t>& BoundScan::FewestPlaces(std::uint64_t lacks) {
  const std::vector<std::size_t>* fewest = &all_places_;
  for (; lacks != 0; lacks &= lacks - 1) {
    const auto& places = PlacesOf(static_cast<std::size_t>(std::countr_zero(lacks)));
    if (places.size() < fewest->size()) fewest = &places;
  }
  return *fewest;
}

Status BoundScan::AskOthers(std::span<const TraceId> ids, std::span<const std::size_t> places,
                            std::size_t own_place, std::vector<TraceId>* alone) const {
  // Most say from what they have in memory that they have none of them.
  constexpr std::size_t kSourcesAtOnce = 16;
  using Starts = std::vector<std::optional<UnixNanos>>;
  std::vector<bool> is_elsewhere(ids.size(), false);
  PassingMemory memory(scan_.context);
  TRY(memory.Take(ids.size() * kSourcesAtOnce * sizeof(std::optional<UnixNanos>)));
  while (!places.empty()) {
    TRY(scan_.Check());
    const auto lot = places.first(std::min(kSourcesAtOnce, places.size()));
    places = places.subspan(lot.size());
    std::vector<Result<Starts>> starts(lot.size());
    {
      const DamageNotes::Keeping keeping(scan_.notes);
      base::ForEach(scan_.context.helpers, lot.size(), [&](std::size_t i) {
        if (lot[i] != own_place) starts[i] = scan_.sources[lot[i]]->TraceStarts(ids);
      });
    }
    for (std::size_t i = 0; i < lot.size(); ++i) {
      if (lot[i] == own_place) continue;
      scan_.Tell(lot[i]);
      if (!starts[i].has_value()) {
        TRY(scan_.Tolerate(*scan_.sources[lot[i]], starts[i].error()));
        continue;
      }
      for (std::size_t j = 0; j < ids.size(); ++j) {
        if ((*starts[i])[j]) is_elsewhere[j] = true;
      }
    }
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!is_elsewhere[i]) alone->push_back(ids[i]);
  }
  return {};
}

Result<std::vector<TraceId>> BoundScan::RuledOut(std::size_t place, const FailedTraces& failed) {
  std::map<std::uint64_t, std::vector<TraceId>> by_lack;
  for (std::size_t i = 0; i < failed.ids.size(); ++i) {
    by_lack[failed.lacks[i]].push_back(failed.ids[i]);
  }
  std::vector<TraceId> ruled_out;
  for (const auto& [lacks, ids] : by_lack) {
    TRY(AskOthers(ids, FewestPlaces(lacks), place, &ruled_out));
  }
  std::ranges::sort(ruled_out);
  return ruled_out;
}

}  // namespace clew::query
