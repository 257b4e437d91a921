#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <vector>

#include "query/collect.h"
#include "query/store_query.h"
#include "query/testing/random_store.h"
#include "query/traceql_plan.h"
#include "traceql/check.h"
#include "traceql/evaluate/testing/random_query.h"
#include "traceql/parse.h"

// What a search finds does not show how it was found: random queries over random traces, which lie
// in head and blocks, whole or in pieces and some spans more than once, with all passes and with
// each of them off.
namespace clew::query {
namespace {

using traceql::evaluate::testing::Dice;
using traceql::evaluate::testing::RandomQuery;

std::string Describe(const MatchedTrace& trace) {
  const auto text_of = [](const std::vector<NamedValue>& values) {
    std::string text;
    for (const NamedValue& value : values) {
      text += fmt::format(" {}={}", value.name, model::ValueToText(value.value));
    }
    return text;
  };
  std::string text =
      trace.spans->trace_ids[0].ToHex() + fmt::format("/{}", trace.spans->span_count());
  for (const MatchedSet& set : trace.sets) {
    text += fmt::format("[{}{}", set.span_count, text_of(set.attributes));
    for (const MatchedSpan& span : set.spans) {
      text += " |" + trace.spans->span_ids[span.row].ToHex() + text_of(span.attributes);
    }
    text += ']';
  }
  return text;
}

class SearchPassesTest : public ::testing::Test {
 protected:
  Result<std::string> Run(storage::Storage& storage, const Plan& plan, PassSet passes) {
    StoreQuery service(storage);
    stats_ = {};
    QueryContext context;
    context.stats = &stats_;
    context.passes = passes;
    ASSIGN_OR_RETURN(const auto found, Collect<MatchedTrace>(service, plan, context));
    std::string text;
    for (const MatchedTrace& trace : found) text += Describe(trace) + '\n';
    return text;
  }

  QueryStats stats_;
};

TEST_F(SearchPassesTest, GiveTheSameAnswerOnAndOff) {
  constexpr std::size_t kTraces = 24;
  constexpr std::uint64_t kStores = 6;
  constexpr int kQueries = 8;
  std::uint64_t found_count = 0;
  std::uint64_t ruled_out = 0;
  for (std::uint64_t seed = 0; seed < kStores; ++seed) {
    Dice dice(seed);
    testing::RandomStore store(&dice, kTraces, /*has_odd_values=*/false);
    for (int i = 0; i < kQueries; ++i) {
      const std::string text = RandomQuery(&dice);
      const auto query = traceql::Parse(text);
      ASSERT_TRUE(query.has_value()) << text;
      TraceQlSearch search{.limit = dice.OneIn(2) ? 3u : 100u, .spans_per_set = 4};
      if (dice.OneIn(4))
        search.start_min = static_cast<UnixNanos>(dice.Below(testing::RandomStore::kEnd));
      const auto plan = TraceQlPlan(*query, search);
      ASSERT_TRUE(plan.has_value()) << text << ": " << plan.error().message;
      const auto expected = Run(store.storage(), *plan, PassSet().Without(Pass::kBoundTraces));
      // Of a trace that cannot match it is not told what would go wrong in it.
      if (!expected.has_value()) continue;
      found_count += expected->empty() ? 0 : 1;
      const auto all = Run(store.storage(), *plan, {});
      ASSERT_EQ(all.value_or("an error"), *expected) << "seed " << seed << ": " << text;
      ruled_out += stats_.At(1).traces_ruled_out;
      for (const PassInfo& pass : kPasses) {
        const auto without = Run(store.storage(), *plan, PassSet().Without(pass.pass));
        ASSERT_EQ(without.value_or("an error"), *expected)
            << "without " << pass.name << ", seed " << seed << ": " << text;
      }
    }
  }
  EXPECT_GT(found_count, kStores * kQueries / 5);
  EXPECT_GT(ruled_out, kStores * kQueries);
}

}  // namespace
}  // namespace clew::query
