#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scan/testing/plain_evaluate.h"
#include "traceql/evaluate/testing/case_count.h"
#include "traceql/evaluate/testing/random_query.h"
#include "traceql/evaluate/testing/random_trace.h"
#include "traceql/evaluate/testing/run_query.h"
#include "traceql/evaluate/trace_bound.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::traceql::evaluate::testing {
namespace {

std::vector<SpanMarks> MarksOf(const TraceBound& bound, const model::TraceData& trace) {
  std::vector<SpanMarks> all;
  for (const expr::Expression& condition : bound.conditions()) {
    SpanMarks& marks = all.emplace_back();
    for (const model::Span& span : trace.spans) {
      marks.push_back(scan::testing::Holds(condition, trace, span) ? 1 : 0);
    }
  }
  return all;
}

// Nothing where two spans have one id.
std::optional<std::vector<std::uint32_t>> ParentsOf(const model::TraceData& trace) {
  std::map<SpanId, std::uint32_t> places;
  for (std::uint32_t i = 0; i < trace.spans.size(); ++i) {
    if (!places.emplace(trace.spans[i].span_id, i).second) return std::nullopt;
  }
  std::vector<std::uint32_t> parents;
  for (const model::Span& span : trace.spans) {
    const auto parent = places.find(span.parent_span_id);
    parents.push_back(parent == places.end() ? BoundTrace::kNoParent : parent->second);
  }
  return parents;
}

TEST(TraceqlProperty, ATraceThatMatchesIsWithinItsBound) {
  std::uint64_t matching = 0;
  std::uint64_t ruled_out = 0;
  std::uint64_t ruled_out_by_parents = 0;
  for (std::uint64_t seed = 0; seed < CaseCount(); ++seed) {
    Dice dice(seed);
    const std::string text = RandomQuery(&dice);
    const auto query = ParseAndCheck(text);
    ASSERT_TRUE(query.has_value()) << text << ": " << query.error().message;
    const model::TraceData trace = RandomTrace(&dice, false);
    const Naming naming = RandomNaming(&dice);
    const auto found = RunPipeline(query->pipeline, wire::otlp::ScatterSpans(trace), naming);
    const auto bound = TraceBound::Of(query->pipeline, naming);
    ASSERT_TRUE(bound.has_value());
    if (!found) continue;
    const std::vector<SpanMarks> marks = MarksOf(*bound, trace);
    BoundTrace bounded{.span_count = trace.spans.size(), .marks = marks, .parents = {}};
    const bool may_match = MayMatch(*bound, bounded);
    const auto parents = ParentsOf(trace);
    if (parents) bounded.parents = *parents;
    const bool may_match_so = MayMatch(*bound, bounded);
    if (!found->empty()) {
      ++matching;
      ASSERT_TRUE(may_match && may_match_so) << "seed " << seed << ": " << text;
      for (std::size_t i = 0; i < marks.size(); ++i) {
        ASSERT_TRUE(!bound->required()[i] || std::ranges::count(marks[i], 1) > 0)
            << "seed " << seed << ": " << text;
      }
    }
    if (!may_match) ++ruled_out;
    if (may_match && !may_match_so) {
      ++ruled_out_by_parents;
      ASSERT_TRUE(bound->has_relations()) << text;
    }
  }
  EXPECT_GT(matching, CaseCount() / 20);
  EXPECT_GT(ruled_out, CaseCount() / 10);
  EXPECT_GT(ruled_out_by_parents, CaseCount() / 100);
}

}  // namespace
}  // namespace clew::traceql::evaluate::testing
