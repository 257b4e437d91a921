#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "query/collect.h"
#include "query/metrics_answer.h"
#include "query/store_query.h"
#include "query/traceql_plan.h"
#include "storage/testing/test_store.h"
#include "traceql/evaluate/testing/example_trace.h"
#include "traceql/evaluate/testing/plain_value.h"
#include "traceql/metrics/testing/example_spans.h"
#include "traceql/parse.h"
#include "traceql/testing/golden.h"

// The catalogues of what queries find (tests/golden/traceql_results), asked of stores: with all
// passes and with each of them off, wherever the spans lie.
namespace clew::query {
namespace {

using model::TraceData;
using storage::testing::TestStore;
using traceql::metrics::testing::Catalogue;

constexpr UnixNanos kHour = 3'600'000'000'000;

enum class Layout { kHead, kBlock, kSpread };

// The spans of a trace that this place of three has.
TraceData PartOf(const TraceData& trace, std::size_t place) {
  TraceData part = trace;
  part.spans.clear();
  for (std::size_t i = 0; i < trace.spans.size(); ++i) {
    if (i % 3 == place) part.spans.push_back(trace.spans[i]);
  }
  return part;
}

class GoldenPassesTest : public ::testing::TestWithParam<Layout> {
 protected:
  void Append(const TraceData& data, bool is_block) {
    if (data.spans.empty()) return;
    ASSERT_TRUE(store_.Append(data).has_value());
    if (!is_block) return;
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  // Blocks that end with the second place, so that the last one is in the head.
  void Load(const std::vector<const TraceData*>& traces) {
    if (GetParam() != Layout::kSpread) {
      for (const TraceData* const trace : traces) Append(*trace, GetParam() == Layout::kBlock);
      return;
    }
    for (std::size_t place = 0; place < 3; ++place) {
      for (const TraceData* const trace : traces) Append(PartOf(*trace, place), place < 2);
    }
  }

  // All on, then each off.
  static std::vector<PassSet> PassSets() {
    std::vector<PassSet> sets(1);
    for (const PassInfo& pass : kPasses) sets.push_back(PassSet().Without(pass.pass));
    return sets;
  }

  template <typename Row>
  Result<std::vector<Row>> Run(const Plan& plan, const PassSet& passes) {
    QueryContext context;
    context.passes = passes;
    return Collect<Row>(query_, plan, context);
  }

  TestStore store_;
  StoreQuery query_{store_.storage()};
};

// As ExampleTrace::Find has it.
std::string Describe(const MatchedTrace& trace) {
  std::string text;
  for (const MatchedSet& set : trace.sets) {
    if (!text.empty()) text += "; ";
    for (const MatchedSpan& span : set.spans) {
      if (&span != &set.spans.front()) text += ' ';
      text += trace.spans->names[span.row];
    }
    for (const NamedValue& value : set.attributes) {
      const auto seen = traceql::evaluate::testing::SeenOf(value.value);
      text += " | " + value.name + '=' + traceql::evaluate::testing::PlainText(seen);
    }
  }
  return text;
}

// So much later, under this id.
TraceData Later(TraceData trace, UnixNanos by, const TraceId& id) {
  for (model::Span& span : trace.spans) {
    span.trace_id = id;
    span.start += by;
    span.end += by;
    for (model::Event& event : span.events) event.time += by;
  }
  return trace;
}

TEST_P(GoldenPassesTest, SearchesFindWhatTheCatalogueSays) {
  const auto shop = traceql::evaluate::testing::Shop();
  const TraceId id = shop.rows().spans[0].trace_id;
  const TraceData trace = Later(shop.rows(), 2 * kHour, id);
  const TraceData other = Later(shop.rows(), kHour, *TraceId::FromHex("a0"));
  Load({&other, &trace});
  for (const traceql::GoldenCase& each : traceql::ReadGolden("traceql_results/search.txt")) {
    const auto query = traceql::Parse(each.query);
    ASSERT_TRUE(query.has_value()) << each.query;
    const auto plan = TraceQlPlan(*query, {.limit = 20, .spans_per_set = 20});
    for (const PassSet& passes : PassSets()) {
      std::string outcome = "(nothing)";
      if (plan.has_value()) {
        const auto found = Run<MatchedTrace>(*plan, passes);
        if (!found) outcome = found.error().message;
        for (const MatchedTrace& match : found.value_or(std::vector<MatchedTrace>())) {
          if (match.spans->trace_ids[0] == id) outcome = Describe(match);
        }
      } else {
        outcome = plan.error().message;
      }
      EXPECT_EQ(outcome, each.outcome) << each.query;
    }
  }
}

TEST_P(GoldenPassesTest, MetricsGiveTheSeriesOfTheCatalogue) {
  const auto spans = Catalogue();
  std::vector<const TraceData*> traces;
  for (const auto& trace : spans) traces.push_back(&trace.rows());
  Load(traces);
  for (const traceql::GoldenCase& each : traceql::ReadGolden("traceql_results/metrics.txt")) {
    const auto query = traceql::Parse(each.query);
    ASSERT_TRUE(query.has_value()) << each.query;
    const auto plan = TraceQlMetricsPlan(
        *query, {.range = traceql::metrics::testing::Range(100, 130, 10), .exemplars_max = 0});
    ASSERT_TRUE(plan.has_value()) << each.query << ": " << plan.error().message;
    for (const PassSet& passes : PassSets()) {
      const auto answers = Run<MetricsAnswerPtr>(*plan, passes);
      const std::string series = answers ? traceql::metrics::testing::Describe(*answers->front())
                                         : answers.error().message;
      EXPECT_EQ(series.empty() ? "(nothing)" : series, each.outcome) << each.query;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, GoldenPassesTest,
                         ::testing::Values(Layout::kHead, Layout::kBlock, Layout::kSpread));

}  // namespace
}  // namespace clew::query
