#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stop_token>
#include <thread>

#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

constexpr std::size_t kSourceCount = 40;
constexpr std::size_t kSpansPerSource = 30;

// Sources of traces of their own, some of which are found, the newest in the last.
class ParallelSearchTest : public ::testing::TestWithParam<bool> {
 protected:
  ParallelSearchTest() {
    for (std::size_t source = 0; source < kSourceCount; ++source) {
      std::vector<SpanSpec> spans;
      for (std::size_t i = 0; i < kSpansPerSource; ++i) {
        const std::size_t number = source * kSpansPerSource + i + 1;
        spans.push_back({.trace = fmt::format("{:x}", number),
                         .span = "1",
                         .service = number % 50 == 0 ? "rare" : "web",
                         .start = static_cast<UnixNanos>(number)});
      }
      EXPECT_TRUE(store_.Append(MakeData(spans)).has_value());
      if (GetParam()) {
        EXPECT_TRUE(store_.storage().Flush().has_value());
      }
    }
  }

  static std::vector<TraceId> IdsOf(const std::vector<model::TraceData>& traces) {
    std::vector<TraceId> ids;
    for (const model::TraceData& trace : traces) ids.push_back(trace.spans.at(0).trace_id);
    return ids;
  }

  TestStore store_;
  TestQuery query_{store_.storage()};
  base::WorkerPool helpers_{"test", 3, 16};
};

TEST_P(ParallelSearchTest, AnswersAndReadsTheSameHoweverManyThreadsThereAre) {
  for (const std::size_t limit : {1u, 5u, 1000u}) {
    const SearchRequest request{.condition = ConditionOf({.service = "rare"}), .limit = limit};
    QueryStats alone_stats;
    QueryStats helped_stats;
    const auto alone = query_.Search({.stats = &alone_stats}, request);
    const auto helped = query_.Search({.helpers = &helpers_, .stats = &helped_stats}, request);

    ASSERT_TRUE(alone.has_value() && helped.has_value());
    EXPECT_EQ(alone->size(), std::min(limit, kSourceCount * kSpansPerSource / 50));
    EXPECT_EQ(IdsOf(*alone), IdsOf(*helped));
    for (std::size_t place = 0; place < 3; ++place) {
      EXPECT_EQ(alone_stats.At(place).rows, helped_stats.At(place).rows);
      EXPECT_EQ(alone_stats.At(place).row_groups_read, helped_stats.At(place).row_groups_read);
      EXPECT_EQ(alone_stats.At(place).row_groups_skipped,
                helped_stats.At(place).row_groups_skipped);
    }
    if (limit == 1) {
      EXPECT_LE(alone_stats.At(2).row_groups_read, 3u);
    }
  }
  const auto alone = query_.Dependencies({}, 0, 1'000'000);
  const auto helped = query_.Dependencies({.helpers = &helpers_}, 0, 1'000'000);
  ASSERT_TRUE(alone.has_value() && helped.has_value());
  EXPECT_EQ(alone->size(), helped->size());
}

TEST_P(ParallelSearchTest, ManyQueriesAtOnceShareTheHelpers) {
  constexpr int kThreadCount = 6;
  std::atomic<int> right_count{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreadCount; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        const auto found = query_.Search(
            {.helpers = &helpers_}, {.condition = ConditionOf({.service = "rare"}), .limit = 1000});
        if (found.has_value() && found->size() == kSourceCount * kSpansPerSource / 50) {
          ++right_count;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(right_count, kThreadCount * 10);
}

TEST_P(ParallelSearchTest, EndsWhenItsClientLeaves) {
  std::stop_source client;
  const QueryContext context{.stop = client.get_token(), .helpers = &helpers_};
  std::jthread leaving([&] { client.request_stop(); });
  // Whichever is first.
  for (;;) {
    const auto found = query_.Search(context, {.limit = 1000});
    if (found.has_value()) continue;
    EXPECT_EQ(found.error().code, Code::kCancelled);
    break;
  }
}

TEST_P(ParallelSearchTest, WhatItHoldsIsCounted) {
  base::Metrics metrics;
  const SearchRequest request{.condition = ConditionOf({.service = "rare"}), .limit = 3};
  // Of the four parts of a budget answers have one. Matching a source takes 64 bytes a span.
  for (const auto& [bytes, is_enough] : {std::pair(1'000u, false), std::pair(1u << 20, true)}) {
    base::MemoryBudget budget(4 * bytes, metrics);
    base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
    {
      AnswerMemory memory(account);
      const auto found = query_.Search({.memory = &memory, .helpers = &helpers_}, request);
      EXPECT_EQ(found.has_value(), is_enough) << bytes;
      if (!is_enough) {
        EXPECT_EQ(found.error().code, Code::kResourceExhausted);
        EXPECT_NE(found.error().message.find("raise limit_mib"), std::string::npos);
      }
    }
    EXPECT_EQ(account.used(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, ParallelSearchTest, ::testing::Bool(),
                         [](const auto& source) { return source.param ? "Blocks" : "Fresh"; });

}  // namespace
}  // namespace clew::query
