#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "query/collect.h"
#include "query/store_query.h"
#include "query/testing/test_query.h"
#include "query/traceql_plan.h"
#include "storage/testing/test_store.h"
#include "traceql/parse.h"

// Searches in TraceQL over a store: traces are judged whole, wherever their spans lie.
namespace clew::query {
namespace {

using model::StatusCode;
using model::Value;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

using Ids = std::vector<std::string>;

class MatchTracesTest : public ::testing::TestWithParam<bool> {
 protected:
  /// A batch, and where the parameter says so a block of its own.
  void Load(const std::vector<SpanSpec>& specs) {
    ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
    if (GetParam()) {
      ASSERT_TRUE(store_.storage().Flush().has_value());
    }
  }

  Result<std::vector<MatchedTrace>> Run(const std::string& text, TraceQlSearch search = {}) {
    ASSIGN_OR_RETURN(const traceql::Query query, traceql::Parse(text));
    ASSIGN_OR_RETURN(const Plan plan, TraceQlPlan(query, search));
    StoreQuery service(store_.storage());
    QueryContext context;
    context.stats = &stats_;
    context.left_out = &left_out_;
    context.memory = memory_;
    return Collect<MatchedTrace>(service, plan, context);
  }
  Ids Search(const std::string& text, TraceQlSearch search = {}) {
    const auto found = Run(text, search);
    EXPECT_TRUE(found.has_value()) << text << ": " << found.error().message;
    Ids ids;
    for (const MatchedTrace& trace : found.value_or(std::vector<MatchedTrace>())) {
      std::string id = trace.spans->trace_ids[0].ToHex();
      ids.push_back(id.substr(id.find_first_not_of('0')));
    }
    return ids;
  }

  TestStore store_;
  QueryStats stats_;
  LeftOut left_out_;
  AnswerMemory* memory_ = nullptr;
};

TEST_P(MatchTracesTest, StructureHoldsAcrossPlaces) {
  Load({{.trace = "a", .span = "1", .service = "front", .name = "root", .start = 100}});
  Load({{.trace = "a", .span = "2", .parent = "1", .service = "back", .name = "mid", .start = 110},
        {.trace = "b", .span = "1", .service = "front", .name = "root", .start = 200}});
  Load({{.trace = "a", .span = "3", .parent = "2", .service = "db", .name = "leaf", .start = 120},
        {.trace = "b", .span = "2", .service = "db", .name = "leaf", .start = 210}});

  EXPECT_EQ(Search("{ name = `root` } >> { name = `leaf` }"), Ids{"a"});
  EXPECT_EQ(Search("{ name = `root` } > { name = `leaf` }"), Ids{});
  EXPECT_EQ(Search("{ name = `leaf` } << { name = `root` }"), Ids{"a"});
  EXPECT_EQ(Search("{ name = `root` } && { name = `leaf` }"), (Ids{"b", "a"}));
  EXPECT_EQ(Search("{ resource.service.name = `db` } | count() > 1"), Ids{});
  EXPECT_EQ(Search("{ } | count() > 2"), Ids{"a"});
  EXPECT_EQ(Search("{ rootName = `root` && name = `leaf` }"), (Ids{"b", "a"}));
  EXPECT_EQ(Search("{ name = `leaf` } !<< { name = `root` }"), Ids{"b"});
}

TEST_P(MatchTracesTest, TheNewestComeFirstAndNoMoreThanAsked) {
  for (int i = 1; i <= 30; ++i) {
    Load({{.trace = fmt::format("{:x}", i),
           .span = "1",
           .service = "s",
           .name = i % 3 == 0 ? "third" : "other",
           .start = 1000 * i},
          {.trace = fmt::format("{:x}", i),
           .span = "2",
           .parent = i % 2 == 0 ? "1" : "",
           .service = "s",
           .name = "below",
           .start = 1000 * i + 1}});
  }

  EXPECT_EQ(Search("{ name = `third` }", {.limit = 3}), (Ids{"1e", "1b", "18"}));
  // Of the candidates every other one matches: more are looked for.
  EXPECT_EQ(Search("{ name = `third` } > { name = `below` }", {.limit = 3}),
            (Ids{"1e", "18", "12"}));
  EXPECT_EQ(Search("{ name = `third` } > { name = `below` }", {.limit = 100}),
            (Ids{"1e", "18", "12", "c", "6"}));
}

TEST_P(MatchTracesTest, ATraceIsLookedAtWhenASpanThatMayMatchStartsInTheRange) {
  Load({{.trace = "a", .span = "1", .service = "s", .name = "early", .start = 100},
        {.trace = "a", .span = "2", .parent = "1", .service = "s", .name = "late", .start = 900},
        {.trace = "b", .span = "1", .service = "s", .name = "late", .start = 2000}});

  const TraceQlSearch middle{.start_min = 500, .start_max = 1000};
  EXPECT_EQ(Search("{ name = `late` }", middle), Ids{"a"});
  EXPECT_EQ(Search("{ name = `early` }", middle), Ids{});
  const auto both = Run("{ name = `early` } > { name = `late` }", middle);
  ASSERT_TRUE(both.has_value());
  ASSERT_EQ(both->size(), 1u);
  EXPECT_EQ((*both)[0].spans->span_count(), 2u) << "also what lies outside of the range";
}

TEST_P(MatchTracesTest, SpansComeWithWhatTheQueryAsks) {
  std::vector<SpanSpec> specs;
  for (int i = 0; i < 5; ++i) {
    specs.push_back({.trace = "a",
                     .span = fmt::format("{}", i + 1),
                     .service = "shop",
                     .name = "op",
                     .start = 100 - i,
                     .duration = Nanos(1'500'000'000),
                     .status = StatusCode::kError,
                     .attributes = {{"n", Value{std::int64_t{i}}}}});
  }
  Load(specs);

  const auto found = Run(
      "{ .n >= 1 && status = error } | by(resource.service.name) | count() > 2 | select(.absent, "
      "span:parentID)",
      {.spans_per_set = 2});

  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_EQ(found->size(), 1u);
  const MatchedTrace& trace = (*found)[0];
  EXPECT_FALSE(trace.shows_names);
  ASSERT_EQ(trace.sets.size(), 1u);
  const MatchedSet& set = trace.sets[0];
  EXPECT_EQ(set.span_count, 4u);
  ASSERT_EQ(set.spans.size(), 2u);
  EXPECT_EQ(trace.spans->starts[set.spans[0].row], 96);
  const auto value_of = [](const std::vector<NamedValue>& values, const std::string& name) {
    const auto at = std::ranges::find(values, name, &NamedValue::name);
    return at == values.end() ? std::string("none") : model::ValueToText(at->value);
  };
  EXPECT_EQ(value_of(set.attributes, "by(resource.service.name)"), "shop");
  EXPECT_EQ(value_of(set.attributes, "count()"), "4");
  EXPECT_EQ(value_of(set.spans[0].attributes, "n"), "4");
  EXPECT_EQ(value_of(set.spans[0].attributes, "status"), "error");
  EXPECT_EQ(value_of(set.spans[0].attributes, "absent"), "nil");
}

TEST_P(MatchTracesTest, ArraysAreFoundByTheirElements) {
  SpanSpec span{.trace = "a", .span = "1", .service = "s", .name = "op", .start = 1};
  span.attributes = {
      {"tags", Value{Value::Array{Value{std::string("x")}, Value{std::string("y")}}}}};
  Load({span});

  EXPECT_EQ(Search("{ .tags = `y` }"), Ids{"a"});
  EXPECT_EQ(Search("{ .tags = `z` }"), Ids{});
  EXPECT_EQ(Search("{ .tags != `z` }"), Ids{"a"});
  EXPECT_EQ(Search("{ .tags != `x` }"), Ids{});
  EXPECT_EQ(Search("{ .tags =~ `[y]` }"), Ids{"a"});
}

TEST_P(MatchTracesTest, WhatIsOddIsFoundByWhatAQuerySeesOfIt) {
  SpanSpec span{.trace = "a", .span = "1", .service = "s", .name = "op", .start = 1};
  span.attributes = {{"n", Value{std::int64_t{1}}},
                     {"n", Value{std::string("x")}},
                     {"blob", Value{model::ByteString{"x"}}}};
  Load({span});

  EXPECT_EQ(Search("{ .n = `x` }"), Ids{"a"});
  EXPECT_EQ(Search("{ .n = 1 }"), Ids{});
  EXPECT_EQ(Search("{ !(.n = 1) }"), Ids{"a"});
  EXPECT_EQ(Search("{ !(.n = `x`) }"), Ids{});
  EXPECT_EQ(Search("{ .blob = nil }"), Ids{"a"});
  EXPECT_EQ(Search("{ .blob != nil }"), Ids{});
}

TEST_P(MatchTracesTest, ARootWithoutANameIsCalledByOne) {
  Load({{.trace = "a", .span = "1", .service = "s", .name = "", .start = 1}});
  Load({{.trace = "b", .span = "1", .parent = "9", .service = "s", .name = "op", .start = 2}});

  EXPECT_EQ(Search("{ rootName != `` }"), Ids{"a"});
  EXPECT_EQ(Search("{ rootName > `` }"), Ids{"a"});
  EXPECT_EQ(Search("{ rootName = `` }"), Ids{"b"});
  EXPECT_EQ(Search("{ rootName = `empty-span-name` }"), Ids{"a"});
  EXPECT_EQ(Search("{ name = `` }"), Ids{"a"});
  EXPECT_EQ(Search("{ name > `` }"), (Ids{"b", "a"}));
}

TEST_P(MatchTracesTest, AsManySetsAsSpansAreCounted) {
  constexpr int kSpans = 3000;
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= kSpans; ++i) {
    specs.push_back({.trace = "a", .span = fmt::format("{:x}", i), .service = "s", .start = i});
  }
  Load(specs);
  base::Metrics metrics;
  // Room for the trace, and not for a set with forty values of each of its spans.
  base::MemoryBudget budget(16u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  memory_ = &memory;

  EXPECT_EQ(Search("{ }"), Ids{"a"});
  memory.GiveBack(memory.bytes());
  std::string query = "{ } | by(span:id) | select(.a";
  for (int i = 0; i < 40; ++i) query += fmt::format(", .a{}", i);
  const auto grouped = Run(query + ")");

  ASSERT_FALSE(grouped.has_value());
  EXPECT_TRUE(grouped.error().code == Code::kResourceExhausted ||
              grouped.error().code == Code::kUnavailable)
      << grouped.error().message;
}

TEST_P(MatchTracesTest, TracesAreRuledOutUnlessTheyAreElsewhere) {
  // Of "b" one place has the root and the other one the leaf; of the rest all is in one.
  Load({{.trace = "a", .span = "1", .service = "s", .name = "root", .start = 100},
        {.trace = "a", .span = "2", .parent = "1", .service = "s", .name = "leaf", .start = 110},
        {.trace = "b", .span = "1", .service = "s", .name = "root", .start = 200},
        {.trace = "c", .span = "1", .service = "s", .name = "leaf", .start = 300},
        {.trace = "d", .span = "1", .service = "s", .name = "leaf", .start = 400},
        {.trace = "d", .span = "2", .parent = "1", .service = "s", .name = "root", .start = 410}});
  Load({{.trace = "b", .span = "2", .parent = "1", .service = "s", .name = "leaf", .start = 210}});

  EXPECT_EQ(Search("{ name = `root` } > { name = `leaf` }"), (Ids{"b", "a"}));
  EXPECT_EQ(stats_.At(1).traces_ruled_out, 2u) << "c has no root, and in d it is below the leaf";
  EXPECT_EQ(Search("{ name = `leaf` } | count() > 1"), Ids{});
  EXPECT_EQ(stats_.At(1).traces_ruled_out, 3u) << "of all but b, which is in two places";
  EXPECT_EQ(Search("{ name = `leaf` }"), (Ids{"d", "c", "b", "a"}));
  EXPECT_EQ(stats_.At(1).traces_ruled_out, 0u);
}

TEST_P(MatchTracesTest, NoMoreTracesAreLookedAtThanAreAllowed) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 50; ++i) {
    specs.push_back({.trace = fmt::format("{:x}", i),
                     .span = "1",
                     .service = "s",
                     .name = "op",
                     .start = 1000 * i,
                     .duration = Nanos(i)});
  }
  Load(specs);
  // What no scan can say.
  const auto query = traceql::Parse("{ duration * 2 < 60ns }");
  const auto plan = TraceQlPlan(*query, {.limit = 10});
  ASSERT_TRUE(plan.has_value());
  const auto count_with = [&](std::size_t search_traces_max) {
    StoreQuery service(store_.storage(), kAnswerBytesMax, kMoreLookedAtMax, search_traces_max);
    left_out_ = {};
    QueryContext context;
    context.left_out = &left_out_;
    return Collect<MatchedTrace>(service, *plan, context).value().size();
  };

  EXPECT_EQ(count_with(100), 10u);
  EXPECT_TRUE(left_out_.empty());
  EXPECT_EQ(count_with(31), 10u) << "the newest 21 do not match, the 10 after them do";
  EXPECT_TRUE(left_out_.empty());
  EXPECT_EQ(count_with(15), 4u) << "of the newest 25";
  EXPECT_THAT(left_out_.first(), testing::HasSubstr("only the newest 25 of the traces"));
}

TEST_P(MatchTracesTest, WhatCannotBeAskedIsAnError) {
  EXPECT_EQ(Run("{ name = `x` } | rate()").error().code, Code::kInvalidArgument);
  EXPECT_EQ(Run("{ 1 + 1 }").error().code, Code::kInvalidArgument);
  Load({{.trace = "a", .span = "1", .service = "s", .name = "op", .start = 1}});
  EXPECT_EQ(Run("{ 1 / 0 = 1 && name = `op` }").error().code, Code::kInvalidArgument);
  for (const char* const query :
       {"{ } with(passes_off=\"stop-early,no-such\")", "{ } with(passes_off=3)"}) {
    const auto run = Run(query);
    ASSERT_FALSE(run.has_value()) << query;
    EXPECT_EQ(run.error().code, Code::kInvalidArgument);
    EXPECT_THAT(run.error().message, testing::HasSubstr("name some of skip-by-statistics"));
  }
}

TEST_P(MatchTracesTest, ARunIsExplained) {
  Load({{.trace = "a", .span = "1", .service = "s", .name = "op", .start = 1}});
  const auto query = traceql::Parse("{name=`op`}");
  const auto plan = TraceQlPlan(*query, {.limit = 7});
  ASSERT_TRUE(plan.has_value());

  EXPECT_EQ(
      Explain(*plan, nullptr),
      "match whole traces: { name = \"op\" }, newest 7, 3 spans a set, passes skip-by-statistics "
      "skip-by-filters stop-early match-ahead\n"
      "  scan spans: span:name = \"op\"\n");
  EXPECT_EQ(Search("{name=`op`}"), Ids{"a"});
  EXPECT_EQ(stats_.operators.at(0).rows, 1u);
  EXPECT_EQ(stats_.operators.at(1).rows, 1u);
}

INSTANTIATE_TEST_SUITE_P(HeadAndBlocks, MatchTracesTest, ::testing::Bool());

}  // namespace
}  // namespace clew::query
