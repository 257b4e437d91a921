#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "base/testing/counted_memory.h"
#include "wire/otlp/same_spans.h"
#include "wire/otlp/scatter_objects.h"

/// What joining a trace takes on its way, counted at the allocator: queries reserve it before.
namespace clew::wire::otlp {
namespace {

using base::testing::PeakOf;
using model::Span;
using model::SpanColumns;
using model::TraceData;

// Tables of the standard library grow by leaps: right behind one they take most.
constexpr std::uint32_t kCounts[] = {1000, 1110, 2358};
// For what does not grow with the number of rows: the form in which one is compared.
constexpr std::uint64_t kOnce = 2000;

enum class Ids { kApart, kInPairs, kInPairsUnfinished, kInPairsHalfFinished };

/// Spans with a resource and a scope each.
TraceData Trace(std::uint32_t count, Ids ids) {
  TraceData trace;
  for (std::uint32_t i = 0; i < count; ++i) {
    trace.resources.emplace_back().attributes.push_back({"n", {static_cast<std::int64_t>(i)}});
    trace.scopes.emplace_back().name = std::to_string(i);
    const std::uint32_t number = ids == Ids::kApart ? i : i / 2;
    const bool is_unfinished =
        ids == Ids::kInPairsUnfinished || (ids == Ids::kInPairsHalfFinished && i % 2 == 0);
    Span& span = trace.spans.emplace_back();
    span.span_id = *SpanId::FromHex(std::to_string(number + 1));
    span.name = std::to_string(ids == Ids::kInPairsHalfFinished ? number : i);
    span.start = number;
    span.end = is_unfinished ? 0 : number + 1;
    span.resource = i;
    span.scope = i;
  }
  return trace;
}

TEST(JoinEqualRows, TakesNoMoreThanItSays) {
  for (const std::uint32_t count : kCounts) {
    const TraceData data = Trace(count, Ids::kApart);
    SpanColumns trace = ScatterSpans(data);
    std::vector<std::uint32_t> rows(count);
    std::iota(rows.begin(), rows.end(), 0u);
    const std::uint64_t peak = PeakOf([&] { JoinEqualRows(rows, &trace); });
    EXPECT_LE(peak, kOnce + JoinBytes(trace)) << count;
    EXPECT_GE(peak, JoinBytes(trace) / 2) << count << ": much of it is not needed";
  }
}

class CompareMemory : public ::testing::TestWithParam<Ids> {};

/// A copy that has only so many resources and scopes.
TraceData WithRows(const TraceData& trace, std::uint32_t resources, std::uint32_t scopes) {
  TraceData fewer = trace;
  fewer.resources.resize(resources);
  fewer.scopes.resize(scopes);
  for (Span& span : fewer.spans) {
    span.resource = std::min(span.resource, resources - 1);
    span.scope = std::min(span.scope, scopes - 1);
  }
  return fewer;
}

TEST_P(CompareMemory, IsNoMoreThanItSays) {
  for (const std::uint32_t count : kCounts) {
    const TraceData trace = Trace(count, GetParam());
    for (const std::uint32_t resources : {1u, count}) {
      for (const std::uint32_t scopes : {1u, count / 10, count}) {
        const TraceData data = WithRows(trace, resources, scopes);
        const SpanColumns columns = ScatterSpans(data);
        const bool are_shared = GetParam() != Ids::kApart;
        EXPECT_EQ(RepeatsSpanIds(columns), are_shared);
        const std::uint64_t limit = kOnce + CompareBytes(columns, are_shared);
        EXPECT_LE(PeakOf([&] { DistinctSpans(columns); }), limit)
            << count << ' ' << resources << ' ' << scopes;
        EXPECT_LE(PeakOf([&] { SortedDistinctSpans(columns); }), limit)
            << count << ' ' << resources << ' ' << scopes;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Traces, CompareMemory,
                         ::testing::Values(Ids::kApart, Ids::kInPairs, Ids::kInPairsUnfinished,
                                           Ids::kInPairsHalfFinished));

}  // namespace
}  // namespace clew::wire::otlp
