#include "analysis/trace_summary.h"

#include <gmock/gmock.h>

#include "model/testing/trace_builder.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::analysis {
namespace {

using model::TraceBuilder;
using testing::ElementsAre;

TraceSummary Summarize(const model::TraceData& trace) {
  return analysis::Summarize(wire::otlp::ScatterSpans(trace));
}

TEST(TraceSummary, CountsAndFindsTheEarliestRoot) {
  TraceBuilder builder;
  builder.Service("web").Service("db");
  builder.Add({.id = "1", .start = 50, .duration = 10, .name = "late root"});
  builder.Add({.id = "2", .start = 20, .duration = 5, .name = "root", .resource = 1});
  builder.Add({.id = "3", .parent = "2", .start = 10, .duration = 100});
  builder.Add({.id = "4", .parent = "77", .start = 30}).status = model::StatusCode::kError;

  const TraceSummary summary = Summarize(builder.trace());

  EXPECT_EQ(summary.trace_id, TraceId::FromHex("1"));
  EXPECT_EQ(summary.root_service, "db");
  EXPECT_EQ(summary.root_operation, "root");
  EXPECT_EQ(summary.start_min, 10'000);
  EXPECT_EQ(summary.end_max, 110'000);
  EXPECT_EQ(summary.span_count, 4u);
  EXPECT_EQ(summary.error_span_count, 1u);
  EXPECT_EQ(summary.orphan_span_count, 1u);
  EXPECT_THAT(summary.services,
              ElementsAre(ServiceSummary{"db", 1, 0}, ServiceSummary{"web", 3, 1}));
}

TEST(TraceSummary, ASpanWithoutAnEndEndsWhenItStarts) {
  TraceBuilder builder;
  builder.Add({.id = "1", .start = 50}).end = 0;
  builder.Add({.id = "2", .start = 60}).end = 5;
  EXPECT_EQ(Summarize(builder.trace()).end_max, 60'000);
  EXPECT_EQ(Summarize(builder.trace()).duration(), Nanos(10'000));

  builder.trace().spans[0].end = -1;
  EXPECT_EQ(Summarize(builder.trace()).duration(), Nanos::max());
}

TEST(TraceSummary, NamesServicesAsTheyAreListed) {
  TraceBuilder builder;
  builder.Resource({{"service.name", {std::int64_t{4242}}}}).Resource({});
  builder.Add({.id = "1", .name = ""});
  builder.Add({.id = "2", .parent = "1", .resource = 1});

  const TraceSummary summary = Summarize(builder.trace());

  EXPECT_EQ(summary.root_service, "4242");
  EXPECT_EQ(summary.root_operation, "empty-span-name");
  EXPECT_THAT(summary.services, ElementsAre(ServiceSummary{"4242", 1, 0},
                                            ServiceSummary{"OTLPResourceNoServiceName", 1, 0}));
}

TEST(TraceSummary, IsEmptyForAnEmptyTraceAndRootlessWithoutRoot) {
  EXPECT_EQ(Summarize({}).span_count, 0u);

  TraceBuilder builder;
  builder.Add({.id = "1", .parent = "2"});
  EXPECT_EQ(Summarize(builder.trace()).root_service, "");
  EXPECT_EQ(Summarize(builder.trace()).orphan_span_count, 1u);
}

}  // namespace
}  // namespace clew::analysis
