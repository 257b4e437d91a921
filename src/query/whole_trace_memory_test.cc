#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "model/memory.h"
#include "query/testing/test_query.h"
#include "query/whole_trace.h"
#include "scan/batch_source.h"
#include "storage/testing/test_store.h"

/// What reading a whole trace takes of the memory of answers, and waits for.
namespace clew::query {
namespace {

using model::Value;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

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
  Result<scan::TraceTreesPtr> Trees(scan::TreeParts parts) const override {
    return source_->Trees(parts);
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

/// Others hold all memory of answers until what was read of a source is kept by nobody any more.
class AwaitedMemory : public ::testing::Test {
 protected:
  Result<std::vector<model::SpanColumnsPtr>> Read(
      TestStore& store, const std::shared_ptr<const WatchedSource>& source, AnswerBudget* answer) {
    auto others = std::make_unique<AnswerMemory>(account_);
    EXPECT_TRUE(others->TryTake(account_.limit()));
    std::jthread giver([&] {
      while (source->read_count() == 0 || !source->first_read().expired()) {
        std::this_thread::yield();
      }
      others.reset();
    });
    const QueryContext context{.memory = &memory_};
    const std::vector<scan::SpanSourcePtr> sources = {source};
    QueryStats stats;
    return ReadWholeTraces({store.storage(), context, sources, stats}, {&id_, 1}, answer);
  }

  base::Metrics metrics_;
  base::MemoryBudget budget_{4u << 20, metrics_};
  base::MemoryAccount& account_ = budget_.account(base::MemoryUse::kAnswers);
  AnswerMemory memory_{account_};
  const TraceId id_ = *TraceId::FromHex("a");
};

TEST_F(AwaitedMemory, WhatWasReadIsNotKeptWhileItsMemoryIsWaitedFor) {
  TestStore store;
  ASSERT_TRUE(store.Append(MakeData({{.trace = "a", .span = "1", .service = "x"}})).has_value());
  const auto source = std::make_shared<WatchedSource>(store.storage().Sources({}).at(0));
  AnswerBudget answer{.bytes_max = 1u << 20};

  const auto traces = Read(store, source, &answer);

  ASSERT_TRUE(traces.has_value()) << traces.error().message;
  ASSERT_EQ(traces->size(), 1u);
  EXPECT_EQ(traces->front()->span_count(), 1u);
  EXPECT_EQ(source->read_count(), 2);
  EXPECT_EQ(memory_.bytes(), answer.memory_bytes);
}

TEST_F(AwaitedMemory, WhatGrewWhileItsMemoryWasWaitedForIsLeftOut) {
  TestStore small;
  ASSERT_TRUE(small.Append(MakeData({{.trace = "a", .span = "1", .service = "x"}})).has_value());
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
  AnswerBudget answer{.bytes_max = 1u << 30, .leaves_out = true};

  const auto traces = Read(small, source, &answer);

  ASSERT_TRUE(traces.has_value()) << traces.error().message;
  EXPECT_TRUE(traces->empty());
  EXPECT_EQ(answer.left_out_ids, std::vector{id_});
  EXPECT_EQ(memory_.bytes(), 0u);
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
