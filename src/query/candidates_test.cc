#include "query/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace clew::query {
namespace {

TraceId Id(std::uint8_t number) {
  TraceId id;
  id.bytes[15] = number;
  return id;
}

TEST(Candidates, AreSettledWhenNothingLaterCanComeFirst) {
  Candidates candidates(2);
  candidates.Add(Id(1), 100);
  candidates.Add(Id(2), 90);
  candidates.Add(Id(3), 80);
  EXPECT_TRUE(candidates.IsFullBefore(89));
  EXPECT_FALSE(candidates.IsFullBefore(90));
  EXPECT_FALSE(candidates.IsSettledAt(10));

  candidates.SetExact(Id(1), 100);
  candidates.SetExact(Id(2), 85);
  // What is behind the mark is dropped and stays out.
  EXPECT_EQ(candidates.size(), 2u);
  candidates.Add(Id(4), 84);
  EXPECT_EQ(candidates.size(), 2u);
  EXPECT_TRUE(candidates.IsSettledAt(84));
  EXPECT_FALSE(candidates.IsSettledAt(85));
  EXPECT_EQ(candidates.First(), (std::vector<TraceId>{Id(1), Id(2)}));
}

TEST(Candidates, ATraceThatIsGoneKeepsItsBound) {
  Candidates candidates(1);
  candidates.Add(Id(1), 100);
  candidates.SetExact(Id(1), std::nullopt);
  EXPECT_FALSE(candidates.has_inexact());
  EXPECT_TRUE(candidates.IsSettledAt(99));
}

TEST(Candidates, ALimitOfZeroTakesNothing) {
  Candidates candidates(0);
  candidates.Add(Id(1), 100);
  EXPECT_EQ(candidates.size(), 0u);
  EXPECT_TRUE(candidates.IsSettledAt(1000));
}

// Whatever the order of spans and look-ups, the answer is that of sorting everything.
TEST(Candidates, GiveWhatSortingEverythingGives) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    const std::size_t limit = 1 + random() % 8;
    std::map<TraceId, UnixNanos> starts;
    Candidates candidates(limit);
    std::vector<std::pair<TraceId, UnixNanos>> spans;
    for (std::uint8_t trace = 0; trace < 40; ++trace) {
      const auto start = static_cast<UnixNanos>(random() % 50);
      starts[Id(trace)] = start;
      for (auto count = 1 + random() % 4; count > 0; --count) {
        spans.emplace_back(Id(trace), start + static_cast<UnixNanos>(random() % 60));
      }
    }
    std::ranges::shuffle(spans, random);
    for (const auto& [id, start] : spans) {
      candidates.Add(id, start);
      if (random() % 6 != 0) continue;
      for (const TraceId& inexact : candidates.InexactAmongFirst(1 + random() % 10)) {
        candidates.SetExact(inexact, starts.at(inexact));
      }
    }
    while (candidates.has_inexact()) {
      for (const TraceId& id : candidates.InexactAmongFirst(40)) {
        candidates.SetExact(id, starts.at(id));
      }
    }
    std::vector<std::pair<UnixNanos, TraceId>> sorted;
    for (const auto& [id, start] : starts) sorted.emplace_back(-start, id);
    std::ranges::sort(sorted);
    const std::vector<TraceId> found = candidates.First();
    ASSERT_EQ(found.size(), limit);
    for (std::size_t i = 0; i < limit; ++i) EXPECT_EQ(found[i], sorted[i].second) << round;
  }
}

}  // namespace
}  // namespace clew::query
