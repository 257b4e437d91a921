#include "api/trace_pieces.h"

#include <gtest/gtest.h>

#include "api/test_fixture.h"
#include "base/testing/counted_memory.h"
#include "model/memory.h"
#include "wire/otlp/testing/own_columns.h"

namespace clew::api {
namespace {

using wire::otlp::testing::OwnColumns;
using Traces = std::vector<model::SpanColumnsPtr>;

void LeaveAsItIs(analysis::ShownTrace*) {}

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
  TracePieces pieces({OwnColumns(LargeTrace(1000)), OwnColumns(LargeTrace(1))}, LeaveAsItIs, {});
  std::size_t count = 0;
  std::size_t traces = 0;
  for (auto part = pieces.Next(); part->has_value(); part = pieces.Next()) {
    const model::SpanColumns& spans = (*part)->spans;
    EXPECT_LE(spans.span_count(), 300u);
    for (std::size_t row = 0; row < spans.span_count(); ++row) {
      EXPECT_EQ(spans.resources.schema_urls[spans.resource_indexes[row]],
                std::to_string(spans.starts[row]));
      EXPECT_EQ(spans.starts[row], static_cast<UnixNanos>(count % 1000)) << "in their order";
      ++count;
    }
    traces += (*part)->is_last ? 1u : 0u;
  }
  EXPECT_EQ(count, 1001u);
  EXPECT_EQ(traces, 2u);
}

// By halves: what is held is never more than twice what is not written, and a megabyte.
TEST(TracePieces, GiveMemoryBackAsTheyAreWritten) {
  base::Metrics metrics;
  base::MemoryBudget budget(256u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  constexpr std::size_t kCount = 10'000;
  const model::SpanColumnsPtr trace = OwnColumns(LargeTrace(kCount));
  const std::uint64_t whole = model::MemoryOf(*trace);
  ASSERT_TRUE(hold.memory->TryTake(whole));
  {
    TracePieces pieces({trace}, LeaveAsItIs, std::move(hold));
    std::size_t written = 0;
    std::size_t resources_kept = kCount;
    for (auto part = pieces.Next(); part->has_value(); part = pieces.Next()) {
      const std::size_t left = kCount - written;
      EXPECT_LE(account.used(), 2 * (left * whole / kCount) + (5u << 20) / 4) << left;
      written += (*part)->spans.span_count();
      resources_kept = std::min(resources_kept, (*part)->spans.resources.count());
    }
    EXPECT_EQ(written, kCount);
    EXPECT_LT(resources_kept, 300u);
  }
  EXPECT_EQ(account.used(), 0u);
}

TEST(TracePieces, WarningsFollowTheirSpans) {
  const auto warn = [](analysis::ShownTrace* trace) {
    for (std::uint32_t row = 0; row < trace->spans.span_count(); row += 2) {
      trace->warnings.Add(row, std::to_string(trace->spans.starts[row]));
    }
  };
  TracePieces pieces({OwnColumns(LargeTrace(5000))}, warn, {});
  std::size_t count = 0;
  for (auto part = pieces.Next(); part->has_value(); part = pieces.Next()) {
    const model::SpanColumns& spans = (*part)->spans;
    for (std::uint32_t row = 0; row < spans.span_count(); ++row) {
      const auto warnings = (*part)->warnings.Of(row);
      ASSERT_EQ(warnings.size(), spans.starts[row] % 2 == 0 ? 1u : 0u);
      if (!warnings.empty()) {
        EXPECT_EQ(warnings.front(), std::to_string(spans.starts[row]));
      }
      count += warnings.size();
    }
  }
  EXPECT_EQ(count, 2500u);
}

TEST(TracePieces, GiveMemoryOfSmallTracesBack) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  ASSERT_TRUE(hold.memory->TryTake(4u << 20));
  Traces traces;
  for (int i = 0; i < 1000; ++i) traces.push_back(OwnColumns(LargeTrace(1)));
  TracePieces pieces(std::move(traces), LeaveAsItIs, std::move(hold));
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
    return TracePieces({OwnColumns(trace)}, LeaveAsItIs,
                       {std::make_shared<query::AnswerMemory>(account)});
  };
  TracePieces large = pieces_of(60'000);
  ASSERT_TRUE(large.Next().has_value());
  EXPECT_GE(account.used(), 4u * 500'000) << "of the piece that is written";
  ASSERT_TRUE(large.Next().has_value());
  EXPECT_EQ(account.used(), 0u);
  EXPECT_EQ(pieces_of(200'000).Next().error().code, Code::kUnavailable);
}

TEST(TracePieces, TakeMemoryForTheObjectsOfNestedValues) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  model::TraceData trace = LargeTrace(1);
  constexpr std::size_t kCount = 15'000;
  trace.spans[0].attributes = {{"k", {model::Value::Array(kCount, model::Value{true})}}};
  TracePieces pieces({OwnColumns(trace)}, LeaveAsItIs,
                     {std::make_shared<query::AnswerMemory>(account)});

  ASSERT_TRUE(pieces.Next().has_value());

  EXPECT_GE(account.used(), kCount * sizeof(model::Value)) << "in 60,000 bytes encoded";
}

TEST(TracePieces, TakeMemoryForWhatIsDoneToATrace) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  const model::SpanColumnsPtr trace = OwnColumns(LargeTrace(5000));
  const std::uint64_t whole = model::MemoryOf(*trace);
  std::uint64_t used = 0;
  const auto prepare = [&](analysis::ShownTrace*) { used = account.used(); };
  {
    AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
    ASSERT_TRUE(hold.memory->TryTake(whole));
    TracePieces pieces({trace}, prepare, std::move(hold));
    ASSERT_TRUE(pieces.Next().has_value());
    EXPECT_GE(used, whole + model::TableBytes(*trace));
    EXPECT_LT(account.used(), used);
  }
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  ASSERT_TRUE(hold.memory->TryTake(account.limit() - 1000));
  EXPECT_EQ(TracePieces({trace}, prepare, std::move(hold)).Next().error().code, Code::kUnavailable);
}

TEST(TracePieces, CountTheWarningsOfATrace) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  const model::SpanColumnsPtr trace = OwnColumns(LargeTrace(5000));
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  ASSERT_TRUE(hold.memory->TryTake(model::MemoryOf(*trace)));
  const std::uint64_t before = account.used();
  const auto warn = [](analysis::ShownTrace* shown) {
    for (std::uint32_t row = 0; row < 5000; ++row) shown->warnings.Add(row, std::string(200, 'w'));
  };
  TracePieces pieces({trace}, warn, std::move(hold));

  ASSERT_TRUE(pieces.Next().has_value());

  EXPECT_GE(account.used(), before + 5000 * 200);
}

// Of many texts that rows share, one after the other, each would be copied for each row. Counted at
// the allocator.
TEST(TracePieces, WhatRowsShareIsNotCopiedForEach) {
  base::Metrics metrics;
  base::MemoryBudget budget(256u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  constexpr std::size_t kCount = 4000;
  constexpr std::size_t kTextCount = 1000;
  model::SpanColumns columns = *OwnColumns(LargeTrace(kCount));
  columns.memory.emplace_back(std::string(50'000 + kTextCount, 'x'));
  const std::string_view text = columns.memory.back().view();
  for (std::size_t row = 0; row < kCount; ++row) {
    columns.names.Set(row, text.substr(row % kTextCount, 50'000));
  }
  const auto trace = std::make_shared<const model::SpanColumns>(std::move(columns));
  const std::uint64_t whole = model::MemoryOf(*trace);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  ASSERT_TRUE(hold.memory->TryTake(whole));
  TracePieces pieces({trace}, nullptr, std::move(hold));
  std::size_t written = 0;
  const std::uint64_t peak = base::testing::PeakOf([&] {
    for (auto part = pieces.Next(); part->has_value(); part = pieces.Next()) {
      EXPECT_LE(account.used(), whole + (1u << 20));
      written += (*part)->spans.span_count();
    }
  });
  EXPECT_EQ(written, kCount);
  EXPECT_LE(peak, account.limit()) << "copies are made where there is memory for them";
}

// The second half of the spans may be nearly all of a trace.
TEST(TracePieces, FreeWhatIsWrittenByItsText) {
  base::Metrics metrics;
  base::MemoryBudget budget(256u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  model::TraceData data = LargeTrace(4000);
  for (std::size_t i = 0; i < 100; ++i) data.spans[i].name = std::string(60'000, 'x');
  const model::SpanColumnsPtr trace = OwnColumns(data);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(account)};
  ASSERT_TRUE(hold.memory->TryTake(model::MemoryOf(*trace)));
  const std::uint64_t whole = account.used();
  TracePieces pieces({trace}, LeaveAsItIs, std::move(hold));
  std::size_t written = 0;
  while (written < 200) {
    const auto part = pieces.Next();
    ASSERT_TRUE(part.has_value() && part->has_value());
    written += (*part)->spans.span_count();
  }
  ASSERT_TRUE(pieces.Next().has_value());

  EXPECT_LT(account.used(), whole * 7 / 10) << "of 10 MB 6 are written, of 4,000 spans 400";
}

TEST(TracePieces, GiveMemoryOfTablesBack) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerHold hold{std::make_shared<query::AnswerMemory>(budget.account(base::MemoryUse::kAnswers))};
  const auto memory = hold.memory;
  model::TraceData trace = LargeTrace(1);
  trace.resources[0].schema_url = std::string(100'000, 'x');
  Traces traces{OwnColumns(trace), OwnColumns(trace)};
  ASSERT_TRUE(memory->TryTake(1u << 20));
  TracePieces pieces(std::move(traces), LeaveAsItIs, std::move(hold));
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
  TracePieces pieces({OwnColumns(LargeTrace(2000))}, LeaveAsItIs, std::move(hold));
  EXPECT_TRUE(pieces.Next().has_value());
  ASSERT_TRUE(memory->TryTake(3u << 20));
  EXPECT_EQ(pieces.Next().error().code, Code::kDeadlineExceeded);
}

TEST(OtlpJson, IsOneDocument) {
  Traces traces;
  traces.push_back(OwnColumns(testing::PlainTrace()));
  traces.push_back(OwnColumns(testing::PlainTrace()));
  auto pieces = std::make_shared<TracePieces>(std::move(traces), LeaveAsItIs, AnswerHold());
  TextSource source = OtlpJson(pieces, wire::otlp::JsonDialect::kOtlp);
  std::string json;
  while (*source(&json)) {
  }
  EXPECT_TRUE(wire::otlp::TracesFromJson(json).has_value()) << json;
  EXPECT_EQ(json.find("plain") != json.rfind("plain"), true);
}

}  // namespace
}  // namespace clew::api
