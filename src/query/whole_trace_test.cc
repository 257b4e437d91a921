#include "query/whole_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using model::Value;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

using Ids = std::vector<std::string>;

// As what is found lies in fresh batches, or in blocks.
class LargeTraceTest : public ::testing::TestWithParam<bool> {
 protected:
  /// A trace that takes about so much memory as objects.
  static SpanSpec Trace(const std::string& trace, std::size_t bytes, UnixNanos start = 100) {
    constexpr std::size_t kValueBytes = 50'000;  // what a receiver does not cut
    SpanSpec span{.trace = trace, .span = "1", .service = "x", .start = start};
    for (std::size_t done = 0; done < bytes; done += kValueBytes) {
      span.resource_attributes.push_back(
          {fmt::format("large {}", done),
           Value{std::string(std::min(kValueBytes, bytes - done), 'r')}});
    }
    return span;
  }

  void Load(const std::vector<SpanSpec>& specs) {
    ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
    if (GetParam()) {
      ASSERT_TRUE(store_.storage().Flush().has_value());
    }
  }

  /// In answers of at most `bytes_max`; all of them may take four times `memory_bytes` of memory.
  Result<Ids> Search(std::uint64_t bytes_max, std::uint64_t memory_bytes = 64u << 20,
                     const SearchRequest& request = {.condition = ConditionOf({.service = "x"})}) {
    base::Metrics metrics;
    base::MemoryBudget budget(4 * memory_bytes, metrics);
    AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
    left_out_ = {};
    TestQuery query(store_.storage(), bytes_max);
    ASSIGN_OR_RETURN(const std::vector<model::TraceData> found,
                     query.Search({.memory = &memory, .left_out = &left_out_}, request));
    memory_taken_ = memory.bytes();
    Ids ids;
    for (const model::TraceData& trace : found) {
      std::string id = trace.spans.front().trace_id.ToHex();
      id.erase(0, id.find_first_not_of('0'));
      ids.push_back(std::move(id));
    }
    return ids;
  }

  std::string LeftOutText() {
    std::string text;
    for (const std::string& one : left_out_.Texts()) text += one + '\n';
    return text;
  }

  TestStore store_;
  LeftOut left_out_;
  std::uint64_t memory_taken_ = 0;
};

TEST_P(LargeTraceTest, IsLeftOutOfASearchThatAnswersTheRest) {
  Load({Trace("a", 100, 1), Trace("b", 50'000, 2), Trace("c", 100, 3)});
  Load({Trace("d", 100, 4)});

  const auto found = Search(40'000);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(*found, (Ids{"d", "c", "a"}));
  EXPECT_EQ(left_out_.count(), 1u);
  EXPECT_NE(LeftOutText().find("trace 0000000000000000000000000000000b is left out: the spans of"),
            std::string::npos)
      << LeftOutText();
  EXPECT_EQ(*Search(1u << 20), (Ids{"d", "c", "b", "a"}));
  EXPECT_TRUE(left_out_.empty());
}

TEST_P(LargeTraceTest, IsLeftOutBeforeItTakesTheMemoryOfAllAnswers) {
  Load({Trace("a", 100, 1), Trace("b", 3'000'000, 2), Trace("c", 100, 3)});
  Load({Trace("d", 100, 4), Trace("e", 2'000'000, 5)});

  const auto found = Search(1u << 30, 1u << 20);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(*found, (Ids{"d", "c", "a"}));
  EXPECT_EQ(left_out_.count(), 2u);
  EXPECT_LT(memory_taken_, 100'000u);
}

TEST_P(LargeTraceTest, TheLargestGoesAlsoWhenItCameInPartsThatFit) {
  for (int part = 1; part <= 5; ++part) {
    SpanSpec large = Trace("b", 10'000, 2);
    large.span = std::to_string(part);
    Load({large, Trace(fmt::format("{:x}", 0xa0 + part), 4'000, 10 + part)});
  }

  const auto found = Search(45'000);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(*found, (Ids{"a5", "a4", "a3", "a2", "a1"}));
  EXPECT_EQ(left_out_.count(), 1u);
}

TEST_P(LargeTraceTest, ASearchInWhichNothingFitsIsAnError) {
  Load({Trace("a", 50'000), Trace("b", 60'000)});

  const auto found = Search(40'000);

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::kResourceExhausted);
  EXPECT_NE(found.error().message.find("answer_limit_mib"), std::string::npos);
  const auto no_memory = Search(1u << 30, 40'000);
  ASSERT_FALSE(no_memory.has_value());
  EXPECT_NE(no_memory.error().message.find("memory_limiter"), std::string::npos);
}

TEST_P(LargeTraceTest, IsLeftOutOfAListOfTracesEachOfWhichComesOnce) {
  Load({Trace("a", 100), Trace("b", 50'000), Trace("c", 100)});
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  TestQuery query(store_.storage(), 40'000);
  std::vector<TraceId> ids;
  for (const char* id : {"c", "d", "b", "c", "a", "d"}) ids.push_back(*TraceId::FromHex(id));

  const auto found = query.FindTraces({.memory = &memory, .left_out = &left_out_}, ids);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_EQ(found->traces.size(), 2u);
  EXPECT_EQ(found->traces[0]->trace_ids.front(), ids[0]);
  EXPECT_EQ(found->traces[1]->trace_ids.front(), ids[4]);
  EXPECT_EQ(found->absent, std::vector<TraceId>{ids[1]});
  EXPECT_NE(LeftOutText().find("trace 0000000000000000000000000000000b is left out: the spans of"),
            std::string::npos)
      << LeftOutText();
  const auto none = query.FindTraces({.memory = &memory}, std::span(ids).subspan(2, 1));
  EXPECT_EQ(none.error().code, Code::kResourceExhausted);
}

TEST_P(LargeTraceTest, IsLeftOutOfDependenciesThatCountTheRest) {
  // Each has a span twice, so that it is looked up whole. All of them together are too large,
  // "b" is by itself, and "d" where all that is known of it is read.
  const auto child = [](const char* trace, const char* parent, const char* service) {
    return SpanSpec{.trace = trace, .span = "2", .parent = parent, .service = service};
  };
  const auto named = [](const char* trace, std::size_t bytes) {
    return SpanSpec{.trace = trace, .span = "1", .service = std::string(bytes, 's')};
  };
  SpanSpec wide = named("d", 10);
  wide.attributes = {{"wide", Value{std::string(40'000, 'w')}}};
  Load({named("a", 15'000), named("b", 50'000), named("c", 15'000), wide});
  for (int i = 0; i < 2; ++i) {
    Load({child("a", "1", "x"), child("b", "1", "x"), child("c", "1", "x"), child("d", "1", "x")});
  }
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));

  const auto links = TestQuery(store_.storage(), 25'000)
                         .Dependencies({.memory = &memory, .left_out = &left_out_}, 0, 1'000'000);

  ASSERT_TRUE(links.has_value()) << links.error().message;
  ASSERT_EQ(links->size(), 1u);
  EXPECT_EQ(links->front().parent, std::string(15'000, 's'));
  EXPECT_EQ(links->front().call_count, 2u);
  EXPECT_EQ(left_out_.count(), 2u);
  EXPECT_NE(
      LeftOutText().find("the calls of trace 0000000000000000000000000000000b are left out: "),
      std::string::npos)
      << LeftOutText();
  EXPECT_LT(memory.bytes(), 200'000u) << "of what was too large nothing is held";
}

TEST_P(LargeTraceTest, ItsResourceIsNoBurdenForTracesBesideIt) {
  Load({Trace("a", 100), Trace("b", 3'000'000)});
  base::Metrics metrics;
  base::MemoryBudget budget(4u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));

  const auto trace =
      TestQuery(store_.storage()).FindTrace({.memory = &memory}, *TraceId::FromHex("a"));

  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  EXPECT_EQ(trace->ServiceName(trace->spans.at(0)), "x");
}

// Whether it is found by what is left of it is asked in pieces: the answer has no room for it
// twice.
TEST_P(LargeTraceTest, AReplacedSpanOfALargeOneFailsNothing) {
  SpanSpec unfinished{.trace = "b", .span = "2", .service = "x", .start = 3};
  SpanSpec finished = unfinished;
  finished.duration = Nanos(5);
  unfinished.duration = Nanos(-3);  // until 0
  Load({Trace("a", 100, 1), Trace("b", 100, 2), unfinished});
  for (int part = 0; part < 40; ++part) {
    SpanSpec large{
        .trace = "b", .span = fmt::format("{:x}", 100 + part), .service = "y", .start = 10};
    large.attributes = {{"large", Value{std::string(40'000, 's')}}};
    Load({large});
  }
  Load({finished});

  const auto found = Search(64u << 20, 3u << 20);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(*found, (Ids{"b", "a"})) << LeftOutText();
  EXPECT_TRUE(left_out_.empty()) << LeftOutText();
}

TEST_P(LargeTraceTest, IsNotToBlameWhenASearchHasEnoughWithoutIt) {
  // Newest first: "a" is found by its unfinished form and not shown, "c" makes up for it, "d" would
  // be too large.
  const auto trace = [](const char* id, std::size_t bytes, UnixNanos start) {
    SpanSpec span = Trace(id, bytes, start);
    span.attributes = {{"phase", Value{std::string("begun")}}};
    return span;
  };
  SpanSpec unfinished = trace("a", 100, 9);
  unfinished.duration = Nanos(-9);  // until 0
  SpanSpec finished = unfinished;
  finished.duration = Nanos(5);
  finished.attributes.clear();
  Load({unfinished, trace("b", 100, 8), trace("c", 100, 7), trace("d", 50'000, 6)});
  Load({finished});

  const auto found = Search(40'000, 64u << 20,
                            {.condition = ConditionOf({.tags = {{"phase", "begun"}}}), .limit = 2});

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(*found, (Ids{"b", "c"}));
  EXPECT_TRUE(left_out_.empty()) << LeftOutText();
}

TEST_P(LargeTraceTest, IsNotToBlameWhenItIsReadAheadOfWhatMakesUpForOthers) {
  // Newest first: many that are found by their unfinished form and not shown, the one that is
  // shown, and two that would be too large.
  std::vector<SpanSpec> specs;
  std::vector<SpanSpec> finished;
  for (int i = 1; i <= 60; ++i) {
    SpanSpec span = Trace(fmt::format("{:x}", i), 100, 100 - i);
    span.attributes = {{"phase", Value{std::string("begun")}}};
    specs.push_back(span);
    specs.back().duration = Nanos(i - 100);  // until 0
    finished.push_back(span);
    finished.back().duration = Nanos(5);
    finished.back().attributes.clear();
  }
  for (const auto& [id, bytes] : {std::pair("aa", 100), {"bb", 50'000}, {"cc", 50'000}}) {
    specs.push_back(Trace(id, static_cast<std::size_t>(bytes), 30 - bytes / 50'000));
    specs.back().attributes = {{"phase", Value{std::string("begun")}}};
  }
  Load(specs);
  Load(finished);
  const SearchRequest request{.condition = ConditionOf({.tags = {{"phase", "begun"}}}), .limit = 1};

  const auto found = Search(40'000, 64u << 20, request);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(*found, Ids{"aa"});
  EXPECT_TRUE(left_out_.empty()) << LeftOutText();

  // Also where all of them fit.
  EXPECT_EQ(*Search(64u << 20, 64u << 20, request), Ids{"aa"});
  EXPECT_LE(memory_taken_, 200'000u);
}

// Of sources that are read together all is known before one of them is joined.
TEST_P(LargeTraceTest, TheLargestGoesAlsoWhenMostOfItComesLater) {
  const auto part = [](const char* trace, const char* span, std::size_t bytes, UnixNanos start) {
    SpanSpec spec = Trace(trace, bytes, start);
    spec.span = span;
    return spec;
  };
  Load({part("d", "1", 100, 1)});
  Load({part("a", "1", 20'000, 2), part("b", "1", 15'000, 3)});
  Load({part("c", "1", 8'000, 4)});
  Load({part("b", "2", 30'000, 3)});

  const auto found = Search(45'000);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(*found, (Ids{"c", "a", "d"}));
  EXPECT_EQ(left_out_.count(), 1u) << LeftOutText();
}

INSTANTIATE_TEST_SUITE_P(Sources, LargeTraceTest, ::testing::Bool(),
                         [](const auto& source) { return source.param ? "Blocks" : "Fresh"; });

}  // namespace
}  // namespace clew::query
