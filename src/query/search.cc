#include "query/search.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "query/match.h"
#include "query/whole_trace.h"

namespace clew::query {
namespace {

using storage::SpanSourcePtr;

// Traces that match, by the latest start they can have. A matching span tells an upper bound: the
// trace began with it or before. Only those that come first by their bound are looked up whole.
class Candidates {
 public:
  void Add(const TraceId& id, UnixNanos span_start) {
    const auto [entry, is_new] = traces_.try_emplace(id, Trace{span_start, false});
    if (!is_new) {
      if (entry->second.is_exact || entry->second.start <= span_start) return;
      order_.erase({~entry->second.start, id});
      entry->second.start = span_start;
    }
    order_.insert({~span_start, id});
  }

  bool empty() const { return order_.empty(); }
  const TraceId& first() const { return order_.begin()->second; }
  UnixNanos first_start() const { return ~order_.begin()->first; }
  bool is_first_exact() const { return traces_.at(first()).is_exact; }

  // Of the first `count` those whose start is a bound only, ascending.
  std::vector<TraceId> InexactAmongFirst(std::size_t count) const {
    std::vector<TraceId> ids;
    for (auto entry = order_.begin(); entry != order_.end() && count > 0; ++entry, --count) {
      if (!traces_.at(entry->second).is_exact) ids.push_back(entry->second);
    }
    std::ranges::sort(ids);
    return ids;
  }
  // Its bound stands when nothing more is known.
  void SetExact(const TraceId& id, std::optional<UnixNanos> start) {
    Trace& trace = traces_.at(id);
    order_.erase({~trace.start, id});
    trace = {start.value_or(trace.start), true};
    order_.insert({~trace.start, id});
  }
  // Out of the order, but remembered: the trace may turn up again.
  TraceId TakeFirst() {
    const TraceId id = first();
    order_.erase(order_.begin());
    return id;
  }

 private:
  struct Trace {
    UnixNanos start;
    bool is_exact;
  };
  std::unordered_map<TraceId, Trace> traces_;
  // ~start turns the order round without overflow.
  std::set<std::pair<UnixNanos, TraceId>> order_;
};

Status AddMatches(const storage::SpanSource& source, const SearchRequest& request,
                  Candidates* candidates) {
  ASSIGN_OR_RETURN(const RowSet spans, MatchSpans(source, request));
  const std::vector<std::uint32_t> rows = spans.Rows();
  if (rows.empty()) return {};
  ASSIGN_OR_RETURN(const std::vector<TraceId> ids, source.TraceIds(rows));
  ASSIGN_OR_RETURN(const storage::ScanColumnPtr starts, source.Field(storage::SpanField::kStart));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    candidates->Add(ids[i], starts->numbers[rows[i]]);
  }
  return {};
}

}  // namespace

Result<std::vector<TraceId>> FindTraceIds(const Scan& scan, const SearchRequest& request,
                                          QueryStats* stats) {
  std::vector<SpanSourcePtr> newest_first = scan.sources;
  std::ranges::stable_sort(newest_first, std::greater<>(),
                           [](const SpanSourcePtr& source) { return source->stats().start_max; });
  std::vector<TraceId> found;
  Candidates candidates;
  std::size_t next = 0;
  while (found.size() < request.limit) {
    // What later sources hold began when their newest span did, or before.
    const bool is_settled =
        !candidates.empty() && (next == newest_first.size() ||
                                candidates.first_start() > newest_first[next]->stats().start_max);
    if (!is_settled) {
      if (next == newest_first.size()) break;
      TRY(scan.Check());
      const storage::SpanSource& source = *newest_first[next++];
      if (CanSkip(source.stats(), request)) {
        ++stats->row_groups_skipped;
        continue;
      }
      ++stats->row_groups_read;
      stats->spans_scanned += source.stats().span_count;
      if (const Status status = AddMatches(source, request, &candidates); !status.has_value()) {
        TRY(scan.Tolerate(status.error()));
      }
      continue;
    }
    if (candidates.is_first_exact()) {
      found.push_back(candidates.TakeFirst());
      continue;
    }
    // As many at once as the answer may need: looking them up goes through all sources.
    const std::vector<TraceId> ids = candidates.InexactAmongFirst(request.limit - found.size());
    ASSIGN_OR_RETURN(const std::vector<std::optional<UnixNanos>> starts,
                     WholeTraceStarts(scan, ids));
    for (std::size_t i = 0; i < ids.size(); ++i) candidates.SetExact(ids[i], starts[i]);
  }
  return found;
}

}  // namespace clew::query
