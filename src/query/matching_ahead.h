#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "query/plan.h"
#include "query/scan.h"
#include "query/source_matches.h"
#include "scan/filter_question.h"

namespace clew::query {

/// A source still to be visited. Of those whose newest spans are equally new by what is known, the
/// one that begins last comes first: most likely it arrived last.
struct WaitingSource {
  UnixNanos newest;  // no match in it started later
  UnixNanos oldest;
  std::size_t place;
  bool is_sure;  // by the starts of its spans, not by its statistics alone
  bool operator<(const WaitingSource& other) const {
    return std::tie(other.newest, other.oldest, other.place) < std::tie(newest, oldest, place);
  }
};

/// Looks into the sources of a search and matches their spans: that whose turn it is, and at the
/// same time, as long as there is memory for it, others whose turn most likely comes soon. A
/// question that the first source answers reads no other. One thread, which others help.
class MatchingAhead {
 public:
  /// All outlive it. `bound` is what judges the traces of what is found; null: nothing does.
  MatchingAhead(const Scan& scan, const ScanSpans& spans, const BoundScan* bound);

  /// What is known of a source before it is matched.
  struct Look {
    bool may_hold = false;
    Result<std::optional<UnixNanos>> newest = std::optional<UnixNanos>();
  };
  Look TakeLook(std::size_t place);

  /// Of the first of `waiting`, which is sure.
  Status MatchFirst(const std::set<WaitingSource>& waiting);
  /// What was found in it. The memory of that counts as the caller's from now on.
  Result<Matches> TakeMatches(std::size_t place);

  /// False when filters are not needed to say that nothing matches.
  bool can_hold() const { return filter_question_.CanHold(); }

 private:
  Look LookAt(std::size_t place) const;
  std::vector<std::size_t> NextToMatch(const std::set<WaitingSource>& waiting);
  std::uint64_t BytesOf(const std::vector<std::size_t>& places) const;
  std::uint64_t MatchedBytes() const;

  const Scan& scan_;
  const ScanSpans& spans_;
  const BoundScan* const bound_;
  const scan::FilterQuestion filter_question_;
  // What is known of sources before their turn.
  std::unordered_map<std::size_t, Look> looks_;
  std::unordered_map<std::size_t, Result<Matches>> matches_;
  std::size_t ahead_count_ = 1;
  PassingMemory memory_;
};

}  // namespace clew::query
