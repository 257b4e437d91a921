#include "query/match_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "query/bound_scan.h"
#include "query/judge_trees.h"
#include "query/search.h"
#include "query/whole_trace.h"
#include "traceql/evaluate/array_value.h"
#include "traceql/evaluate/evaluation.h"

namespace clew::query {
namespace {

using traceql::evaluate::Evaluation;
using traceql::evaluate::FieldReader;
using traceql::evaluate::ShownAttribute;
using traceql::evaluate::Spanset;
using traceql::evaluate::Value;

// As answers have it: what OTLP has no form of its own for is text.
model::Value AsStored(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kInt:
      return {value.number};
    case Value::Kind::kFloat:
      return {value.real};
    case Value::Kind::kBool:
      return {value.number != 0};
    case Value::Kind::kArray: {
      model::Value::Array items;
      traceql::evaluate::AnyElement(value.text, [&items](const Value& item) {
        items.push_back(AsStored(item));
        return false;
      });
      return {std::move(items)};
    }
    default:
      return {traceql::evaluate::ToText(value)};
  }
}

// Of a trace that was tried, in a set of ids.
constexpr std::uint64_t kTriedBytes = 64;

// About how much memory it takes.
std::uint64_t SizeOf(const MatchedSet& set) {
  constexpr std::uint64_t kValueBytes = sizeof(NamedValue) + 64;
  std::uint64_t value_count = set.attributes.size();
  for (const MatchedSpan& span : set.spans) value_count += span.attributes.size();
  return sizeof(MatchedSet) + set.spans.size() * sizeof(MatchedSpan) + value_count * kValueBytes;
}

// A condition on one span says only which traces may match: whether one does is known when it has
// been read. So more candidates are looked for until there are enough traces, or all have been
// tried.
class TraceMatching {
 public:
  TraceMatching(const Scan& scan, const MatchTraces& match, std::size_t place,
                std::uint64_t bytes_max, std::size_t more_looked_at_max, Sink& sink)
      : scan_(scan),
        match_(match),
        place_(place),
        bytes_max_(bytes_max),
        looked_at_max_(match.limit + more_looked_at_max),
        asks_trees_(scan.context.passes.Has(Pass::kJudgeTrees) && AsksTreesAlone(*match.program)),
        sink_(sink),
        tried_memory_(scan.context) {}

  Status Run(const ScanSpans& spans) {
    std::optional<BoundScan> bound;
    if (match_.bound != nullptr && scan_.context.passes.Has(Pass::kBoundTraces)) {
      bound.emplace(scan_, *match_.bound);
    }
    constexpr std::size_t kGrowth = 4;
    for (std::size_t wider = match_.limit;;) {
      ASSIGN_OR_RETURN(std::vector<TraceId> ids,
                       FindTraceIds(scan_, spans, wider, place_, bound ? &*bound : nullptr));
      scan_.stats.At(place_).rows = given_count_;
      const bool is_all = ids.size() < wider;
      const bool is_too_many = ids.size() > looked_at_max_;
      if (is_too_many) ids.resize(looked_at_max_);
      std::erase_if(ids, [this](const TraceId& id) { return tried_.contains(id); });
      TRY(tried_memory_.Take(ids.size() * kTriedBytes));
      tried_.insert(ids.begin(), ids.end());
      const OperatorWork work(scan_, place_);
      TRY(TryAll(ids));
      if (is_all || missing_count() == 0) return {};
      if (is_too_many) {
        NoteTooMany();
        return {};
      }
      // One more than are looked at tells whether there are more.
      wider = std::min(kGrowth * wider, looked_at_max_ + 1);
    }
  }

 private:
  void NoteTooMany() const {
    if (scan_.context.left_out == nullptr) return;
    scan_.context.left_out->Add(fmt::format(
        "only the newest {} of the traces that may match were looked at: ask for a shorter time, "
        "say more of the spans, or raise search_traces_max of clew_storage",
        looked_at_max_));
  }

  std::size_t missing_count() const { return match_.limit - given_count_; }

  Status TryAll(std::span<const TraceId> ids) {
    while (!ids.empty() && missing_count() > 0) {
      TRY(scan_.Check());
      // Where few match many are tried, who share what is read.
      const std::size_t at_once = std::min(kPassingTracesAtOnce, std::max(missing_count(), ahead_));
      const auto some = ids.first(std::min(at_once, ids.size()));
      ids = ids.subspan(some.size());
      const std::size_t count_before = given_count_;
      TRY(TrySome(some));
      ahead_ = 2 * (given_count_ - count_before) < some.size() ? 2 * some.size() : 0;
    }
    return {};
  }

  Status TrySome(std::span<const TraceId> ids) {
    std::vector<TraceId> judged;
    if (ahead_ > 0 && asks_trees_) {
      ASSIGN_OR_RETURN(judged, JudgeTrees(scan_, *match_.program, ids, bytes_max_));
      ids = judged;
    }
    AnswerBudget budget{.bytes_max = bytes_max_, .leaves_out = true};
    ASSIGN_OR_RETURN(std::vector<model::SpanColumnsPtr> traces,
                     ReadWholeTraces(scan_, ids, &budget));
    for (model::SpanColumnsPtr& trace : traces) {
      if (missing_count() == 0) break;
      TRY(scan_.Check());
      TRY(TryOne(std::move(trace)));
    }
    if (scan_.context.memory != nullptr) scan_.context.memory->GiveBack(budget.memory_bytes);
    return {};
  }

  Status TryOne(model::SpanColumnsPtr trace) {
    const model::StopCheck check = [this] { return scan_.Check(); };
    Evaluation evaluation(*match_.program, *trace, check);
    ASSIGN_OR_RETURN(const std::vector<Spanset> found, evaluation.Run());
    if (found.empty()) return {};
    // There may be as many sets as spans.
    PassingMemory held(scan_.context);
    std::vector<MatchedSet> sets;
    for (const Spanset& set : found) {
      TRY(scan_.Check());
      sets.push_back(Shown(set, evaluation.fields()));
      TRY(held.Take(SizeOf(sets.back())));
    }
    scan_.stats.At(place_).rows = ++given_count_;
    return sink_.Take(MatchedTrace{.spans = std::move(trace),
                                   .sets = std::move(sets),
                                   .shows_names = match_.program->shows_name()});
  }

  MatchedSet Shown(const Spanset& found, FieldReader& fields) const {
    MatchedSet set{.span_count = found.rows.size()};
    for (const auto& [name, value] : found.values) {
      set.attributes.push_back({.name = std::string(name), .value = AsStored(value)});
    }
    for (const std::uint32_t row :
         std::span(found.rows).first(std::min(found.rows.size(), match_.spans_per_set))) {
      MatchedSpan span{.row = row};
      for (const ShownAttribute& shown : match_.program->shown()) {
        const auto [value, name] = fields.ReadNamed(shown.slot, row);
        span.attributes.push_back({.name = shown.KeyOf(name), .value = AsStored(value)});
      }
      set.spans.push_back(std::move(span));
    }
    return set;
  }

  const Scan& scan_;
  const MatchTraces& match_;
  const std::size_t place_;
  const std::uint64_t bytes_max_;
  const std::size_t looked_at_max_;
  const bool asks_trees_;
  Sink& sink_;
  std::unordered_set<TraceId> tried_;
  PassingMemory tried_memory_;
  std::size_t given_count_ = 0;
  std::size_t ahead_ = 0;
};

}  // namespace

Status RunMatchTraces(const Scan& scan, const MatchTraces& match, const ScanSpans& spans,
                      std::size_t place, std::uint64_t bytes_max, std::size_t more_looked_at_max,
                      Sink& sink) {
  return TraceMatching(scan, match, place, bytes_max, more_looked_at_max, sink).Run(spans);
}

}  // namespace clew::query
