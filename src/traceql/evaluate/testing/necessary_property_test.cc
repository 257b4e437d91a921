#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "scan/testing/plain_evaluate.h"
#include "traceql/evaluate/necessary.h"
#include "traceql/evaluate/testing/case_count.h"
#include "traceql/evaluate/testing/random_query.h"
#include "traceql/evaluate/testing/random_trace.h"
#include "traceql/evaluate/testing/run_query.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::traceql::evaluate::testing {
namespace {

bool HoldsForSome(const expr::Expression& condition, const model::TraceData& trace) {
  return std::ranges::any_of(trace.spans, [&](const model::Span& span) {
    return scan::testing::Holds(condition, trace, span);
  });
}

TEST(TraceqlProperty, WhatIsNecessaryHoldsInEveryTraceThatMatches) {
  std::uint64_t asked = 0;
  for (std::uint64_t seed = 0; seed < CaseCount(); ++seed) {
    Dice dice(seed);
    const std::string text = RandomQuery(&dice);
    const auto query = ParseAndCheck(text);
    ASSERT_TRUE(query.has_value()) << text << ": " << query.error().message;
    const model::TraceData trace = RandomTrace(&dice, false);
    const Naming naming = RandomNaming(&dice);
    const auto found = RunPipeline(query->pipeline, wire::otlp::ScatterSpans(trace), naming);
    const auto conditions = Necessary(query->pipeline, naming);
    ASSERT_TRUE(conditions.has_value());
    if (!found || found->empty()) continue;
    for (const expr::Expression& condition : *conditions) {
      ++asked;
      ASSERT_TRUE(HoldsForSome(condition, trace)) << "seed " << seed << ": " << text;
    }
  }
  EXPECT_GT(asked, CaseCount() / 20);
}

}  // namespace
}  // namespace clew::traceql::evaluate::testing
