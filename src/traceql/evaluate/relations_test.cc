#include "traceql/evaluate/relations.h"

#include <gtest/gtest.h>

#include <string>

#include "model/testing/trace_builder.h"
#include "traceql/evaluate/testing/example_trace.h"

namespace clew::traceql::evaluate {
namespace {

using model::SpanKind;
using testing::ExampleTrace;

struct Case {
  const char* query;
  const char* found;
};

void ExpectFound(const ExampleTrace& trace, std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(trace.Find(c.query), c.found) << c.query;
}

TEST(Relations, EachGivesTheRightSide) {
  ExpectFound(testing::Shop(), {
                                   {"{ name = \"root\" } > { }", "pay cache"},
                                   {"{ } > { name = \"charge\" }", "charge"},
                                   {"{ name = \"root\" } >> { }", "pay charge cache ack"},
                                   {"{ name = \"pay\" } >> { kind = server }", "charge"},
                                   {"{ kind = server } < { }", "pay"},
                                   {"{ name = \"charge\" } < { }", "pay"},
                                   {"{ name = \"charge\" } << { }", "root pay"},
                                   {"{ name = \"pay\" } ~ { }", "cache"},
                                   {"{ } ~ { }", "pay charge cache ack"},
                                   {"{ name = \"pay\" } ~ { name = \"pay\" }", ""},
                                   {"{ name = \"lost\" } ~ { }", ""},
                                   {"{ name = \"lost\" } >> { }", ""},
                                   {"{ } << { name = \"lost\" }", ""},
                                   {"{ name = \"root\" } > { } > { kind = consumer }", "ack"},
                               });
}

TEST(Relations, NegatedFormsGiveTheRestOfTheRightSide) {
  ExpectFound(testing::Shop(), {
                                   {"{ name = \"root\" } !> { }", "root charge lost ack"},
                                   {"{ name = \"root\" } !>> { }", "root lost"},
                                   {"{ name = \"charge\" } !< { }", "root charge cache lost ack"},
                                   {"{ name = \"charge\" } !<< { }", "charge cache lost ack"},
                                   {"{ name = \"pay\" } !~ { }", "root pay charge lost ack"},
                                   {"{ name = \"nobody\" } !>> { kind = server }", "root charge"},
                                   {"{ } !> { name = \"nobody\" }", ""},
                               });
}

TEST(Relations, UnionFormsGiveBothSides) {
  ExpectFound(testing::Shop(),
              {
                  {"{ name = \"root\" || name = \"lost\" } &> { kind = client }", "root pay"},
                  {"{ name = \"root\" } &>> { kind = server }", "root charge"},
                  {"{ kind = server } &< { kind = client }", "pay charge"},
                  {"{ kind = server } &<< { }", "root pay charge"},
                  {"{ name = \"pay\" } &~ { }", "pay cache"},
                  {"{ name = \"lost\" } &>> { }", ""},
              });
}

TEST(Relations, AndNeedsBothSidesAndOrOne) {
  ExpectFound(
      testing::Shop(),
      {
          {"{ name = \"ack\" } && { name = \"root\" }", "root ack"},
          {"{ name = \"ack\" } && { name = \"nobody\" }", ""},
          {"{ name = \"ack\" } || { name = \"nobody\" }", "ack"},
          {"{ kind = server } || { name = \"root\" }", "root charge"},
          {"{ name = \"nobody\" } || { name = \"ack\" } && { kind = server }", "root charge ack"},
      });
}

TEST(Relations, RootsAreSiblingsAndNumbersGoOn) {
  model::TraceBuilder builder;
  builder.Add({.id = "1", .start = 5, .name = "late"});
  builder.Add({.id = "2", .start = 1, .name = "early"});
  builder.Add({.id = "3", .parent = "2", .start = 2, .name = "child"});
  const ExampleTrace trace(std::move(builder.trace()));
  ExpectFound(trace, {
                         {"{ name = \"late\" } ~ { }", "early"},
                         {"{ nestedSetParent = -1 }", "early late"},
                         {"{ nestedSetLeft = 5 && nestedSetRight = 6 }", "late"},
                         {"{ nestedSetLeft = 2 && nestedSetParent = 1 }", "child"},
                         {"{ rootName = \"early\" }", "early child late"},
                     });
}

TEST(Relations, WithoutARootNothingIsRelated) {
  model::TraceBuilder builder;
  builder.Add({.id = "1", .parent = "9", .name = "a"});
  builder.Add({.id = "2", .parent = "1", .name = "b"});
  builder.Add({.id = "3", .parent = "4", .name = "ring"});
  builder.Add({.id = "4", .parent = "3", .name = "ring"});
  builder.Add({.id = "5", .parent = "5", .name = "self"});
  const ExampleTrace trace(std::move(builder.trace()));
  ExpectFound(trace, {
                         {"{ } > { }", ""},
                         {"{ } << { }", ""},
                         {"{ } ~ { }", ""},
                         {"{ } !> { name = \"b\" }", "b"},
                         {"{ rootName = \"\" && rootServiceName = \"\" }", "a b ring ring self"},
                         {"{ span:childCount = 1 }", "a ring ring"},
                         {"{ parent.service.name = \"shop\" }", "b ring ring"},
                     });
}

TEST(Relations, TwoSpansWithOneIdAreToldApartByKind) {
  model::TraceBuilder builder;
  builder.Add({.id = "1", .name = "root"});
  builder.Add({.id = "2", .parent = "1", .start = 1, .name = "call", .kind = SpanKind::kClient});
  builder.Add({.id = "2", .parent = "1", .start = 2, .name = "serve", .kind = SpanKind::kServer});
  builder.Add({.id = "3", .parent = "2", .start = 3, .name = "db", .kind = SpanKind::kClient});
  builder.Add({.id = "4", .parent = "2", .start = 4, .name = "other", .kind = SpanKind::kServer});
  builder.Add({.id = "5", .parent = "5", .start = 5, .name = "from", .kind = SpanKind::kClient});
  builder.Add({.id = "5", .parent = "1", .start = 6, .name = "to", .kind = SpanKind::kServer});
  const ExampleTrace trace(std::move(builder.trace()));
  ExpectFound(trace, {
                         {"{ name = \"serve\" } > { }", "db"},
                         {"{ name = \"call\" } > { }", "other"},
                         {"{ name = \"call\" } ~ { }", "serve to"},
                         {"{ name = \"to\" } > { }", "from"},
                     });
}

TEST(Relations, ThreeSpansWithOneIdLeaveATraceUnnumbered) {
  model::TraceBuilder builder;
  builder.Add({.id = "1", .name = "root"});
  for (int i = 0; i < 3; ++i) builder.Add({.id = "2", .parent = "1", .start = 1, .name = "same"});
  const ExampleTrace trace(std::move(builder.trace()));
  ExpectFound(trace, {
                         {"{ } > { }", ""},
                         {"{ nestedSetLeft != 0 }", ""},
                         {"{ name = \"root\" } !> { }", "root same same same"},
                     });
}

TEST(Relations, ASpanThatALinkCallsAChildIsNoRoot) {
  model::TraceBuilder builder("7");
  model::Span& child = builder.Add({.id = "1", .name = "child"});
  model::Link& link = child.links.emplace_back();
  link.trace_id = TraceId::FromHex("7").value();
  link.attributes = {{"opentracing.ref_type", {std::string("child_of")}}};
  builder.Add({.id = "2", .start = 1, .name = "root"});
  const ExampleTrace trace(std::move(builder.trace()));
  EXPECT_EQ(trace.Find("{ rootName = \"root\" }"), "child root");
}

}  // namespace
}  // namespace clew::traceql::evaluate
