#include "query/whole_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "model/memory.h"
#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "scan/batch_source.h"
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

// Passes on what a source gives, and keeps an eye on it.
class WatchedSource final : public scan::SpanSource {
 public:
  /// `alive` counts what is read and kept by anybody, of all sources that share it.
  explicit WatchedSource(scan::SpanSourcePtr source, std::shared_ptr<std::atomic<int>> alive =
                                                         std::make_shared<std::atomic<int>>(0))
      : source_(std::move(source)), alive_(std::move(alive)) {}

  /// What is read from now on but for the first time: as if it grew.
  void ReadAgainFrom(scan::SpanSourcePtr later) { later_ = std::move(later); }

  /// The most that were alive when something was read here.
  int alive_max() const { return alive_max_; }

  // Of the first read; expired when nobody keeps it any more.
  std::weak_ptr<const model::SpanColumns> first_read() const {
    const std::scoped_lock lock(mutex_);
    return first_read_;
  }
  int read_count() const { return read_count_; }

  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           scan::ReadExtent extent) const override {
    const scan::SpanSourcePtr& from = later_ != nullptr && read_count_ > 0 ? later_ : source_;
    ASSIGN_OR_RETURN(const model::SpanColumnsPtr read, from->ReadTraces(ids, extent));
    if (read == nullptr) return read;
    // A copy: a fresh batch keeps what it gives.
    const auto forget = [alive = alive_](const model::SpanColumns* gone) {
      --*alive;
      delete gone;
    };
    const std::shared_ptr<const model::SpanColumns> columns(new model::SpanColumns(*read), forget);
    alive_max_ = std::max<int>(alive_max_, ++*alive_);
    const std::scoped_lock lock(mutex_);
    if (read_count_ == 0) first_read_ = columns;
    ++read_count_;
    return columns;
  }

  const scan::SourceStats& stats() const override { return source_->stats(); }
  Result<scan::ColumnPtr> Field(expr::Field field) const override { return source_->Field(field); }
  Result<scan::ColumnPtr> Ties(model::Owner owner) const override { return source_->Ties(owner); }
  Result<std::vector<scan::ColumnPtr>> Attribute(model::Owner owner,
                                                 std::string_view key) const override {
    return source_->Attribute(owner, key);
  }
  Result<std::vector<scan::AttributeCount>> Attributes() const override {
    return source_->Attributes();
  }
  Result<scan::StartIntervalsPtr> Starts() const override { return source_->Starts(); }
  Result<std::vector<TraceId>> TraceIds(const std::vector<std::uint32_t>& rows) const override {
    return source_->TraceIds(rows);
  }
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override {
    return source_->TraceStarts(ids);
  }
  Result<std::vector<scan::TraceSize>> Traces() const override { return source_->Traces(); }
  Result<scan::TraceTreesPtr> Trees(bool with_starts) const override {
    return source_->Trees(with_starts);
  }
  Result<std::vector<scan::OperationCount>> Operations() const override {
    return source_->Operations();
  }
  Result<model::SpanColumnsPtr> ReadAll(scan::ReadExtent extent) const override {
    return source_->ReadAll(extent);
  }
  scan::SpanSourcePtr PastDamage(scan::Reader reader) const override {
    return source_->PastDamage(std::move(reader));
  }
  Status Check() const override { return source_->Check(); }

 private:
  const scan::SpanSourcePtr source_;
  scan::SpanSourcePtr later_;
  const std::shared_ptr<std::atomic<int>> alive_;
  mutable std::atomic<int> alive_max_{0};
  mutable std::mutex mutex_;
  mutable std::weak_ptr<const model::SpanColumns> first_read_;
  mutable std::atomic<int> read_count_{0};
};

// Hundreds may wait at once.
class WholeTraceMemory : public ::testing::Test {
 protected:
  static constexpr std::size_t kSpanCount = 20'000;

  /// A trace of `specs` is read when there are `enough` bytes a span besides what is kept of it,
  /// and refused with `too_few`.
  static void Check(const std::vector<SpanSpec>& specs, std::size_t enough, std::size_t too_few) {
    TestStore store;
    ASSERT_TRUE(store.Append(MakeData(specs)).has_value());
    base::Metrics metrics;
    const auto find = [&](std::uint64_t limit_bytes) {
      // A quarter is for answers.
      base::MemoryBudget budget(4 * limit_bytes, metrics);
      AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
      const auto trace =
          TestQuery(store.storage()).FindTrace({.memory = &memory}, *TraceId::FromHex("a"));
      return trace.has_value() ? Result<std::uint64_t>(memory.bytes())
                               : std::unexpected(trace.error());
    };
    const Result<std::uint64_t> kept_bytes = find(1u << 30);
    ASSERT_TRUE(kept_bytes.has_value());

    EXPECT_TRUE(find(*kept_bytes + kSpanCount * enough).has_value());
    const Result<std::uint64_t> refused = find(*kept_bytes + kSpanCount * too_few);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  }
};

TEST_F(WholeTraceMemory, IsTakenToCompareItsSpans) {
  std::vector<SpanSpec> specs;
  for (std::size_t i = 1; i <= kSpanCount; ++i) {
    specs.push_back({.trace = "a", .span = fmt::format("{:x}", i), .service = "x", .start = 100});
  }
  Check(specs, 100, 80);
}

TEST_F(WholeTraceMemory, IsTakenForTheRowsOfSpansThatShareTheirIds) {
  std::vector<SpanSpec> specs;
  for (std::size_t i = 1; i <= kSpanCount; ++i) {
    specs.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i / 2 + 1),
                     .service = "x",
                     .name = std::to_string(i),
                     .start = 100});
  }
  Check(specs, 120, 105);
}

TEST(WholeTrace, WhatWasReadIsNotKeptWhileItsMemoryIsWaitedFor) {
  TestStore store;
  ASSERT_TRUE(store.Append(MakeData({{.trace = "a", .service = "x"}})).has_value());
  const auto source = std::make_shared<WatchedSource>(store.storage().Sources({}).at(0));
  base::Metrics metrics;
  base::MemoryBudget budget(4u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  auto other = std::make_unique<AnswerMemory>(account);
  ASSERT_TRUE(other->TryTake(account.limit()));
  std::thread giver([&] {
    while (source->read_count() == 0 || !source->first_read().expired()) std::this_thread::yield();
    other.reset();
  });
  AnswerMemory memory(account);
  const QueryContext context{.memory = &memory};
  const std::vector<scan::SpanSourcePtr> sources = {source};
  const TraceId id = *TraceId::FromHex("a");
  AnswerBudget answer{.bytes_max = 1u << 20};

  QueryStats stats;
  const auto traces =
      ReadWholeTraces({store.storage(), context, sources, stats}, {&id, 1}, &answer);

  giver.join();
  ASSERT_TRUE(traces.has_value()) << traces.error().message;
  ASSERT_EQ(traces->size(), 1u);
  EXPECT_EQ(traces->front()->span_count(), 1u);
  EXPECT_EQ(source->read_count(), 2);
  EXPECT_EQ(memory.bytes(), answer.memory_bytes);
}

TEST(WholeTrace, WhatGrewWhileItsMemoryWasWaitedForIsLeftOut) {
  TestStore small;
  ASSERT_TRUE(small.Append(MakeData({{.trace = "a", .service = "x"}})).has_value());
  TestStore large;
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 40; ++i) {
    SpanSpec& spec = specs.emplace_back();
    spec.trace = "a";
    spec.span = fmt::format("{:x}", i);
    spec.attributes = {{"large", Value{std::string(40'000, 's')}}};
  }
  ASSERT_TRUE(large.Append(MakeData(specs)).has_value());
  const auto source = std::make_shared<WatchedSource>(small.storage().Sources({}).at(0));
  source->ReadAgainFrom(large.storage().Sources({}).at(0));
  base::Metrics metrics;
  base::MemoryBudget budget(4u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  auto other = std::make_unique<AnswerMemory>(account);
  ASSERT_TRUE(other->TryTake(account.limit()));
  std::thread giver([&] {
    while (source->read_count() == 0 || !source->first_read().expired()) std::this_thread::yield();
    other.reset();
  });
  AnswerMemory memory(account);
  const QueryContext context{.memory = &memory};
  const std::vector<scan::SpanSourcePtr> sources = {source};
  const TraceId id = *TraceId::FromHex("a");
  AnswerBudget answer{.bytes_max = 1u << 30, .leaves_out = true};

  QueryStats stats;
  const auto traces =
      ReadWholeTraces({small.storage(), context, sources, stats}, {&id, 1}, &answer);

  giver.join();
  ASSERT_TRUE(traces.has_value()) << traces.error().message;
  EXPECT_TRUE(traces->empty());
  EXPECT_EQ(answer.left_out_ids, std::vector{id});
  EXPECT_EQ(memory.bytes(), 0u);
}

// What is read ahead takes memory, too: where that is scarce nothing is.
TEST(WholeTrace, ReadsAheadOnlyWhatThereIsMemoryFor) {
  TestStore store;
  constexpr int kSourceCount = 12;
  for (int source = 0; source < kSourceCount; ++source) {
    std::vector<SpanSpec> specs;
    for (int i = 0; i < 1000; ++i) {
      specs.push_back(
          {.trace = "a", .span = fmt::format("{:x}", 1 + source * 1000 + i), .service = "x"});
    }
    ASSERT_TRUE(store.Append(MakeData(specs)).has_value());
  }
  base::Metrics metrics;
  base::MemoryBudget budget(256u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  for (const bool is_scarce : {false, true}) {
    const auto alive = std::make_shared<std::atomic<int>>(0);
    std::vector<std::shared_ptr<const WatchedSource>> watched;
    std::vector<scan::SpanSourcePtr> sources;
    for (const scan::SpanSourcePtr& source : store.storage().Sources({})) {
      watched.push_back(std::make_shared<const WatchedSource>(source, alive));
      sources.push_back(watched.back());
    }
    ASSERT_EQ(sources.size(), static_cast<std::size_t>(kSourceCount));
    AnswerMemory others(account);
    ASSERT_TRUE(others.TryTake(is_scarce ? account.limit() / 2 : 0));
    AnswerMemory memory(account);
    const QueryContext context{.memory = &memory};
    const TraceId id = *TraceId::FromHex("a");
    AnswerBudget answer{.bytes_max = 1u << 30};
    QueryStats stats;

    const auto traces =
        ReadWholeTraces({store.storage(), context, sources, stats}, {&id, 1}, &answer);

    ASSERT_TRUE(traces.has_value()) << traces.error().message;
    EXPECT_EQ(traces->front()->span_count(), 1000u * kSourceCount);
    EXPECT_EQ(memory.bytes(), answer.memory_bytes) << "what was read ahead is given back";
    EXPECT_EQ(memory.bytes(), model::MemoryOf(*traces->front()));
    int most = 0;
    for (const auto& source : watched) most = std::max(most, source->alive_max());
    EXPECT_EQ(most, is_scarce ? 1 : 8);
  }
}

/// So many spans of one trace, all of which view one text as their name.
scan::SpanSourcePtr SpansOf(std::uint8_t trace, std::uint32_t count, std::string name) {
  model::SpanColumns columns;
  columns.memory.emplace_back(std::move(name));
  model::AddRow<model::Owner::kResource>(&columns);
  model::AddRow<model::Owner::kScope>(&columns);
  for (std::uint32_t row = 0; row < count; ++row) {
    model::AddRow<model::Owner::kSpan>(&columns);
    TraceId trace_id;
    trace_id.bytes.back() = trace;
    SpanId span_id;
    span_id.bytes[6] = static_cast<std::uint8_t>(row >> 8);
    span_id.bytes[7] = static_cast<std::uint8_t>(row);
    columns.trace_ids.Set(row, trace_id);
    columns.span_ids.Set(row, span_id);
    columns.names.Set(row, columns.memory.back().view());
  }
  return std::make_shared<const scan::BatchSource>(
      std::make_shared<const model::SpanColumns>(std::move(columns)));
}

// It only saves time: whatever fits into some memory fits into more, of which some is read ahead.
TEST(WholeTrace, NothingIsRefusedForWhatIsReadAhead) {
  TestStore store;
  // By the first it is judged how much is read ahead, of which there is only half. The second takes
  // little, but it might take more than is left besides.
  std::vector<scan::SpanSourcePtr> sources = {SpansOf(1, 2000, "")};
  const std::uint64_t bytes = model::MemoryOf(**sources[0]->ReadAll(scan::ReadExtent::kAll));
  sources.push_back(SpansOf(2, 100, std::string(bytes * 44 / 1000, 'x')));
  for (std::uint8_t trace = 3; trace <= 9; ++trace) sources.push_back(SpansOf(trace, 1000, ""));
  std::vector<TraceId> ids(sources.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids[i].bytes.back() = static_cast<std::uint8_t>(i + 1);
  }
  std::uint64_t least = 0;
  for (std::uint64_t tenths = 40; tenths <= 100; ++tenths) {
    const std::uint64_t limit = bytes * tenths / 10;
    base::Metrics metrics;
    base::MemoryBudget budget(4 * limit, metrics);
    AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
    const QueryContext context{.memory = &memory};
    AnswerBudget answer{.bytes_max = 1u << 30};
    QueryStats stats;

    const auto traces = ReadWholeTraces({store.storage(), context, sources, stats}, ids, &answer);

    EXPECT_TRUE(traces.has_value() || least == 0) << tenths << ": " << traces.error().message;
    if (traces.has_value() && least == 0) least = tenths;
  }
  EXPECT_GT(least, 40u);
  EXPECT_LT(least, 75u) << "where all that is read ahead would be too much";
}

}  // namespace
}  // namespace clew::query
