#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "base/worker_pool.h"
#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "storage/testing/local_log_store.h"

/// Every kind of question while spans are appended, sealed, checkpointed and deleted, on one pool
/// of threads; for the thread sanitizer, too.
namespace clew::query {
namespace {

using storage::testing::LocalLogStore;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsSupersetOf;

constexpr int kAppenderCount = 3;
constexpr int kTracesOfEach = 60;
constexpr int kTraceCount = kAppenderCount * kTracesOfEach;
constexpr int kOldBlockCount = 20;
/// Of the clock. What comes while it goes on is younger than an hour all the time.
constexpr Nanos kStep = std::chrono::minutes(1);
constexpr int kStepCount = 40;
constexpr UnixNanos kEver = 1'000'000'000;

TraceId IdOf(int number) { return *TraceId::FromHex(fmt::format("{:x}", number + 1)); }

SpanSpec SpanOf(int number, const char* id, const char* parent, const char* service) {
  return {.trace = IdOf(number).ToHex(),
          .span = id,
          .parent = parent,
          .service = service,
          .name = "call",
          .start = 1'000'000 + number,
          .attributes = {{"mark", model::Value{std::string(service)}}}};
}

/// A store of traces of two batches each: front calls shop, then shop calls db.
class AllAtOnceTest : public ::testing::Test {
 protected:
  AllAtOnceTest() {
    store_.options.seal.row_group_span_count = 20;
    store_.options.seal.block_span_count = 50;
    store_.options.retention.age = std::chrono::hours(1);
    store_.options.workers = &workers_;
    store_.Reopen();
  }

  void AppendOldBlocks() {
    for (int i = 0; i < kOldBlockCount; ++i) {
      const SpanSpec span = SpanOf(kTraceCount + i, "1", "", "gone");
      ASSERT_TRUE(store_.Append(MakeData({span})).has_value());
      ASSERT_TRUE(store_.storage().Flush().has_value());
      store_.clock.Advance(kStep);
    }
    store_.clock.Advance(std::chrono::minutes(30));
  }

  /// Traces of one appender, each asked for as soon as it is acknowledged.
  void AppendTraces(int appender) {
    TestQuery query(store_.storage());
    for (int number = appender; number < kTraceCount; number += kAppenderCount) {
      ++begun_;
      EXPECT_TRUE(store_
                      .Append(MakeData(
                          {SpanOf(number, "1", "", "front"), SpanOf(number, "2", "1", "shop")}))
                      .has_value());
      EXPECT_TRUE(store_.Append(MakeData({SpanOf(number, "3", "2", "db")})).has_value());
      ++acknowledged_;
      LeftOut left_out;
      const auto trace =
          query.FindTrace({.left_out = &left_out, .helpers = &workers_}, IdOf(number));
      EXPECT_TRUE(trace.has_value()) << number;
      EXPECT_EQ(trace.has_value() ? trace->spans.size() : 0, 3u) << number;
      EXPECT_TRUE(left_out.empty()) << left_out.first();
    }
    --appending_;
  }

  void Maintain() {
    for (int round = 0; appending_ > 0 || round < kStepCount; ++round) {
      EXPECT_TRUE(store_.storage().Maintain().has_value());
      if (round % 4 == 0) {
        EXPECT_TRUE(store_.storage().Flush().has_value());
      }
      if (round < kStepCount) store_.clock.Advance(kStep);
    }
  }

  /// Asks until all is appended, at least once.
  template <typename Ask>
  void AskMeanwhile(Ask ask) {
    TestQuery query(store_.storage());
    do {
      LeftOut left_out;
      QueryStats stats;
      AnswerMemory memory(budget_.account(base::MemoryUse::kAnswers));
      QueryContext context;
      context.memory = &memory;
      context.left_out = &left_out;
      context.helpers = &workers_;
      context.stats = &stats;
      ask(query, context);
      EXPECT_TRUE(left_out.empty()) << left_out.first();
    } while (appending_ > 0);
  }

  /// The newest are among them, whole or half arrived, and none twice.
  void Search(TestQuery& query, const QueryContext& context) {
    const int known = acknowledged_;
    const auto found = query.Search(
        context, {.condition = ConditionOf({.tags = {{"mark", "shop"}}}), .limit = kTraceCount});
    ASSERT_TRUE(found.has_value()) << found.error().message;
    EXPECT_GE(std::ssize(*found), known);
    EXPECT_LE(std::ssize(*found), begun_);
    std::vector<TraceId> ids;
    for (const model::TraceData& trace : *found) {
      EXPECT_THAT(trace.spans.size(), ::testing::AnyOf(2u, 3u));
      ids.push_back(trace.spans.at(0).trace_id);
    }
    std::ranges::sort(ids);
    EXPECT_TRUE(std::ranges::adjacent_find(ids) == ids.end()) << "a trace is there twice";
  }

  /// Every call is counted once, wherever its spans are.
  void Count(TestQuery& query, const QueryContext& context) {
    const int known = acknowledged_;
    const auto links = query.Dependencies(context, 0, kEver);
    ASSERT_TRUE(links.has_value()) << links.error().message;
    const std::array<std::uint64_t, 2> counts = CountsOf(*links);
    const int begun = begun_;
    for (const std::uint64_t count : counts) {
      EXPECT_GE(count, static_cast<std::uint64_t>(known));
      EXPECT_LE(count, static_cast<std::uint64_t>(begun));
    }
  }

  /// Those of front and of shop.
  static std::array<std::uint64_t, 2> CountsOf(const std::vector<DependencyLink>& links) {
    std::array<std::uint64_t, 2> counts{};
    for (const DependencyLink& link : links) {
      counts[link.parent == "front" ? 0 : 1] += link.call_count;
    }
    return counts;
  }

  void List(TestQuery& query, const QueryContext& context) {
    const bool is_any_known = acknowledged_ > 0;
    const auto services = query.Services(context);
    const auto operations = query.Operations(context, "shop");
    const auto tags = query.Tags(context, {}, {model::Owner::kSpan});
    const auto values =
        query.TagValues(context, {.tag = expr::Attribute(expr::Scope::kSpan, "mark")});
    ASSERT_TRUE(services.has_value() && operations.has_value());
    ASSERT_TRUE(tags.has_value() && values.has_value());
    if (!is_any_known) return;
    EXPECT_THAT(*services, IsSupersetOf({"db", "front", "shop"}));
    EXPECT_THAT(*values,
                IsSupersetOf({Field(&TagValue::text, "db"), Field(&TagValue::text, "front"),
                              Field(&TagValue::text, "shop")}));
    EXPECT_THAT(*operations, ElementsAre(Operation{"call", model::SpanKind::kServer}));
    EXPECT_THAT(*tags, Contains(Field(&TagName::key, "mark")));
  }

  /// All traces once, and nothing of what is too old.
  void ExpectTheEnd() {
    TestQuery query(store_.storage());
    LeftOut left_out;
    const QueryContext context{.left_out = &left_out, .helpers = &workers_};
    EXPECT_THAT(CountsOf(query.Dependencies(context, 0, kEver).value()),
                ElementsAre(kTraceCount, kTraceCount));
    EXPECT_THAT(query.Services(context).value(), ElementsAre("db", "front", "shop"));
    const auto values =
        query.TagValues(context, {.tag = expr::Attribute(expr::Scope::kSpan, "mark")});
    ASSERT_EQ(values.value().size(), 3u);
    for (const TagValue& value : *values) EXPECT_EQ(value.count, unsigned{kTraceCount});
    for (int number = 0; number < kTraceCount + kOldBlockCount; ++number) {
      const auto trace = query.FindTrace(context, IdOf(number));
      EXPECT_EQ(trace.has_value(), number < kTraceCount) << number;
      if (trace.has_value()) {
        EXPECT_EQ(trace->spans.size(), 3u) << number;
      }
    }
    EXPECT_EQ(store_.SpanCount(), std::uint64_t{3 * kTraceCount});
    EXPECT_TRUE(left_out.empty()) << left_out.first();
  }

  base::Metrics metrics_;
  base::MemoryBudget budget_{std::uint64_t{1} << 30, metrics_};
  base::WorkerPool workers_{"test", 4, 100};
  LocalLogStore store_;
  std::atomic<int> appending_ = kAppenderCount;
  /// Traces of which something may be there, and those of which all is.
  std::atomic<int> begun_ = 0;
  std::atomic<int> acknowledged_ = 0;
};

TEST_F(AllAtOnceTest, EveryAnswerHasWhatIsAcknowledgedOnceWhateverSealsAndDeletes) {
  ASSERT_NO_FATAL_FAILURE(AppendOldBlocks());

  std::vector<std::jthread> threads;
  for (int i = 0; i < kAppenderCount; ++i) threads.emplace_back([this, i] { AppendTraces(i); });
  threads.emplace_back([this] { Maintain(); });
  const auto meanwhile = [&](auto ask) {
    threads.emplace_back([this, ask] { AskMeanwhile(ask); });
  };
  meanwhile([this](TestQuery& query, const QueryContext& context) { Search(query, context); });
  meanwhile([this](TestQuery& query, const QueryContext& context) { Count(query, context); });
  meanwhile([this](TestQuery& query, const QueryContext& context) { List(query, context); });
  threads.clear();

  ASSERT_TRUE(store_.storage().Maintain().has_value());
  ExpectTheEnd();
  store_.Reopen();
  ExpectTheEnd();
}

}  // namespace
}  // namespace clew::query
