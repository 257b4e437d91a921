#include "api/trace_pieces.h"

#include <gtest/gtest.h>

#include "api/test_fixture.h"

namespace clew::api {
namespace {

/// Spans of 1 KiB, each with a resource of its own.
model::TraceData LargeTrace(std::size_t count) {
  model::TraceData trace;
  trace.scopes.emplace_back();
  for (std::size_t i = 0; i < count; ++i) {
    trace.resources.emplace_back().schema_url = std::to_string(i);
    model::Span& span = trace.spans.emplace_back();
    span.name = std::string(1000, 'x');
    span.start = static_cast<UnixNanos>(i);
    span.resource = static_cast<std::uint32_t>(i);
  }
  return trace;
}

TEST(TracePieces, GiveEverySpanOnceWithItsResource) {
  TracePieces pieces({LargeTrace(1000), LargeTrace(1)}, [](model::TraceData*) {}, {});
  std::size_t count = 0;
  std::size_t traces = 0;
  for (auto part = pieces.Next(); part->has_value(); part = pieces.Next()) {
    const model::TraceData& data = (*part)->spans;
    EXPECT_LE(data.spans.size(), 300u);
    for (const model::Span& span : data.spans) {
      EXPECT_EQ(data.resources[span.resource].schema_url, std::to_string(span.start));
      ++count;
    }
    traces += (*part)->is_last ? 1u : 0u;
  }
  EXPECT_EQ(count, 1001u);
  EXPECT_EQ(traces, 2u);
}

TEST(TracePieces, GiveMemoryBackAsTheyAreWritten) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  ASSERT_TRUE(hold.memory->TryTake(4u << 20));
  {
    TracePieces pieces({LargeTrace(2000)}, [](model::TraceData*) {}, std::move(hold));
    ASSERT_TRUE(pieces.Next()->has_value());
    EXPECT_EQ(account.used(), 4u << 20) << "its text is made of it";
    ASSERT_TRUE(pieces.Next()->has_value());
    const std::uint64_t first = account.used();
    EXPECT_LT(first, 4u << 20);
    ASSERT_TRUE(pieces.Next()->has_value());
    EXPECT_LT(account.used(), first);
  }
  EXPECT_EQ(account.used(), 0u);
}

TEST(TracePieces, GiveMemoryOfSmallTracesBack) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  ASSERT_TRUE(hold.memory->TryTake(4u << 20));
  std::vector<model::TraceData> traces;
  for (int i = 0; i < 1000; ++i) traces.push_back(LargeTrace(1));
  TracePieces pieces(std::move(traces), [](model::TraceData*) {}, std::move(hold));
  while (pieces.Next()->has_value()) {
  }
  EXPECT_LT(account.used(), (4u << 20) - 900'000) << "of 1,000 spans with a name of 1,000 bytes";
}

TEST(TracePieces, TakeMemoryForLargeResourcesOfAPiece) {
  base::Metrics metrics;
  base::MemoryBudget budget(16u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  const auto pieces_of = [&](std::size_t resource_bytes) {
    model::TraceData trace = LargeTrace(10);
    for (model::Resource& resource : trace.resources) {
      resource.attributes.push_back({"k", {std::string(resource_bytes, 'x')}});
    }
    return TracePieces({std::move(trace)}, [](model::TraceData*) {},
                       {std::make_shared<query::AnswerMemory>(account)});
  };
  TracePieces large = pieces_of(60'000);
  ASSERT_TRUE(large.Next().has_value());
  EXPECT_GE(account.used(), 4u * 500'000) << "of the piece that is written";
  ASSERT_TRUE(large.Next().has_value());
  EXPECT_EQ(account.used(), 0u);
  EXPECT_EQ(pieces_of(200'000).Next().error().code, Code::kUnavailable);
}

TEST(TracePieces, GiveMemoryOfTablesBack) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(budget.account(base::MemoryUse::kAnswers))};
  const auto memory = hold.memory;
  model::TraceData trace = LargeTrace(1);
  trace.resources[0].schema_url = std::string(100'000, 'x');
  std::vector<model::TraceData> traces{trace, trace};
  ASSERT_TRUE(memory->TryTake(1u << 20));
  TracePieces pieces(std::move(traces), [](model::TraceData*) {}, std::move(hold));
  while (pieces.Next()->has_value()) {
  }
  EXPECT_LT(memory->bytes(), (1u << 20) - 200'000);
}

TEST(TracePieces, GiveWayWhenMemoryIsScarceAndTheClientIsSlow) {
  base::Metrics metrics;
  base::MemoryBudget budget(16u << 20, metrics);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(budget.account(base::MemoryUse::kAnswers)),
                  std::chrono::steady_clock::now() - std::chrono::hours(1)};
  const auto memory = hold.memory;
  TracePieces pieces({LargeTrace(2000)}, [](model::TraceData*) {}, std::move(hold));
  EXPECT_TRUE(pieces.Next().has_value());
  ASSERT_TRUE(memory->TryTake(3u << 20));
  EXPECT_EQ(pieces.Next().error().code, Code::kDeadlineExceeded);
}

TEST(OtlpJson, IsOneDocument) {
  std::vector<model::TraceData> traces;
  traces.push_back(testing::PlainTrace());
  traces.push_back(testing::PlainTrace());
  auto pieces =
      std::make_shared<TracePieces>(std::move(traces), [](model::TraceData*) {}, AnswerHold());
  TextSource source = OtlpJson(pieces, wire::otlp::JsonDialect::kOtlp);
  std::string json;
  while (*source(&json)) {
  }
  EXPECT_TRUE(wire::otlp::TracesFromJson(json).has_value()) << json;
  EXPECT_EQ(json.find("plain") != json.rfind("plain"), true);
}

}  // namespace
}  // namespace clew::api
