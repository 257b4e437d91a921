#include "query/call_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <span>
#include <utility>

#include "base/memory_budget.h"
#include "query/answer_memory.h"
#include "query/source_calls.h"
#include "query/spread_traces.h"

namespace clew::query {
namespace {

using Calls = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>;

TraceId Trace(std::uint32_t number) { return *TraceId::FromHex(fmt::format("{:x}", number + 1)); }
SpanId Span(std::uint32_t number) {
  return number == 0 ? SpanId() : *SpanId::FromHex(fmt::format("{:x}", number));
}

/// Traces of a root and three spans that it calls, each in one of the units, near each other.
struct Sources {
  static constexpr std::uint32_t kServiceCount = 5;
  using Services = std::vector<std::uint32_t>;
  static inline const auto kServices = std::make_shared<const Services>(Services{0, 1, 2, 3, 4});
  /// By unit, then by last unit.
  std::vector<std::map<std::uint32_t, PartedFragments>> all;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> calls;

  Sources(std::uint32_t trace_count, std::uint32_t unit_count) : all(unit_count) {
    std::mt19937 random(3);
    for (std::uint32_t trace = 0; trace < trace_count; ++trace) {
      std::vector<std::uint32_t> services;
      std::vector<std::uint32_t> units;
      const std::uint32_t first = static_cast<std::uint32_t>(random()) % (unit_count - 3);
      for (std::uint32_t span = 0; span < 4; ++span) {
        services.push_back(static_cast<std::uint32_t>(random()) % kServiceCount);
        units.push_back(first + static_cast<std::uint32_t>(random()) % 4);
        if (span > 0) ++calls[{services[0], services[span]}];
      }
      const std::uint32_t last = std::ranges::max(units);
      for (std::uint32_t span = 0; span < 4; ++span) {
        Add(Trace(trace), {{Span(span + 1), Span(span == 0 ? 0 : 1), services[span]}},
            &all[units[span]][last]);
      }
    }
  }

  static void Add(const TraceId& trace, const std::vector<CallSpan>& spans,
                  PartedFragments* parts) {
    CallFragments& part = (*parts)[CallPartOf(TraceHash(1)(trace))];
    part.services = kServices;
    part.traces.push_back({trace, static_cast<std::uint32_t>(part.spans.size()),
                           static_cast<std::uint32_t>(spans.size())});
    part.spans.insert(part.spans.end(), spans.begin(), spans.end());
  }
};

Calls CallsIn(const PairCounts& counts) {
  Calls calls;
  counts.ForEach([&](std::uint32_t parent, std::uint32_t child, std::uint64_t count) {
    calls[{parent, child}] += count;
  });
  return calls;
}

/// All rounds of a join; how many there were.
int JoinAll(const Sources& sources, const QueryContext& context, PairCounts* counts) {
  const auto unit_count = static_cast<std::uint32_t>(sources.all.size());
  CallJoin join(context, unit_count);
  int rounds = 0;
  for (; !join.is_done(); join.EndRound()) {
    ++rounds;
    for (std::uint32_t unit = 0; join.IsInRound(unit); ++unit) {
      for (const auto& [last, parts] : sources.all[unit]) {
        EXPECT_TRUE(join.Add(last, parts).has_value());
      }
      const auto undecided =
          join.Join(unit, {}, false, nullptr, Sources::kServiceCount, counts).value();
      EXPECT_TRUE(undecided.with_repeats.empty());
      EXPECT_TRUE(undecided.with_lost_parents.empty());
    }
  }
  return rounds;
}

TEST(CallJoin, ReadsSourcesAgainForWhatHadNoRoom) {
  const Sources sources(20'000, 12);
  base::Metrics metrics;
  // A quarter is for answers.
  base::MemoryBudget budget(4u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  PairCounts counts(Sources::kServiceCount);
  EXPECT_GT(JoinAll(sources, {.memory = &memory}, &counts), 1);
  EXPECT_EQ(CallsIn(counts), sources.calls);
  EXPECT_EQ(memory.bytes(), 0u);

  PairCounts at_once(Sources::kServiceCount);
  EXPECT_EQ(JoinAll(sources, {}, &at_once), 1);
  EXPECT_EQ(CallsIn(at_once), sources.calls);

  // When there is no room even for a part of those of one unit.
  base::MemoryBudget small(64u << 10, metrics);
  AnswerMemory little(small.account(base::MemoryUse::kAnswers));
  const QueryContext context{.memory = &little};
  CallJoin join(context, 1);
  Status added;
  for (const auto& [last, parts] : sources.all[5]) {
    if (added) added = join.Add(0, parts);
  }
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code, Code::kResourceExhausted);
  // Of what is lost in part nothing more is taken, and nothing is held for it.
  EXPECT_EQ(little.bytes(), 0u);
  for (std::size_t part = 0; part < kCallParts; ++part) EXPECT_FALSE(join.Takes(0, part));
  PairCounts none(Sources::kServiceCount);
  EXPECT_TRUE(join.Join(0, {}, true, nullptr, Sources::kServiceCount, &none).has_value());
  EXPECT_TRUE(CallsIn(none).empty());
  join.EndRound();
  EXPECT_TRUE(join.Takes(0, 1));
}

TEST(CallJoin, ReadsAUnitInPartsWhenItHasNoRoomForIt) {
  const Sources sources(20'000, 4);
  base::Metrics metrics;
  // A unit takes a megabyte.
  base::MemoryBudget budget(4 * 600'000, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  PairCounts counts(Sources::kServiceCount);
  EXPECT_GT(JoinAll(sources, {.memory = &memory}, &counts), 4);
  EXPECT_EQ(CallsIn(counts), sources.calls);
  EXPECT_EQ(memory.bytes(), 0u);
}

TEST(CallJoin, EndsWhenTimeIsUp) {
  const Sources sources(100, 4);
  QueryContext context;
  CallJoin join(context, 4);
  for (const auto& [last, parts] : sources.all[3]) {
    ASSERT_TRUE(join.Add(last, parts).has_value());
  }
  context.deadline = Deadline::min();
  PairCounts counts(Sources::kServiceCount);
  const auto undecided = join.Join(3, {}, false, nullptr, Sources::kServiceCount, &counts);
  EXPECT_EQ(undecided.error().code, Code::kDeadlineExceeded);

  SpreadTraces spread(context);
  ASSERT_TRUE(spread.Note(0, std::vector<std::size_t>{1, 2}).has_value());
  EXPECT_EQ(spread.Find(nullptr).error().code, Code::kDeadlineExceeded);
}

TEST(CallJoin, SaysWhatItCannotDecide) {
  // 0: a parent that is nowhere. 1: a span that is there twice. 2: sound, and skipped. 3: sound.
  // 4 is large, 5 as well and with a span that is there twice.
  PartedFragments a;
  PartedFragments b;
  for (std::uint32_t trace = 0; trace < 4; ++trace) {
    Sources::Add(Trace(trace), {{Span(1), {}, 0}}, &a);
  }
  Sources::Add(Trace(0), {{Span(2), Span(1), 1}, {Span(3), Span(9), 1}}, &b);
  Sources::Add(Trace(1), {{Span(2), Span(1), 1}, {Span(1), {}, 0}}, &b);
  Sources::Add(Trace(2), {{Span(2), Span(1), 1}}, &b);
  Sources::Add(Trace(3), {{Span(2), Span(1), 1}}, &b);
  std::vector<CallSpan> chain = {{Span(1), {}, 2}};
  for (std::uint32_t span = 2; span <= 100; ++span) {
    chain.push_back({Span(span), Span(span - 1), 2});
  }
  Sources::Add(Trace(4), chain, &a);
  chain.push_back(chain[50]);
  Sources::Add(Trace(5), chain, &a);
  // Services have other numbers in all sources than in this one.
  for (CallFragments& part : b) {
    part.services = std::make_shared<const Sources::Services>(Sources::Services{3, 4});
  }

  for (const bool takes_lost_parents : {false, true}) {
    const QueryContext context;
    CallJoin join(context, 1);
    ASSERT_TRUE(join.Add(0, a).has_value());
    ASSERT_TRUE(join.Add(0, b).has_value());
    PairCounts counts(5);
    auto undecided = join.Join(0, {Trace(2)}, takes_lost_parents, nullptr, 5, &counts).value();
    join.EndRound();
    EXPECT_TRUE(join.is_done());
    std::ranges::sort(undecided.with_repeats);
    EXPECT_EQ(undecided.with_repeats, (std::vector<TraceId>{Trace(1), Trace(5)}));
    EXPECT_EQ(undecided.with_lost_parents,
              takes_lost_parents ? std::vector<TraceId>() : std::vector<TraceId>{Trace(0)});
    EXPECT_EQ(CallsIn(counts), (Calls{{{0, 4}, takes_lost_parents ? 2u : 1u}, {{2, 2}, 99}}));
  }
}

TEST(SpreadTraces, KnowTheLastUnitOfEach) {
  const QueryContext context;
  SpreadTraces spread(context);
  constexpr std::uint32_t kTraces = 3000;
  for (std::uint32_t unit = 0; unit < 3; ++unit) {
    std::vector<std::size_t> hashes;
    for (std::uint32_t trace = 0; trace < kTraces; ++trace) {
      // 0 to 999 in unit 0 alone, then in 0 and 1, then in 0 and 2; each twice.
      const std::uint32_t last = trace / 1000;
      if (unit == 0 || unit == last)
        hashes.insert(hashes.end(), 2, std::hash<TraceId>()(Trace(trace)));
    }
    ASSERT_TRUE(spread.Note(unit, hashes).has_value());
  }
  ASSERT_TRUE(spread.Find(nullptr).has_value());
  std::vector<std::size_t> hashes;
  for (std::uint32_t trace = 0; trace < kTraces; ++trace) {
    hashes.push_back(std::hash<TraceId>()(Trace(trace)));
  }
  const std::vector<std::uint32_t> last = spread.LastOf(hashes, 0);
  ASSERT_EQ(last.size(), kTraces);
  for (std::uint32_t trace = 0; trace < kTraces; ++trace) {
    EXPECT_EQ(last[trace], trace / 1000) << trace;
  }
}

// Where a hash lies is guessed, as if they lay evenly.
TEST(SpreadTraces, KnowThoseThatLieUnevenly) {
  const QueryContext context;
  for (const auto& place : std::vector<std::function<std::size_t(std::size_t)>>{
           [](std::size_t i) { return i << 16; },                      // all at the begin
           [](std::size_t i) { return ~std::size_t{0} - (i << 16); },  // at the end
           [](std::size_t i) { return i * i << 32; },                  // ever fewer
           [](std::size_t i) { return i << 54 | (i % 7) << 20; }}) {   // in all parts
    SpreadTraces spread(context);
    std::vector<std::size_t> even;
    std::vector<std::size_t> odd;
    for (std::size_t i = 1; i < 1000; ++i) (i % 2 == 0 ? even : odd).push_back(place(i));
    ASSERT_TRUE(spread.Note(0, even).has_value());
    ASSERT_TRUE(spread.Note(0, odd).has_value());
    ASSERT_TRUE(spread.Note(5, even).has_value());
    ASSERT_TRUE(spread.Find(nullptr).has_value());

    EXPECT_EQ(spread.LastOf(even, 0), std::vector<std::uint32_t>(even.size(), 5));
    EXPECT_EQ(spread.LastOf(odd, 3), std::vector<std::uint32_t>(odd.size(), 3));
  }
}

TEST(SpreadTraces, CountTheirTables) {
  base::Metrics metrics;
  base::MemoryBudget budget(4 * 200'000, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  const QueryContext context{.memory = &memory};
  SpreadTraces spread(context);
  // All in one part, whose table takes more than what was noted.
  std::vector<std::size_t> hashes(10'000);
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = i << 20;
  ASSERT_TRUE(spread.Note(0, hashes).has_value());
  EXPECT_EQ(spread.Find(nullptr).error().code, Code::kResourceExhausted);
}

TEST(TraceHash, NobodyKnowsWhatItMakesOfAnId) {
  EXPECT_EQ(TraceHash(1)(Trace(7)), TraceHash(1)(Trace(7)));
  EXPECT_NE(TraceHash(1)(Trace(7)), TraceHash(2)(Trace(7)));
  EXPECT_EQ(TraceHash()(Trace(7)), TraceHash()(Trace(7))) << "one for the whole process";
}

TEST(SourceCalls, TakeTheRoomThatTheyNeed) {
  scan::TraceTrees trees;
  for (std::uint32_t trace = 0; trace < 1000; ++trace) {
    trees.ids.push_back(Trace(trace));
    trees.first_rows.push_back(3 * trace);
    for (std::uint32_t span = 0; span < 3; ++span) {
      trees.span_ids.push_back(Span(span + 1));
      trees.parents.push_back(span == 0 ? scan::TraceTrees::kNoParent : 3 * trace);
      trees.resources.push_back(span % 2);
    }
  }
  trees.first_rows.push_back(3000);
  const WantedCalls wanted{.hash = TraceHash(1),
                           .last_units_of =
                               [](std::span<const std::size_t> hashes) {
                                 std::vector<std::uint32_t> units;
                                 for (const std::size_t hash : hashes) {
                                   units.push_back(static_cast<std::uint32_t>(hash % 10));
                                 }
                                 return units;
                               },
                           .takes = [](std::uint32_t unit, std::size_t) { return unit < 5; }};

  const SourceCalls calls = CallsOf(trees, {"a", "b"}, nullptr, wanted);

  EXPECT_EQ(calls.last_unit, 9u) << "of all";
  EXPECT_EQ(calls.fragments.size(), 5u);
  std::size_t span_count = 0;
  for (const auto& [unit, parts] : calls.fragments) {
    for (const CallFragments& part : parts) {
      span_count += part.spans.size();
      EXPECT_EQ(part.spans.size(), 3 * part.traces.size());
      EXPECT_EQ(part.byte_size(), part.traces.size() * sizeof(CallFragments::Trace) +
                                      part.spans.size() * sizeof(CallSpan));
    }
  }
  EXPECT_GT(span_count, 1000u);
  EXPECT_LT(span_count, 2000u);
}

TEST(SpreadTraces, OfNoTraces) {
  const QueryContext context;
  SpreadTraces spread(context);
  ASSERT_TRUE(spread.Find(nullptr).has_value());
  EXPECT_EQ(spread.LastOf(std::vector{std::hash<TraceId>()(Trace(0))}, 7),
            std::vector<std::uint32_t>{7});
  EXPECT_TRUE(spread.LastOf({}, 7).empty());
}

}  // namespace
}  // namespace clew::query
