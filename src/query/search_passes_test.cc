#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <vector>

#include "query/collect.h"
#include "query/store_query.h"
#include "query/traceql_plan.h"
#include "storage/testing/test_store.h"
#include "traceql/check.h"
#include "traceql/evaluate/testing/random_query.h"
#include "traceql/evaluate/testing/random_trace.h"
#include "traceql/parse.h"

// What a search finds does not show how it was found: random queries over random traces, which lie
// in head and blocks, whole or in pieces and some spans more than once, with all passes and with
// each of them off.
namespace clew::query {
namespace {

using storage::testing::TestStore;
using traceql::evaluate::testing::Dice;
using traceql::evaluate::testing::RandomQuery;
using traceql::evaluate::testing::RandomTrace;

TraceId IdOf(std::size_t number) {
  TraceId id;
  id.bytes[14] = static_cast<std::uint8_t>(number / 256);
  id.bytes[15] = static_cast<std::uint8_t>(number % 256 + 1);
  return id;
}

class RandomStore {
 public:
  explicit RandomStore(Dice* dice) : dice_(*dice), pieces_(2 + dice->Below(4)) {
    for (std::size_t number = 0; number < kTraces; ++number) Add(number);
    for (const model::TraceData& piece : pieces_) {
      if (piece.spans.empty()) continue;
      EXPECT_TRUE(store_.Append(piece).has_value());
      if (dice_.OneIn(2)) EXPECT_TRUE(store_.storage().Flush().has_value());
    }
  }

  storage::Storage& storage() { return store_.storage(); }

 private:
  static constexpr std::size_t kTraces = 24;

  void Add(std::size_t number) {
    model::TraceData trace = RandomTrace(&dice_, false);
    const bool is_spread = dice_.OneIn(3);
    const std::size_t home = dice_.Below(pieces_.size());
    const UnixNanos later = static_cast<UnixNanos>(dice_.Below(2000));
    std::vector<bool> has_tables(pieces_.size(), false);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> offsets(pieces_.size());
    for (model::Span& span : trace.spans) {
      span.trace_id = IdOf(number);
      span.start += later;
      if (span.end != 0) span.end += later;
      const std::size_t copies = is_spread && dice_.OneIn(6) ? 2 : 1;
      for (std::size_t copy = 0; copy < copies; ++copy) {
        const std::size_t place = is_spread ? dice_.Below(pieces_.size()) : home;
        model::TraceData& piece = pieces_[place];
        if (!has_tables[place]) {
          has_tables[place] = true;
          offsets[place] = {static_cast<std::uint32_t>(piece.resources.size()),
                            static_cast<std::uint32_t>(piece.scopes.size())};
          piece.resources.insert(piece.resources.end(), trace.resources.begin(),
                                 trace.resources.end());
          piece.scopes.insert(piece.scopes.end(), trace.scopes.begin(), trace.scopes.end());
        }
        model::Span& added = piece.spans.emplace_back(span);
        added.resource += offsets[place].first;
        added.scope += offsets[place].second;
      }
    }
  }

  Dice& dice_;
  std::vector<model::TraceData> pieces_;
  TestStore store_;
};

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
  constexpr std::uint64_t kStores = 6;
  constexpr int kQueries = 8;
  std::uint64_t found_count = 0;
  std::uint64_t ruled_out = 0;
  for (std::uint64_t seed = 0; seed < kStores; ++seed) {
    Dice dice(seed);
    RandomStore store(&dice);
    for (int i = 0; i < kQueries; ++i) {
      const std::string text = RandomQuery(&dice);
      const auto query = traceql::Parse(text);
      ASSERT_TRUE(query.has_value()) << text;
      TraceQlSearch search{.limit = dice.OneIn(2) ? 3u : 100u, .spans_per_set = 4};
      if (dice.OneIn(4)) search.start_min = 1000 + static_cast<UnixNanos>(dice.Below(2000));
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
