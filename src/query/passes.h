#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace clew::query {

/// What is done to a search so that less is read, matched and judged. None of it changes an answer
/// that is whole: each can be switched off by itself (QueryContext), which is how tests tell.
enum class Pass : std::uint8_t {
  kSkipByStatistics,
  kSkipByFilters,
  kBoundTraces,
  kRelateByParents,
  kJudgeTrees,
  kStopEarly,
  kMatchAhead,
};

struct PassInfo {
  Pass pass;
  std::string_view name;
  std::string_view what;
};

/// In the order of Pass.
inline constexpr std::array<PassInfo, 7> kPasses = {{
    {Pass::kSkipByStatistics, "skip-by-statistics",
     "sources are skipped whose times or durations rule out every span"},
    {Pass::kSkipByFilters, "skip-by-filters",
     "blocks and row groups are skipped whose filters of values rule out every span"},
    {Pass::kBoundTraces, "bound-traces",
     "traces that lie in one source are ruled out by all conditions of the query together"},
    {Pass::kRelateByParents, "relate-by-parents",
     "the same by which span is whose child, as the source stores it"},
    {Pass::kJudgeTrees, "judge-trees",
     "of traces of which few match, what makes up their trees is judged first, when that is all "
     "that is asked of them"},
    {Pass::kStopEarly, "stop-early",
     "no further source is matched once none can bring a newer trace"},
    {Pass::kMatchAhead, "match-ahead", "several sources are matched at the same time"},
}};

/// Those that are on: all of them, until some are switched off.
class PassSet {
 public:
  bool Has(Pass pass) const { return !off_[static_cast<std::size_t>(pass)]; }
  PassSet Without(Pass pass) const {
    PassSet less = *this;
    less.off_.set(static_cast<std::size_t>(pass));
    return less;
  }
  /// Those that are on in both.
  PassSet And(const PassSet& other) const {
    PassSet both = *this;
    both.off_ |= other.off_;
    return both;
  }

 private:
  std::bitset<kPasses.size()> off_;
};

}  // namespace clew::query
