#include "query/matching_ahead.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/for_each.h"

namespace clew::query {
namespace {

// So many sources are matched at the same time, when the first did not suffice. The same however
// many threads there are: what is read does not depend on them.
constexpr std::size_t kAheadMax = 8;
// So many are looked at to find those.
constexpr std::size_t kLookedAtMax = 64;

// What matching takes of memory, of which no cache knows: sets of rows, columns on their way into
// the cache, and what was found.
constexpr std::uint64_t kMatchBytesPerSpan = 64;

}  // namespace

MatchingAhead::MatchingAhead(const Scan& scan, const ScanSpans& spans, const BoundScan* bound)
    : scan_(scan),
      spans_(spans),
      bound_(bound),
      filter_question_(spans.condition),
      memory_(scan.context) {}

MatchingAhead::Look MatchingAhead::TakeLook(std::size_t place) {
  const auto ahead = looks_.extract(place);
  return ahead.empty() ? LookAt(place) : std::move(ahead.mapped());
}

MatchingAhead::Look MatchingAhead::LookAt(std::size_t place) const {
  const scan::SpanSource& source = *scan_.sources[place];
  const bool is_asked = scan_.context.passes.Has(Pass::kSkipByFilters);
  if (is_asked && !source.MayHold(filter_question_)) return {};
  return {true, NewestIn(source, spans_.start_min.value_or(std::numeric_limits<UnixNanos>::min()),
                         spans_.start_max.value_or(std::numeric_limits<UnixNanos>::max()))};
}

// Twice as many each time.
Status MatchingAhead::MatchFirst(const std::set<WaitingSource>& waiting) {
  if (matches_.contains(waiting.begin()->place)) return {};
  const DamageNotes::Keeping keeping(scan_.notes);
  std::vector<std::size_t> places = NextToMatch(waiting);
  // Where there is no room for more, one at a time.
  if (places.size() == 1 || !memory_.TryTake(BytesOf(places))) {
    places.resize(1);
    TRY(memory_.Take(BytesOf(places)));
  }
  const std::size_t most = scan_.context.passes.Has(Pass::kMatchAhead) ? kAheadMax : 1;
  ahead_count_ = std::min(2 * ahead_count_, most);
  std::vector<Result<Matches>> found(places.size());
  base::ForEach(scan_.context.helpers, places.size(),
                [&](std::size_t i) { found[i] = Match(scan_, places[i], spans_, bound_); });
  for (std::size_t i = 0; i < places.size(); ++i) {
    matches_.emplace(places[i], std::move(found[i]));
  }
  memory_.ShrinkTo(MatchedBytes());
  return {};
}

Result<Matches> MatchingAhead::TakeMatches(std::size_t place) {
  auto matches = matches_.extract(place);
  memory_.ShrinkTo(MatchedBytes());
  return std::move(matches.mapped());
}

// Of the sources that wait, in their order, those that are not matched yet and worth it.
std::vector<std::size_t> MatchingAhead::NextToMatch(const std::set<WaitingSource>& waiting) {
  std::vector<std::size_t> places;
  std::size_t looked_at_count = 0;
  for (const WaitingSource& source : waiting) {
    if (places.size() == ahead_count_ || ++looked_at_count > kLookedAtMax) break;
    if (matches_.contains(source.place)) continue;
    if (!source.is_sure) {
      auto [look, is_new] = looks_.try_emplace(source.place);
      if (is_new) look->second = LookAt(source.place);
      const bool is_worth_it = look->second.may_hold && look->second.newest.has_value() &&
                               look->second.newest->has_value();
      if (!is_worth_it) continue;
    }
    places.push_back(source.place);
  }
  return places;
}

std::uint64_t MatchingAhead::BytesOf(const std::vector<std::size_t>& places) const {
  const std::uint64_t each = kMatchBytesPerSpan + (bound_ == nullptr ? 0 : bound_->BytesPerSpan());
  std::uint64_t bytes = 0;
  for (const std::size_t place : places) {
    bytes += scan_.sources[place]->stats().span_count * each;
  }
  return bytes;
}

// What is kept of what was found until its turn comes.
std::uint64_t MatchingAhead::MatchedBytes() const {
  std::uint64_t count = 0;
  for (const auto& [place, matches] : matches_) {
    if (matches.has_value()) count += matches->ids.size() + matches->failed.ids.size();
  }
  return count * (sizeof(TraceId) + sizeof(UnixNanos));
}

}  // namespace clew::query
