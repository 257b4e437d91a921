#include "app/demo/shop.h"

#include <gtest/gtest.h>

#include <set>

#include "analysis/trace_summary.h"
#include "analysis/trace_tree.h"
#include "base/random.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::app::demo {
namespace {

constexpr UnixNanos kStart = 1'700'000'000'000'000'000;

analysis::TraceSummary SummaryOf(const model::TraceData& trace) {
  return analysis::Summarize(wire::otlp::ScatterSpans(trace));
}

TEST(Shop, EqualSeedsGiveEqualVisits) {
  base::SeededRandom one(5);
  base::SeededRandom other(5);
  Shop first(one);
  Shop second(other);

  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(first.Visit(kStart).spans, second.Visit(kStart).spans);
  }
}

TEST(Shop, AVisitIsOneWholeTrace) {
  base::SeededRandom random(1);
  Shop shop(random);

  for (int i = 0; i < 50; ++i) {
    const model::TraceData trace = shop.Visit(kStart);

    const analysis::TraceTree tree = analysis::BuildTraceTree(trace);
    for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
      EXPECT_EQ(tree.nodes[node].depth == 0, node == 0) << "one root, no orphans";
    }
    for (const model::Span& span : trace.spans) {
      EXPECT_EQ(span.trace_id, trace.spans[0].trace_id);
      EXPECT_GE(span.end, span.start);
    }
  }
}

TEST(Shop, TheFirstVisitsShowAnErrorAndASlowCall) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    base::SeededRandom random(seed);
    Shop shop(random);
    int error_count = 0;
    int slow_count = 0;

    for (int i = 0; i < 5; ++i) {
      const analysis::TraceSummary summary = SummaryOf(shop.Visit(kStart));
      error_count += summary.error_span_count > 0 ? 1 : 0;
      slow_count += summary.end_max - summary.start_min > 500'000'000 ? 1 : 0;
    }

    EXPECT_EQ(error_count, 2);
    EXPECT_EQ(slow_count, 1);
  }
}

TEST(Shop, AllServicesErrorsAndSlowCallsOccur) {
  base::SeededRandom random(1);
  Shop shop(random);
  std::set<std::string> services;
  std::set<std::string> names;
  int error_count = 0;
  int slow_count = 0;
  int exception_count = 0;

  for (int i = 0; i < 300; ++i) {
    const model::TraceData trace = shop.Visit(kStart);
    const analysis::TraceSummary summary = SummaryOf(trace);
    for (const auto& service : summary.services) {
      services.insert(service.name);
    }
    error_count += summary.error_span_count > 0 ? 1 : 0;
    slow_count += summary.end_max - summary.start_min > 500'000'000 ? 1 : 0;
    for (const model::Span& span : trace.spans) {
      names.insert(span.name);
      for (const model::Event& event : span.events) {
        exception_count += event.name == "exception" ? 1 : 0;
      }
    }
  }

  EXPECT_EQ(services,
            (std::set<std::string>{"api-gateway", "auth-service", "bank-api", "inventory-service",
                                   "order-service", "payment-service"}));
  for (const char* name :
       {"process_order", "validate_order", "check_inventory", "process_payment", "confirm_order"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_GT(error_count, 5);
  EXPECT_GT(slow_count, 5);
  EXPECT_GT(exception_count, 5);
}

}  // namespace
}  // namespace clew::app::demo
