#include "query/search.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "query/candidates.h"
#include "query/match.h"
#include "query/matching_ahead.h"
#include "query/whole_trace.h"

namespace clew::query {
namespace {

// What is kept of traces that cannot be told apart yet; beyond it they are looked up.
constexpr std::size_t kCandidatesMin = 1000;

// In two sets and a table.
constexpr std::uint64_t kCandidateBytes = 256;

// How a search settles. Wanted are the traces that began last; a trace may lie in many sources
// (batches, row groups), and its earliest span, which says when it began, in none that matches.
// 1. Every source that may hold matches waits, under the newest start that it may bring: at first a
//    bound of its statistics, which costs nothing.
// 2. The first of them is visited. One that is not sure yet is asked what can be asked without
//    reading spans (filters, zones); it goes, or waits again under a bound that is surer and older.
//    One that is sure is matched, and the trace of each span found becomes a candidate, which began
//    with that span or before (Candidates).
// 3. Once the first `limit` would be these if all bounds were true, those among them are looked up
//    in all sources, and their starts are exact. That may put them behind others, which are looked
//    up next: twice as many each time that it leads to no end, so that many wrong bounds cost a few
//    rounds. It is done early, too, when too many candidates are kept.
// 4. It ends when `limit` exact ones are before everything that waits and every other bound: no
//    source that was not visited can bring a trace that is newer. Mostly that is long before all
//    were read.
class Search {
 public:
  Search(const Scan& scan, const ScanSpans& spans, std::size_t limit, std::size_t place,
         BoundScan* bound)
      : scan_(scan),
        spans_(spans),
        limit_(limit),
        place_(place),
        stats_(scan.stats.At(place + 1)),
        candidates_(limit),
        bound_(bound),
        matching_(scan, spans, bound),
        candidate_memory_(scan.context) {}

  Result<std::vector<TraceId>> Run() {
    const UnixNanos start_max = spans_.start_max.value_or(std::numeric_limits<UnixNanos>::max());
    for (std::size_t place = 0; place < scan_.sources.size(); ++place) {
      const scan::SourceStats& stats = scan_.sources[place]->stats();
      if (scan_.context.passes.Has(Pass::kSkipByStatistics) && CanSkip(stats, spans_)) {
        ++stats_.row_groups_skipped;
      } else {
        Put(place, std::min(stats.start_max, start_max), false);
      }
    }
    while (!IsDone()) {
      TRY(scan_.Check());
      if (IsTimeToLookUp()) {
        TRY(LookUp());
      } else {
        TRY(VisitNext());
      }
      stats_.candidates_max = std::max<std::uint64_t>(stats_.candidates_max, candidates_.size());
    }
    std::vector<TraceId> first = candidates_.First();
    scan_.stats.At(place_).rows = first.size();
    return first;
  }

 private:
  void Put(std::size_t source, UnixNanos newest, bool is_sure) {
    waiting_.insert({newest, scan_.sources[source]->stats().start_min, source, is_sure});
  }

  bool IsDone() const {
    if (waiting_.empty()) return !candidates_.has_inexact();
    if (!scan_.context.passes.Has(Pass::kStopEarly)) return false;
    return candidates_.IsSettledAt(waiting_.begin()->newest);
  }

  // It goes through all sources: only when the answer may be there, when nothing else is left, or
  // when too much is kept.
  bool IsTimeToLookUp() const {
    if (!candidates_.has_inexact()) return false;
    return waiting_.empty() || candidates_.IsFullBefore(waiting_.begin()->newest) ||
           candidates_.size() > 2 * limit_ + kCandidatesMin;
  }

  // Twice as many each time, as long as it leads to nothing.
  Status LookUp() {
    const OperatorWork work(scan_, place_);
    std::vector<TraceId> ids = candidates_.InexactAmongFirst(look_up_count_);
    while (ids.empty()) ids = candidates_.InexactAmongFirst(look_up_count_ *= 2);
    ASSIGN_OR_RETURN(const std::vector<std::optional<UnixNanos>> starts,
                     WholeTraceStarts(scan_, ids));
    for (std::size_t i = 0; i < ids.size(); ++i) candidates_.SetExact(ids[i], starts[i]);
    look_up_count_ *= 2;
    return {};
  }

  Status VisitNext() {
    const OperatorWork work(scan_, place_ + 1);
    const WaitingSource next = *waiting_.begin();
    look_up_count_ = std::max<std::size_t>(limit_, 1);
    if (next.is_sure) TRY(matching_.MatchFirst(waiting_));
    waiting_.erase(waiting_.begin());
    const Status status = next.is_sure ? AddMatches(next.place) : Settle(next.place);
    scan_.Tell(next.place);
    return status;
  }

  // Whether a source that is not sure is worth a visit, and when.
  Status Settle(std::size_t source) {
    const MatchingAhead::Look look = matching_.TakeLook(source);
    if (look.may_hold && look.newest.has_value() && look.newest->has_value()) {
      Put(source, **look.newest, true);
      return {};
    }
    ++stats_.row_groups_skipped;
    if (!look.may_hold) {
      if (matching_.can_hold()) ++stats_.row_groups_filtered;
      return {};
    }
    if (look.newest.has_value()) return {};
    return scan_.Tolerate(*scan_.sources[source], look.newest.error());
  }

  Status AddMatches(std::size_t source) {
    Result<Matches> found = matching_.TakeMatches(source);
    ++stats_.row_groups_read;
    stats_.spans_scanned += scan_.sources[source]->stats().span_count;
    if (!found.has_value()) return scan_.Tolerate(*scan_.sources[source], found.error());
    stats_.rows += found->ids.size();
    ASSIGN_OR_RETURN(const std::size_t ruled_out, LeaveOut(bound_, source, &*found));
    stats_.traces_ruled_out += ruled_out;
    for (std::size_t i = 0; i < found->ids.size(); ++i) {
      candidates_.Add(found->ids[i], found->starts[i]);
    }
    return CountCandidates();
  }

  Status CountCandidates() {
    const std::uint64_t bytes = candidates_.size() * kCandidateBytes;
    if (bytes > candidate_bytes_) {
      TRY(candidate_memory_.Take(bytes - candidate_bytes_));
    } else {
      candidate_memory_.ShrinkTo(bytes);
    }
    candidate_bytes_ = bytes;
    return {};
  }

  const Scan& scan_;
  const ScanSpans& spans_;
  const std::size_t limit_;
  const std::size_t place_;  // of the traces; that of the spans is the next
  OperatorStats& stats_;     // of the spans
  Candidates candidates_;
  BoundScan* const bound_;
  std::set<WaitingSource> waiting_;
  MatchingAhead matching_;
  PassingMemory candidate_memory_;
  std::uint64_t candidate_bytes_ = 0;
  std::size_t look_up_count_ = std::max<std::size_t>(limit_, 1);
};

}  // namespace

Result<std::vector<TraceId>> FindTraceIds(const Scan& scan, const ScanSpans& spans,
                                          std::size_t limit, std::size_t place, BoundScan* bound) {
  return Search(scan, spans, limit, place, bound).Run();
}

}  // namespace clew::query
