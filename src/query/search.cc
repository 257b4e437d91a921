#include "query/search.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/for_each.h"
#include "query/candidates.h"
#include "query/match.h"
#include "query/source_matches.h"
#include "query/whole_trace.h"

namespace clew::query {
namespace {

// What is kept of traces that cannot be told apart yet; beyond it they are looked up.
constexpr std::size_t kCandidatesMin = 1000;

// So many sources are matched at the same time, when the first did not suffice. The same however
// many threads there are: what is read does not depend on them.
constexpr std::size_t kAheadMax = 8;
// So many are looked at to find those.
constexpr std::size_t kLookedAtMax = 64;

// What matching takes of memory, of which no cache knows: sets of rows, columns on their way into
// the cache, and what was found.
constexpr std::uint64_t kMatchBytesPerSpan = 64;
// In two sets and a table.
constexpr std::uint64_t kCandidateBytes = 256;

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
        candidates_(limit),
        match_memory_(scan.context),
        candidate_memory_(scan.context) {}

  Result<std::vector<TraceId>> Run() {
    for (std::size_t place = 0; place < scan_.sources.size(); ++place) {
      const scan::SourceStats& stats = scan_.sources[place]->stats();
      if (CanSkip(stats, spans_)) {
        ++stats_.row_groups_skipped;
      } else {
        Put(place, std::min(stats.start_max, start_max_), false);
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
    std::size_t source;  // its place
    bool is_sure;        // by the starts of its spans, not by its statistics alone
    bool operator<(const Waiting& other) const {
      return std::tie(other.newest, other.oldest, other.source) < std::tie(newest, oldest, source);
    }
  };
  // Of a source that is not sure.
  struct Look {
    bool may_hold = false;
    Result<std::optional<UnixNanos>> newest = std::optional<UnixNanos>();
  };

  void Put(std::size_t source, UnixNanos newest, bool is_sure) {
    waiting_.insert({newest, scan_.sources[source]->stats().start_min, source, is_sure});
  }

  bool IsDone() const {
    if (waiting_.empty()) return !candidates_.has_inexact();
    return candidates_.IsSettledAt(waiting_.begin()->newest);
  }

  // Looking up goes through all sources: only when the answer may be there, when nothing else is
  // left, or when too much is kept.
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
    const Waiting next = *waiting_.begin();
    look_up_count_ = std::max<std::size_t>(limit_, 1);
    if (next.is_sure && !matches_.contains(next.source)) TRY(MatchAhead());
    waiting_.erase(waiting_.begin());
    const Status status = next.is_sure ? AddMatches(next.source) : Settle(next.source);
    scan_.Tell(next.source);
    return status;
  }

  // Whether a source that is not sure is worth a visit, and when.
  Status Settle(std::size_t source) {
    const auto ahead = looks_.extract(source);
    const Look look = ahead.empty() ? LookAt(source) : std::move(ahead.mapped());
    if (look.may_hold && look.newest.has_value() && look.newest->has_value()) {
      Put(source, **look.newest, true);
      return {};
    }
    ++stats_.row_groups_skipped;
    if (!look.may_hold) {
      if (filter_question_.CanHold()) ++stats_.row_groups_filtered;
      return {};
    }
    if (look.newest.has_value()) return {};
    return scan_.Tolerate(*scan_.sources[source], look.newest.error());
  }

  Look LookAt(std::size_t place) const {
    const scan::SpanSource& source = *scan_.sources[place];
    if (!source.MayHold(filter_question_)) return {};
    return {true, NewestIn(source, start_min_, start_max_)};
  }

  Status AddMatches(std::size_t source) {
    const auto matches = matches_.extract(source);
    ++stats_.row_groups_read;
    stats_.spans_scanned += scan_.sources[source]->stats().span_count;
    const Result<Matches>& found = matches.mapped();
    if (!found.has_value()) return scan_.Tolerate(*scan_.sources[source], found.error());
    const auto& [ids, starts] = *found;
    stats_.rows += ids.size();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      // Of whom it is lost which trace they are of, there is nothing to show.
      if (!ids[i].is_zero()) candidates_.Add(ids[i], starts[i]);
    }
    match_memory_.ShrinkTo(MatchedBytes());
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

  // Matches the next source, which is sure, and at the same time others whose turn most likely
  // comes soon: twice as many as the last time. A question that the first source answers reads no
  // other.
  Status MatchAhead() {
    const DamageNotes::Keeping keeping(scan_.notes);
    std::vector<std::size_t> sources = NextToMatch(ahead_count_);
    // Where there is no room for more, one at a time.
    if (sources.size() == 1 || !match_memory_.TryTake(BytesOf(sources))) {
      sources.resize(1);
      TRY(match_memory_.Take(BytesOf(sources)));
    }
    ahead_count_ = std::min(2 * ahead_count_, kAheadMax);
    std::vector<Result<Matches>> found(sources.size());
    base::ForEach(scan_.context.helpers, sources.size(),
                  [&](std::size_t i) { found[i] = Match(*scan_.sources[sources[i]], spans_); });
    for (std::size_t i = 0; i < sources.size(); ++i) {
      matches_.emplace(sources[i], std::move(found[i]));
    }
    match_memory_.ShrinkTo(MatchedBytes());
    return {};
  }

  // What is kept of what was found until its turn comes.
  std::uint64_t MatchedBytes() const {
    std::uint64_t count = 0;
    for (const auto& [source, matches] : matches_) {
      if (matches.has_value()) count += matches->ids.size();
    }
    return count * (sizeof(TraceId) + sizeof(UnixNanos));
  }

  std::uint64_t BytesOf(const std::vector<std::size_t>& sources) const {
    std::uint64_t bytes = 0;
    for (const std::size_t source : sources) {
      bytes += scan_.sources[source]->stats().span_count * kMatchBytesPerSpan;
    }
    return bytes;
  }

  // Up to `count` of the sources that wait, in their order, that are not matched yet and worth it.
  std::vector<std::size_t> NextToMatch(std::size_t count) {
    std::vector<std::size_t> sources;
    std::size_t looked_at_count = 0;
    for (const Waiting& waiting : waiting_) {
      if (sources.size() == count || ++looked_at_count > kLookedAtMax) break;
      if (matches_.contains(waiting.source)) continue;
      if (!waiting.is_sure) {
        auto [look, is_new] = looks_.try_emplace(waiting.source);
        if (is_new) look->second = LookAt(waiting.source);
        const bool is_worth_it = look->second.may_hold && look->second.newest.has_value() &&
                                 look->second.newest->has_value();
        if (!is_worth_it) continue;
      }
      sources.push_back(waiting.source);
    }
    return sources;
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
  std::set<Waiting> waiting_;
  // What is known of sources before their turn.
  std::unordered_map<std::size_t, Look> looks_;
  std::unordered_map<std::size_t, Result<Matches>> matches_;
  std::size_t ahead_count_ = 1;
  PassingMemory match_memory_;
  PassingMemory candidate_memory_;
  std::uint64_t candidate_bytes_ = 0;
  std::size_t look_up_count_ = std::max<std::size_t>(limit_, 1);
};

}  // namespace

Result<std::vector<TraceId>> FindTraceIds(const Scan& scan, const ScanSpans& spans,
                                          std::size_t limit, std::size_t place) {
  return Search(scan, spans, limit, place).Run();
}

}  // namespace clew::query
