#include "query/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <unordered_map>

#include "query/testing/test_query.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

using Calls = std::map<std::pair<std::string, std::string>, std::uint64_t>;

// Fresh batches and blocks must say the same.
class DependenciesTest : public ::testing::TestWithParam<bool> {
 protected:
  void Load(const std::vector<SpanSpec>& specs) {
    ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
    if (GetParam()) {
      ASSERT_TRUE(store_.storage().Flush().has_value());
    }
  }

  /// What the links are, said of whole traces one by one. Ids are unique in them.
  Calls CallsOf(const std::vector<std::string>& traces, UnixNanos min, UnixNanos max) {
    Calls calls;
    for (const std::string& id : traces) {
      const auto trace = TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex(id));
      if (!trace.has_value()) continue;
      std::unordered_map<SpanId, std::string> services;
      for (const model::Span& span : trace->spans) {
        services.emplace(span.span_id, trace->ServiceName(span));
      }
      for (const model::Span& span : trace->spans) {
        const auto parent = services.find(span.parent_span_id);
        if (parent == services.end() || span.start < min || span.start > max) continue;
        ++calls[{parent->second, trace->ServiceName(span)}];
      }
    }
    return calls;
  }

  TestStore store_;
};

TEST_P(DependenciesTest, CrossSources) {
  Load({{"a", "1", "", "front", "root", 100}, {"a", "2", "1", "back", "call", 110}});
  Load({{"a", "3", "2", "db", "query", 120}, {"a", "4", "2", "db", "query", 130}});
  Load({{"a", "5", "99", "lost", "orphan", 140}});

  const auto links = TestQuery(store_.storage()).Dependencies({}, 0, 1'000'000);

  ASSERT_TRUE(links.has_value());
  ASSERT_EQ(links->size(), 2u);
  EXPECT_EQ((*links)[0].parent + ">" + (*links)[0].child, "back>db");
  EXPECT_EQ((*links)[0].call_count, 2u);
  EXPECT_EQ((*links)[1].parent + ">" + (*links)[1].child, "front>back");
}

TEST_P(DependenciesTest, CountEachSpanOnce) {
  const std::vector<SpanSpec> trace = {{"a", "1", "", "front", "root", 100},
                                       {"a", "2", "1", "back", "call", 110}};
  // Twice in one source, and in several; once more as a regular trace.
  Load({trace[0], trace[1], trace[1]});
  Load(trace);
  Load({trace[1]});
  Load({{"b", "1", "", "front", "root", 100}, {"b", "2", "1", "back", "call", 110}});

  const auto links = TestQuery(store_.storage()).Dependencies({}, 0, 1'000'000);

  ASSERT_TRUE(links.has_value());
  ASSERT_EQ(links->size(), 1u);
  EXPECT_EQ(links->front().call_count, 2u);
}

TEST_P(DependenciesTest, OfSpansThatShareIds) {
  using enum model::SpanKind;
  // Zipkin's client and server; a retried job, whose two spans are two calls.
  Load({{.trace = "a", .span = "1", .service = "x", .kind = kClient},
        {.trace = "a", .span = "1", .service = "y", .kind = kServer},
        {.trace = "a", .span = "2", .parent = "1", .service = "z"}});
  Load({{.trace = "b", .span = "1", .service = "x"},
        {.trace = "b", .span = "2", .parent = "1", .service = "job", .start = 5},
        {.trace = "b", .span = "2", .parent = "1", .service = "job", .start = 6}});

  const auto links = TestQuery(store_.storage()).Dependencies({}, 0, 1'000'000);

  ASSERT_TRUE(links.has_value());
  std::vector<std::string> shown;
  for (const DependencyLink& link : *links) {
    shown.push_back(link.parent + ">" + link.child + " " + std::to_string(link.call_count));
  }
  EXPECT_EQ(shown, (std::vector<std::string>{"x>job 2", "x>y 1", "y>z 1"}));
}

TEST_P(DependenciesTest, HoldNoMoreThanTheyNeedAtOnce) {
  // Every trace lies in two sources and is looked up whole: 7500 of them, 2500 at a time.
  for (const char* service : {"front", "back"}) {
    std::vector<SpanSpec> specs;
    for (int i = 1; i <= 7500; ++i) {
      const bool is_root = service[0] == 'f';
      specs.push_back({.trace = fmt::format("{:x}", i),
                       .span = is_root ? "1" : "2",
                       .parent = is_root ? "" : "1",
                       .service = service,
                       .start = 100});
    }
    Load(specs);
  }
  base::Metrics metrics;
  // A quarter is for answers. The spans of all these traces together take more.
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));

  const auto links = TestQuery(store_.storage()).Dependencies({.memory = &memory}, 0, 1000);

  ASSERT_TRUE(links.has_value()) << links.error().message;
  ASSERT_EQ(links->size(), 1u);
  EXPECT_EQ(links->front().call_count, 7500u);
  EXPECT_LE(memory.bytes(), 1024u);

  // What they need at once counts.
  base::MemoryBudget small(2u << 20, metrics);
  AnswerMemory little(small.account(base::MemoryUse::kAnswers));
  EXPECT_EQ(TestQuery(store_.storage()).Dependencies({.memory = &little}, 0, 1000).error().code,
            Code::kResourceExhausted);
}

/// `count` traces of a root in `front` and a call of `back`, from number `first` on.
std::vector<SpanSpec> Pairs(int first, int count, bool has_root = true, bool has_call = true) {
  std::vector<SpanSpec> specs;
  for (int i = first; i < first + count; ++i) {
    const std::string trace = fmt::format("{:x}", i + 1);
    if (has_root) specs.push_back({trace, "1", "", "front", "root", 100});
    if (has_call) specs.push_back({trace, "2", "1", "back", "call", 110});
  }
  return specs;
}

class LittleMemory {
 public:
  explicit LittleMemory(std::uint64_t bytes) : budget_(4 * bytes, metrics_) {}

  QueryContext context() { return {.memory = &memory_, .left_out = &left_out, .stats = &stats}; }

  LeftOut left_out;
  QueryStats stats;

 private:
  base::Metrics metrics_;
  base::MemoryBudget budget_;  // of which a quarter is for answers
  AnswerMemory memory_{budget_.account(base::MemoryUse::kAnswers)};
};

TEST_P(DependenciesTest, ReadAgainOnlyWhatTheyNeedAgain) {
  if (!GetParam()) GTEST_SKIP() << "what is fresh is one source, or a few";
  // The traces that begin in a block end six blocks later.
  constexpr int kBlocks = 16;
  constexpr int kApart = 6;
  constexpr int kTraces = 500;
  for (int block = 0; block < kBlocks; ++block) {
    std::vector<SpanSpec> specs;
    if (block < kBlocks - kApart) specs = Pairs(block * kTraces, kTraces, true, false);
    if (block >= kApart) {
      const auto calls = Pairs((block - kApart) * kTraces, kTraces, false, true);
      specs.insert(specs.end(), calls.begin(), calls.end());
    }
    for (SpanSpec& spec : specs) spec.start += block * 1000;
    Load(specs);
  }
  // A block takes 100 KB to read, and what waits of each six times 50 KB.
  LittleMemory little(400'000);
  const auto links = TestQuery(store_.storage()).Dependencies(little.context(), 0, 1'000'000);
  ASSERT_TRUE(links.has_value()) << links.error().message;
  ASSERT_EQ(links->size(), 1u);
  EXPECT_EQ(links->front().call_count, (kBlocks - kApart) * kTraces);
  EXPECT_TRUE(little.left_out.empty());
  const std::uint64_t read = little.stats.operators.at(1).trees_read;
  EXPECT_GT(read, kBlocks) << "it has no room for all at once";
  EXPECT_LE(read, 3 * kBlocks);
}

TEST_P(DependenciesTest, LeaveOutWhatThereIsNoMemoryFor) {
  if (!GetParam()) GTEST_SKIP() << "what is fresh may be one source";
  Load(Pairs(0, 3000));
  Load(Pairs(3000, 100));
  LittleMemory little(300'000);
  const auto links = TestQuery(store_.storage()).Dependencies(little.context(), 0, 1'000'000);
  ASSERT_TRUE(links.has_value()) << links.error().message;
  ASSERT_EQ(links->size(), 1u);
  EXPECT_EQ(links->front().call_count, 100u);
  EXPECT_THAT(little.left_out.first(),
              ::testing::StartsWith("the calls of 6000 spans of block blocks/"));
}

TEST_P(DependenciesTest, LeaveOutWhatCannotBeLookedUp) {
  if (!GetParam()) GTEST_SKIP() << "what is fresh may be one source";
  // Each has a span id twice, so that it has to be looked up whole.
  for (int part = 0; part < 3; ++part) {
    std::vector<SpanSpec> specs = Pairs(part * 200, 200);
    const std::vector<SpanSpec> again = Pairs(part * 200, 200, false, true);
    specs.insert(specs.end(), again.begin(), again.end());
    Load(specs);
  }
  LittleMemory little(80'000);
  const auto links = TestQuery(store_.storage()).Dependencies(little.context(), 0, 1'000'000);
  ASSERT_TRUE(links.has_value()) << links.error().message;
  EXPECT_FALSE(little.left_out.empty());
}

TEST_P(DependenciesTest, AreThoseOfEachTrace) {
  std::mt19937 random(7);
  const auto below = [&random](int end) { return static_cast<int>(random() % unsigned(end)); };
  std::vector<std::string> traces;
  for (int trace = 1; trace <= 40; ++trace) traces.push_back(fmt::format("{:x}", trace));
  // Some traces lie in several sources, some are long, some parents are nowhere or the span itself;
  // what is sent twice counts once.
  for (int source = 0; source < 3; ++source) {
    std::vector<SpanSpec> specs;
    for (std::size_t i = 0; i < traces.size(); ++i) {
      if (below(3) == 0) continue;
      const int span_count = i == 5 ? 200 : 1 + below(12);
      for (int span = 1; span <= span_count; ++span) {
        specs.push_back(
            {.trace = traces[i],
             .span = fmt::format("{:x}", source * 1000 + span),
             .parent =
                 below(5) == 0 ? "" : fmt::format("{:x}", below(2) * 1000 + 1 + below(span_count)),
             .service = std::string(1, static_cast<char>('a' + below(4))),
             .start = below(1000)});
        if (below(20) == 0) specs.push_back(specs.back());
      }
    }
    Load(specs);
  }

  for (const auto& [min, max] : std::vector<std::pair<UnixNanos, UnixNanos>>{
           {0, 1000}, {200, 700}, {999, 1000}, {5000, 6000}}) {
    const auto links = TestQuery(store_.storage()).Dependencies({}, min, max);
    ASSERT_TRUE(links.has_value());
    Calls calls;
    for (const DependencyLink& link : *links) calls[{link.parent, link.child}] = link.call_count;
    EXPECT_EQ(calls, CallsOf(traces, min, max)) << min << " " << max;
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, DependenciesTest, ::testing::Values(false, true),
                         [](const auto& source) { return source.param ? "Blocks" : "Fresh"; });

}  // namespace
}  // namespace clew::query
