#include "app/cli/found_traces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace clew::app::cli {
namespace {

using api::client::FoundTrace;

FoundTrace Trace() {
  return {.trace_id = *TraceId::FromHex("0af7651916cd43dd8448eb211c80319c"),
          .root_service = "api-gateway",
          .root_name = "POST /orders",
          .start = 1'700'000'000'000'000'000,
          .duration = std::chrono::milliseconds(412),
          .sets = {{.span_count = 3,
                    .spans = {{.span_id = "b7ad6b7169203331",
                               .name = "authorize",
                               .duration = std::chrono::microseconds(12'300),
                               .attributes = {{"bank.code", "7"}, {"status", "error"}}},
                              {.span_id = "b7ad6b7169203332", .duration = Nanos(5)}}}}};
}

TEST(FoundTraces, ATraceHasItsSpansBelow) {
  FoundTrace grouped = Trace();
  grouped.duration = Nanos(0);
  grouped.root_service = "<root span not yet received>";
  grouped.root_name = "";
  grouped.sets = {{.span_count = 1, .attributes = {{"by(.a)", "x"}}, .spans = {{.name = "one"}}},
                  {.span_count = 2, .attributes = {{"by(.a)", "y"}, {"count()", "2"}}}};

  EXPECT_EQ(DrawFoundTraces({Trace(), grouped}, 110, Style(false)),
            "TRACE                            STARTED (UTC)       DURATION MATCHED ROOT\n"
            "0af7651916cd43dd8448eb211c80319c 2023-11-14 22:13:20    412ms       3 "
            "api-gateway POST /orders\n"
            "  · authorize  12.3ms  bank.code=7  status=error\n"
            "  · b7ad6b7169203332  5ns\n"
            "  · 1 more\n"
            "0af7651916cd43dd8448eb211c80319c 2023-11-14 22:13:20     <1ms       3 "
            "<root span not yet received>\n"
            "  1 span  by(.a)=x\n"
            "  · one  0ns\n"
            "  2 spans  by(.a)=y  count()=2\n"
            "  · 2 more\n");
}

TEST(FoundTraces, ANarrowScreenHasTheRootOnALineOfItsOwn) {
  FoundTrace trace = Trace();
  trace.sets[0].spans[0].name = std::string(100, 'x');

  EXPECT_EQ(DrawFoundTraces({trace}, 80, Style(false)),
            "TRACE                            STARTED (UTC)       DURATION MATCHED\n"
            "0af7651916cd43dd8448eb211c80319c 2023-11-14 22:13:20    412ms       3\n"
            "  api-gateway POST /orders\n"
            "  · " +
                std::string(75, 'x') +
                "…\n"
                "  · b7ad6b7169203332  5ns\n"
                "  · 1 more\n");
}

TEST(FoundTraces, WhatAServerSaysDoesNotSteerTheTerminal) {
  FoundTrace trace = Trace();
  trace.root_service = "\x1b[2J";
  trace.root_name = "\n";
  trace.sets[0].spans[0].name = "\x1b]0;x\x07";
  trace.sets[0].attributes = {{"\x1b[1m", "\x1b[1m"}};

  const std::string drawn =
      DrawFoundTraces({trace}, std::numeric_limits<std::size_t>::max(), Style(false));

  EXPECT_EQ(drawn.find('\x1b'), std::string::npos) << drawn;
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 6) << drawn;
}

}  // namespace
}  // namespace clew::app::cli
