#include "query/search.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "query/candidates.h"
#include "query/match.h"
#include "query/whole_trace.h"

namespace clew::query {
namespace {

using scan::SpanSourcePtr;

Status AddMatches(const scan::SpanSource& source, const ScanSpans& wanted, Candidates* candidates,
                  std::uint64_t* row_count) {
  ASSIGN_OR_RETURN(const scan::RowSet spans, MatchSpans(source, wanted));
  const std::vector<std::uint32_t> rows = spans.Rows();
  *row_count += rows.size();
  if (rows.empty()) return {};
  ASSIGN_OR_RETURN(const std::vector<TraceId> ids, source.TraceIds(rows));
  ASSIGN_OR_RETURN(const scan::ColumnPtr starts, source.Field(expr::Field::kStart));
  const auto times = starts->all<std::int64_t>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    // Of whom it is lost which trace they are of, there is nothing to show.
    if (!ids[i].is_zero()) candidates->Add(ids[i], times[rows[i]]);
  }
  return {};
}

// Spans that arrive together rarely started further apart.
constexpr std::uint64_t kUsualWidth = 3'600'000'000'000;

// The latest start that a span of `source` in [min, max] can have; nothing when there is none.
// Looks at the starts of all its spans when that pays.
Result<std::optional<UnixNanos>> NewestIn(const scan::SpanSource& source, UnixNanos min,
                                          UnixNanos max) {
  const scan::SourceStats& stats = source.stats();
  if (stats.start_max < min || stats.start_min > max) return std::nullopt;
  const std::uint64_t width =
      static_cast<std::uint64_t>(stats.start_max) - static_cast<std::uint64_t>(stats.start_min);
  if (width <= kUsualWidth) return std::min(stats.start_max, max);
  ASSIGN_OR_RETURN(const scan::StartIntervalsPtr starts, source.Starts());
  return starts->NewestIn(min, max);
}

// What is kept of traces that cannot be told apart yet; beyond it they are looked up.
constexpr std::size_t kCandidatesMin = 1000;

class Search {
 public:
  Search(const Scan& scan, const ScanSpans& spans, std::size_t limit, std::size_t place)
      : scan_(scan),
        spans_(spans),
        limit_(limit),
        place_(place),
        start_min_(spans.start_min.value_or(std::numeric_limits<UnixNanos>::min())),
        start_max_(spans.start_max.value_or(std::numeric_limits<UnixNanos>::max())),
        stats_(scan.stats.At(place + 1)),
        filter_question_(spans.condition),
        candidates_(limit) {}

  Result<std::vector<TraceId>> Run() {
    for (const SpanSourcePtr& source : scan_.sources) {
      if (CanSkip(source->stats(), spans_)) {
        ++stats_.row_groups_skipped;
      } else {
        Put(source, std::min(source->stats().start_max, start_max_), false);
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
  // A source still to be visited. Of those whose newest spans are equally new by what is known, the
  // one that begins last comes first: most likely it arrived last.
  struct Waiting {
    UnixNanos newest;  // no match in it started later
    UnixNanos oldest;
    bool is_sure;  // by the starts of its spans, not by its statistics alone
    SpanSourcePtr source;
    bool operator<(const Waiting& other) const {
      return std::tie(newest, oldest) < std::tie(other.newest, other.oldest);
    }
  };

  void Put(const SpanSourcePtr& source, UnixNanos newest, bool is_sure) {
    waiting_.push({newest, source->stats().start_min, is_sure, source});
  }

  bool IsDone() const {
    if (waiting_.empty()) return !candidates_.has_inexact();
    return candidates_.IsSettledAt(waiting_.top().newest);
  }

  // Looking up goes through all sources: only when the answer may be there, when nothing else is
  // left, or when too much is kept.
  bool IsTimeToLookUp() const {
    if (!candidates_.has_inexact()) return false;
    return waiting_.empty() || candidates_.IsFullBefore(waiting_.top().newest) ||
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
    const Waiting next = waiting_.top();
    waiting_.pop();
    look_up_count_ = std::max<std::size_t>(limit_, 1);
    if (!next.is_sure) {
      if (!next.source->MayHold(filter_question_)) {
        ++stats_.row_groups_skipped;
        if (filter_question_.CanHold()) ++stats_.row_groups_filtered;
        return {};
      }
      const auto newest = NewestIn(*next.source, start_min_, start_max_);
      if (!newest.has_value()) {
        ++stats_.row_groups_skipped;
        return scan_.Tolerate(*next.source, newest.error());
      }
      if (!newest->has_value()) {
        ++stats_.row_groups_skipped;
      } else {
        Put(next.source, **newest, true);
      }
      return {};
    }
    ++stats_.row_groups_read;
    stats_.spans_scanned += next.source->stats().span_count;
    if (const Status status = AddMatches(*next.source, spans_, &candidates_, &stats_.rows);
        !status) {
      TRY(scan_.Tolerate(*next.source, status.error()));
    }
    return {};
  }

  const Scan& scan_;
  const ScanSpans& spans_;
  const std::size_t limit_;
  const std::size_t place_;  // of the traces; that of the spans is the next
  const UnixNanos start_min_;
  const UnixNanos start_max_;
  OperatorStats& stats_;  // of the spans
  const scan::FilterQuestion filter_question_;
  Candidates candidates_;
  std::priority_queue<Waiting> waiting_;
  std::size_t look_up_count_ = std::max<std::size_t>(limit_, 1);
};

}  // namespace

Result<std::vector<TraceId>> FindTraceIds(const Scan& scan, const ScanSpans& spans,
                                          std::size_t limit, std::size_t place) {
  return Search(scan, spans, limit, place).Run();
}

}  // namespace clew::query
