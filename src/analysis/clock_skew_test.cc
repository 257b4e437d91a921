#include <gmock/gmock.h>

#include <chrono>
#include <limits>

#include "analysis/adjust.h"
#include "analysis/testing/adjust_objects.h"
#include "model/testing/trace_builder.h"

namespace clew::analysis {
namespace {

using model::TraceBuilder;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void AdjustClockSkew(model::TraceData& trace, Nanos delta_max) {
  testing::AdjustObjects(trace, [&](ShownTrace& shown) { AdjustClockSkew(shown, delta_max); });
}
void AdjustTrace(model::TraceData& trace, const AdjustOptions& options) {
  testing::AdjustObjects(trace, [&](ShownTrace& shown) { AdjustTrace(shown, options); });
}

model::Attributes Host(std::string_view name) { return {{"host.name", {std::string(name)}}}; }

/// A parent on host a, a child on host b.
TraceBuilder TwoHosts(UnixNanos child_start, UnixNanos child_duration) {
  TraceBuilder builder;
  builder.Resource(Host("a")).Resource(Host("b"));
  builder.Add({.id = "1", .start = 1000, .duration = 100});
  builder.Add(
      {.id = "2", .parent = "1", .start = child_start, .duration = child_duration, .resource = 1});
  return builder;
}

TEST(AdjustClockSkew, MovesTheChildAsTheSheetSays) {
  struct Case {
    const char* what;
    UnixNanos start, duration, expected_start;
  };
  const std::vector<Case> cases = {
      {"inside", 1010, 50, 1010},
      {"before: centred", 500, 50, 1025},
      {"after: centred", 2000, 50, 1025},
      {"overlaps the end: centred", 1080, 50, 1025},
      {"longer and earlier: to the parent's start", 900, 150, 1000},
      {"longer and later: stays", 1050, 150, 1050},
  };
  for (const Case& c : cases) {
    TraceBuilder builder = TwoHosts(c.start, c.duration);
    builder.trace().spans[1].events.resize(1);
    builder.trace().spans[1].events[0].time = c.start * 1000;

    AdjustClockSkew(builder.trace(), seconds(1));

    const auto& child = builder.trace().spans[1];
    EXPECT_EQ(child.start, c.expected_start * 1000) << c.what;
    EXPECT_EQ(child.end, (c.expected_start + c.duration) * 1000) << c.what;
    EXPECT_EQ(child.events[0].time, c.expected_start * 1000) << c.what;
    EXPECT_EQ(child.warnings.size(), c.start == c.expected_start ? 0u : 1u) << c.what;
  }
}

TEST(AdjustClockSkew, ASpanWithoutAnEndMovesByItsStart) {
  TraceBuilder builder = TwoHosts(500, 0);
  builder.trace().spans[1].end = 0;

  AdjustClockSkew(builder.trace(), seconds(1));

  EXPECT_EQ(builder.trace().spans[1].start, 1'050'000);
  EXPECT_EQ(builder.trace().spans[1].end, 0);
}

TEST(AdjustClockSkew, WarnsWhenItMovesExceedsOrIsOff) {
  TraceBuilder moved = TwoHosts(500, 50);
  AdjustClockSkew(moved.trace(), seconds(1));
  EXPECT_THAT(moved.trace().spans[1].warnings,
              ElementsAre("This span's timestamps were adjusted by 525µs"));

  TraceBuilder exceeded = TwoHosts(500, 50);
  AdjustClockSkew(exceeded.trace(), std::chrono::microseconds(100));
  EXPECT_THAT(exceeded.trace().spans[1].warnings,
              ElementsAre("max clock skew adjustment delta of 100µs exceeded; not applying "
                          "calculated delta of 525µs"));
  EXPECT_EQ(exceeded.trace().spans[1].start, 500'000);

  TraceBuilder off = TwoHosts(500, 50);
  AdjustClockSkew(off.trace(), Nanos(0));
  EXPECT_THAT(off.trace().spans[1].warnings,
              ElementsAre("clock skew adjustment disabled; not applying calculated delta of "
                          "525µs"));
}

TEST(AdjustClockSkew, HandsTheSkewDownOnOneHostAndJudgesAnewOnAnother) {
  TraceBuilder builder = TwoHosts(500, 50);  // moves by +525
  builder.Add({.id = "3", .parent = "2", .start = 510, .duration = 10, .resource = 1});
  builder.Add({.id = "4", .parent = "3", .start = 1040, .duration = 2, .resource = 0});

  AdjustClockSkew(builder.trace(), seconds(1));

  EXPECT_EQ(builder.trace().spans[2].start, 1'035'000);
  EXPECT_EQ(builder.trace().spans[3].start, 1'040'000) << "lies in the adjusted parent";
}

TEST(AdjustClockSkew, ComparesSpansWithoutAHostAlways) {
  TraceBuilder builder;
  builder.Resource({});
  builder.Add({.id = "1", .start = 1000, .duration = 100});
  builder.Add({.id = "2", .parent = "1", .start = 0, .duration = 100});

  AdjustClockSkew(builder.trace(), seconds(1));

  EXPECT_EQ(builder.trace().spans[1].start, 1'000'000);
}

TEST(AdjustClockSkew, TakesTheHostFromIdThenIpThenName) {
  const std::vector<std::pair<model::Attributes, model::Attributes>> same_hosts = {
      {{{"host.id", {std::string("x")}}, {"host.name", {std::string("a")}}},
       {{"host.id", {std::string("x")}}, {"host.name", {std::string("b")}}}},
      {{{"host.ip", {std::string("1.1.1.1")}}, {"host.name", {std::string("a")}}},
       {{"host.ip", {model::Value::Array{{std::string("1.1.1.1")}, {std::string("2.2.2.2")}}}}}},
      {Host("a"), Host("a")},
  };
  for (const auto& [parent, child] : same_hosts) {
    TraceBuilder builder;
    builder.Resource(parent).Resource(child);
    builder.Add({.id = "1", .start = 1000, .duration = 100});
    builder.Add({.id = "2", .parent = "1", .duration = 10, .resource = 1});

    AdjustClockSkew(builder.trace(), seconds(1));

    EXPECT_EQ(builder.trace().spans[1].start, 0);
  }
}

TEST(AdjustClockSkew, NamesMissingParentsAndSharedIds) {
  TraceBuilder builder;
  builder.Add({.id = "1", .parent = "abc"});
  builder.Add({.id = "1", .parent = "abc"});
  builder.Add({.id = "5", .parent = "5"});

  AdjustClockSkew(builder.trace(), seconds(1));

  EXPECT_THAT(builder.trace().spans[0].warnings,
              ElementsAre("invalid parent span IDs=0000000000000abc; skipping clock skew "
                          "adjustment"));
  EXPECT_THAT(builder.trace().spans[1].warnings,
              ElementsAre("duplicate span IDs; skipping clock skew adjustment"));
  EXPECT_THAT(builder.trace().spans[2].warnings, IsEmpty()) << "a ring has no root";
}

TEST(AdjustClockSkew, SurvivesDeepChainsAndExtremeTimes) {
  TraceBuilder builder;
  builder.Resource({});
  for (int i = 1; i <= 100'000; ++i) {
    const std::string id = fmt::format("{:x}", i);
    const std::string parent = fmt::format("{:x}", i - 1);
    auto& span = builder.Add({.id = id, .parent = parent});
    span.start =
        i % 2 == 0 ? std::numeric_limits<UnixNanos>::max() : std::numeric_limits<UnixNanos>::min();
  }

  AdjustTrace(builder.trace(), {.clock_skew_max = std::chrono::hours(1)});

  EXPECT_EQ(builder.trace().spans.size(), 100'000u);
}

}  // namespace
}  // namespace clew::analysis
