#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "scan/testing/plain_evaluate.h"
#include "traceql/evaluate/testing/case_count.h"
#include "traceql/evaluate/testing/plain_evaluate.h"
#include "traceql/evaluate/testing/random_query.h"
#include "traceql/evaluate/testing/random_trace.h"
#include "traceql/evaluate/testing/run_query.h"
#include "traceql/lower.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::traceql::evaluate::testing {
namespace {

TEST(TraceqlProperty, RandomQueriesGiveWhatThePlainEvaluatorGives) {
  std::uint64_t compared = 0;
  std::uint64_t found_count = 0;
  for (std::uint64_t seed = 0; seed < CaseCount(); ++seed) {
    Dice dice(seed);
    const std::string text = RandomQuery(&dice);
    const auto query = ParseAndCheck(text);
    ASSERT_TRUE(query.has_value()) << text << ": " << query.error().message;
    const model::TraceData trace = RandomTrace(&dice, true);
    const Naming naming = RandomNaming(&dice);
    const model::SpanColumns columns = wire::otlp::ScatterSpans(trace);
    const auto expected = PlainRun(query->pipeline, trace, naming);
    const auto found = RunPipeline(query->pipeline, columns, naming);
    // Which part fails first, and whether one that is not needed is asked, is not told.
    if (!expected || !found) continue;
    ++compared;
    if (!found->empty()) ++found_count;
    ASSERT_EQ(*found, *expected) << "seed " << seed << ": " << text << "\nis " << Describe(*found)
                                 << "\nbut plainly " << Describe(*expected);
  }
  EXPECT_GT(compared, CaseCount() * 3 / 4);
  EXPECT_GT(found_count, CaseCount() / 3);
}

TEST(TraceqlProperty, FiltersThatLowerExactlyHoldForTheSameSpans) {
  std::uint64_t exact = 0;
  for (std::uint64_t seed = 0; seed < CaseCount(); ++seed) {
    Dice dice(seed);
    const std::string filter = RandomFilter(&dice);
    const auto query = ParseAndCheck("{ " + filter + " }");
    ASSERT_TRUE(query.has_value()) << filter << ": " << query.error().message;
    const model::TraceData trace = RandomTrace(&dice, false);
    const Naming naming = RandomNaming(&dice);
    const auto lowered = Lower(query->pipeline[0].spansets.filter, naming);
    ASSERT_TRUE(lowered.has_value());
    const auto found = RunPipeline(query->pipeline, wire::otlp::ScatterSpans(trace), naming);
    if (!found) continue;
    if (lowered->is_exact) ++exact;
    for (std::uint32_t row = 0; row < trace.spans.size(); ++row) {
      const bool holds = !found->empty() && std::ranges::count((*found)[0].rows, row) > 0;
      const bool is_lowered = scan::testing::Holds(lowered->condition, trace, trace.spans[row]);
      ASSERT_TRUE(lowered->is_exact ? holds == is_lowered : is_lowered || !holds)
          << "seed " << seed << ", row " << row << ": " << filter;
    }
  }
  EXPECT_GT(exact, CaseCount() / 5);
}

}  // namespace
}  // namespace clew::traceql::evaluate::testing
