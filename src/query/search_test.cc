#include "query/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "query/match.h"
#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

constexpr UnixNanos kSecond = 1'000'000'000;
constexpr UnixNanos kNow = 1'700'000'000 * kSecond;
constexpr UnixNanos kTenYears = 10 * 365 * 86'400 * kSecond;

class SearchTest : public ::testing::Test {
 protected:
  // Each is a source of its own.
  void AddSource(const std::vector<SpanSpec>& spans) {
    ASSERT_TRUE(store_.Append(MakeData(spans)).has_value());
  }

  std::vector<std::string> Find(const SearchRequest& request) {
    const std::vector<scan::SpanSourcePtr> sources = store_.storage().Sources({});
    QueryStats stats;
    const auto ids =
        FindTraceIds({store_.storage(), {}, sources, stats}, request.spans(), request.limit, 0);
    stats_ = stats.At(1);
    EXPECT_TRUE(ids.has_value());
    std::vector<std::string> texts;
    for (const TraceId& id : *ids) texts.push_back(id.ToHex().substr(24));
    return texts;
  }

  TestStore store_;
  OperatorStats stats_;  // of the scan
};

std::string Hex(std::uint32_t number) { return fmt::format("{:08x}", number); }

// 100 sources of 50 traces, a second each, and in every one a span of a host that is ten years
// ahead: as a trace of its own, and as the last span of an ordinary trace.
class FarFutureTest : public SearchTest {
 protected:
  void Load() {
    for (std::uint32_t source = 0; source < 100; ++source) {
      std::vector<SpanSpec> spans;
      const UnixNanos start = kNow - (100 - source) * kSecond;
      for (std::uint32_t i = 0; i < 50; ++i) {
        spans.push_back({.trace = Hex(source * 50 + i + 1),
                         .span = "1",
                         .service = "web",
                         .name = "root",
                         .start = start + i});
      }
      spans.push_back({.trace = Hex(source * 50 + 1),
                       .span = "2",
                       .service = "web",
                       .name = "root",
                       .start = start + kTenYears});
      spans.push_back({.trace = Hex(0x10000 + source),
                       .span = "3",
                       .service = "ahead",
                       .name = "root",
                       .start = start + kTenYears});
      AddSource(spans);
    }
  }
};

TEST_F(FarFutureTest, ASearchUntilNowReadsNoMoreThanItNeeds) {
  Load();
  EXPECT_EQ(Find({.condition = ConditionOf({.service = "web"}),
                  .start_min = kNow - 3600 * kSecond,
                  .start_max = kNow,
                  .limit = 3}),
            (std::vector<std::string>{Hex(5000), Hex(4999), Hex(4998)}));
  EXPECT_LE(stats_.row_groups_read, 2u);
  EXPECT_LE(stats_.candidates_max, 100u);
}

TEST_F(FarFutureTest, AShortRangeLongAgoReadsOnlyWhatHasSpansInIt) {
  Load();
  EXPECT_EQ(Find({.condition = ConditionOf({.service = "web"}),
                  .start_min = kNow - 50 * kSecond,
                  .start_max = kNow - 50 * kSecond})
                .size(),
            1u);
  EXPECT_EQ(stats_.row_groups_read, 1u);
  EXPECT_EQ(stats_.row_groups_skipped, 99u);
}

TEST_F(FarFutureTest, WithoutARangeTheAnswerIsRightAndLittleIsKept) {
  Load();
  // Ten years ahead is newest; then whatever began last as a whole.
  EXPECT_EQ(Find({.limit = 2}), (std::vector<std::string>{Hex(0x10000 + 99), Hex(0x10000 + 98)}));
  EXPECT_LE(stats_.row_groups_read, 3u);

  EXPECT_EQ(Find({.condition = ConditionOf({.service = "web"}), .limit = 2}),
            (std::vector<std::string>{Hex(5000), Hex(4999)}));
  EXPECT_LE(stats_.candidates_max, 1100u);
}

TEST_F(FarFutureTest, TheNextSearchReadsAndSortsNothingAnew) {
  Load();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  prometheus::Counter& misses = store_.metrics.Counter("clew_query_cache_misses", "");
  TestQuery query(store_.storage());
  const SearchRequest request{.condition = ConditionOf({.service = "web"}),
                              .start_min = kNow - 3600 * kSecond,
                              .start_max = kNow,
                              .limit = 3};
  ASSERT_EQ(query.Search({}, request)->size(), 3u);
  const double before = misses.Value();
  EXPECT_GT(before, 0);

  const auto again = query.Search({}, request);

  EXPECT_EQ(again->size(), 3u);
  EXPECT_EQ(misses.Value(), before);
}

TEST_F(SearchTest, RowGroupsThatAFilterRulesOutAreNotRead) {
  for (std::uint32_t i = 1; i <= 10; ++i) {
    AddSource({{.trace = Hex(i),
                .span = "1",
                .service = "web",
                .start = kNow + i,
                .attributes = {{"k", {"value " + std::to_string(i)}}}}});
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  const auto find = [this](const std::string& value) {
    return Find({.condition = ConditionOf({.service = "web", .tags = {{"k", value}}})});
  };

  EXPECT_EQ(find("value 11"), std::vector<std::string>());
  EXPECT_EQ(stats_.row_groups_filtered, 10u);
  EXPECT_EQ(stats_.row_groups_skipped, 10u);
  EXPECT_EQ(stats_.row_groups_read, 0u);
  EXPECT_EQ(store_.metrics.Sum("clew_block_filter_skips"), 10);

  EXPECT_EQ(find("value 7"), std::vector<std::string>{Hex(7)});
  EXPECT_EQ(stats_.row_groups_filtered, 9u);
  EXPECT_EQ(stats_.row_groups_read, 1u);

  EXPECT_EQ(Find({.condition = expr::False()}), std::vector<std::string>());
  EXPECT_EQ(stats_.row_groups_filtered, 0u) << "no filter was needed";

  // What is in memory has no filter.
  AddSource({{.trace = Hex(11), .span = "1", .service = "web", .start = kNow}});
  EXPECT_EQ(find("value 11"), std::vector<std::string>());
  EXPECT_EQ(stats_.row_groups_filtered, 10u);
  EXPECT_EQ(stats_.row_groups_read, 1u);
}

TEST_F(SearchTest, ATraceThatIsNowhereOpensNoRowGroup) {
  for (std::uint32_t i = 1; i <= 10; ++i) {
    AddSource({{.trace = Hex(i), .span = "1", .service = "web", .start = kNow}});
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  TestQuery query(store_.storage());
  EXPECT_EQ(query.FindTrace({}, *TraceId::FromHex("77")).error().code, Code::kNotFound);
  EXPECT_EQ(store_.metrics.Sum("clew_block_filter_skips"), 10);
  // Of each block its filter was read, and no directory.
  EXPECT_EQ(store_.metrics.Sum("clew_block_directory_misses"), 10);

  // The footer of its block, and in it the directory of its row group.
  EXPECT_EQ(query.FindTrace({}, *TraceId::FromHex("7"))->spans.size(), 1u);
  EXPECT_EQ(store_.metrics.Sum("clew_block_directory_misses"), 12);
}

TEST_F(SearchTest, OperationsComeFromBlocksOfTheService) {
  // More than a roll-up takes.
  constexpr std::size_t kCount = storage::kRolledOperationsMax + 1;
  for (const char* service : {"web", "shop", "\xFF"}) {
    std::vector<SpanSpec> spans;
    for (std::uint32_t i = 1; i <= kCount; ++i) {
      spans.push_back(
          {.trace = "a", .span = Hex(i), .service = service, .name = Hex(i), .start = kNow});
    }
    AddSource(spans);
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  TestQuery query(store_.storage());
  EXPECT_EQ(query.Operations({}, "shop")->size(), kCount);
  EXPECT_EQ(store_.metrics.Sum("clew_block_filter_skips"), 2);
  EXPECT_EQ(query.Operations({}, "\xEF\xBF\xBD")->size(), kCount);
  EXPECT_EQ(query.Operations({}, "nobody")->size(), 0u);
  EXPECT_EQ(query.Services({})->size(), 3u);
}

TEST_F(SearchTest, OperationsOfBlocksAreListedWithoutOpeningRowGroups) {
  for (const char* service : {"web", "shop", "\xFF"}) {
    AddSource({{.trace = "a", .span = "1", .service = service, .name = "op", .start = kNow}});
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  TestQuery query(store_.storage());
  EXPECT_EQ(query.Operations({}, "shop")->size(), 1u);
  EXPECT_EQ(query.Operations({}, "\xEF\xBF\xBD")->size(), 1u);
  EXPECT_EQ(query.Operations({}, "nobody")->size(), 0u);
  EXPECT_EQ(query.Services({})->size(), 3u);
  EXPECT_EQ(store_.metrics.Sum("clew_block_directory_misses"), 0);
}

TEST_F(SearchTest, EndsWithinASource) {
  std::vector<SpanSpec> spans;
  for (std::uint32_t i = 1; i <= 10'000; ++i) {
    spans.push_back({.trace = Hex(i),
                     .span = "1",
                     .service = "web",
                     .start = kNow,
                     .attributes = {{"k", {"text " + std::to_string(i)}}, {"n", {i + 0.5}}}});
  }
  AddSource(spans);
  const auto match = [&](const SearchRequest& request, int calls_max) {
    int calls = 0;
    const auto check = [&]() -> Status {
      return ++calls > calls_max ? MakeError(Code::kCancelled, "nobody waits") : Status();
    };
    const auto source = store_.storage().Sources({}).at(0)->PastDamage(
        {.report = [](const Error&) {}, .check = check});
    const auto found = MatchSpans(*source, request.spans());
    // Whoever is told so stops at once.
    EXPECT_EQ(calls, calls_max + 1);
    return found.has_value() ? Code::kOk : found.error().code;
  };
  const auto pattern = expr::Pattern::Compile("none").value();
  const SearchRequest filtered{.condition =
                                   Matches(expr::Attribute(expr::Scope::kSpan, "k"), pattern)};
  const SearchRequest tagged{.condition =
                                 ShownAs(expr::Attribute(expr::Scope::kSpan, "n"), "0.25")};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(match(filtered, 6), Code::kCancelled);
    EXPECT_EQ(match(tagged, 6), Code::kCancelled);
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
}

TEST_F(SearchTest, KeepsLittleOfManyTracesWhoseBoundIsFarFromTheirStart) {
  // 20 sources of 200 traces that all began long ago and go on for ever.
  for (std::uint32_t source = 0; source < 20; ++source) {
    std::vector<SpanSpec> spans;
    for (std::uint32_t i = 0; i < 200; ++i) {
      const std::uint32_t trace = source * 200 + i + 1;
      spans.push_back({.trace = Hex(trace), .span = "1", .service = "web", .start = kNow - trace});
      spans.push_back(
          {.trace = Hex(trace), .span = "2", .service = "late", .start = kNow + kTenYears});
    }
    AddSource(spans);
  }
  EXPECT_EQ(Find({.condition = ConditionOf({.service = "late"}), .limit = 3}),
            (std::vector<std::string>{Hex(1), Hex(2), Hex(3)}));
  EXPECT_LE(stats_.candidates_max, 1300u);
}

TEST_F(SearchTest, AnswersAsIfEverythingHadBeenSorted) {
  std::mt19937 random(3);
  std::map<std::string, UnixNanos> starts;
  for (int source = 0; source < 60; ++source) {
    std::vector<SpanSpec> spans;
    for (std::uint32_t i = 0; i < 20; ++i) {
      const std::string trace = Hex(static_cast<std::uint32_t>(random() % 300) + 1);
      UnixNanos start = kNow + static_cast<UnixNanos>(random() % 100) * kSecond;
      if (random() % 30 == 0) start += kTenYears;
      spans.push_back({.trace = trace,
                       .span = Hex(static_cast<std::uint32_t>(source * 20) + i + 1),
                       .service = "web",
                       .start = start});
      const auto [entry, is_new] = starts.try_emplace(trace, start);
      if (!is_new) entry->second = std::min(entry->second, start);
    }
    AddSource(spans);
  }
  std::vector<std::pair<UnixNanos, std::string>> sorted;
  for (const auto& [trace, start] : starts) sorted.emplace_back(-start, trace);
  std::ranges::sort(sorted);
  for (const std::size_t limit : {1u, 7u, 50u, 1000u}) {
    const std::vector<std::string> found = Find({.limit = limit});
    ASSERT_EQ(found.size(), std::min(limit, sorted.size()));
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], sorted[i].second) << i;
  }
}

}  // namespace
}  // namespace clew::query
