#include "traceql/evaluate/necessary.h"

#include <gtest/gtest.h>

#include <string>

#include "expr/print.h"
#include "traceql/evaluate/testing/run_query.h"

namespace clew::traceql::evaluate {
namespace {

/// The conditions as they are printed, with `; ` between them.
std::string NecessaryFor(const char* text) {
  const Query query = testing::ParseAndCheck(text).value();
  const auto conditions = Necessary(query.pipeline, NamingOf(query)).value();
  std::string all;
  for (const expr::Expression& condition : conditions) {
    if (!all.empty()) all += "; ";
    all += expr::Print(condition);
  }
  return all;
}

/// Those of a filter alone.
std::string Of(const char* filter) {
  return NecessaryFor(("{ " + std::string(filter) + " }").c_str());
}

constexpr const char* kA = "span.a = true";
constexpr const char* kB = "span.b = true";

TEST(Necessary, SidesThatMustGiveSpansAreEachNecessary) {
  const std::string a = Of(kA);
  const std::string b = Of(kB);
  ASSERT_NE(a, b);
  EXPECT_EQ(NecessaryFor("{ span.a = true } > { span.b = true }"), b + "; " + a);
  EXPECT_EQ(NecessaryFor("{ span.a = true } >> { span.b = true }"), b + "; " + a);
  EXPECT_EQ(NecessaryFor("{ } ~ { span.b = true }"), b);
  EXPECT_EQ(NecessaryFor("{ span.a = true } > { }"), a);
  EXPECT_EQ(NecessaryFor("{ span.a = true } !> { span.b = true }"), b);
  EXPECT_EQ(NecessaryFor("{ span.a = true } !> { }"), "");
  const std::string either = Of("span.a = true || span.b = true");
  EXPECT_EQ(NecessaryFor("{ span.a = true } &> { span.b = true }"), either + "; " + b + "; " + a);
  EXPECT_EQ(NecessaryFor("{ span.a = true } && { span.b = true }"), either + "; " + a + "; " + b);
  EXPECT_EQ(NecessaryFor("{ span.a = true } && { }"), a);
  EXPECT_EQ(NecessaryFor("{ span.a = true } || { span.b = true }"), either);
  EXPECT_EQ(NecessaryFor("{ span.a = true } || { }"), "");
  EXPECT_EQ(NecessaryFor("({ span.a = true } > { }) || ({ span.b = true } > { })"), either);
}

TEST(Necessary, FiltersOneAfterTheOtherAreOfOneSpan) {
  const std::string both = Of("span.a = true && span.b = true");
  EXPECT_EQ(NecessaryFor("{ span.a = true } | { span.b = true }"), both);
  EXPECT_EQ(NecessaryFor("{ span.a = true } | count() > 3 | by(name) | { span.b = true } | "
                         "coalesce() | select(.c)"),
            both);
  EXPECT_EQ(NecessaryFor("count() > 3"), "");
  EXPECT_EQ(NecessaryFor("{ }"), "");
}

TEST(Necessary, WhatCannotBeLoweredIsLeftOut) {
  EXPECT_EQ(Of("span.a = true && span:childCount > 3"), Of(kA));
  EXPECT_EQ(Of("span.a = true || span:childCount > 3"), "");
  EXPECT_EQ(Of("!(span.a = true && span:childCount > 3)"), "");
  EXPECT_EQ(Of("traceDuration > 3s"), "");
}

TEST(Necessary, ConditionsOnParentsAndRootsAreOfAnotherSpan) {
  EXPECT_EQ(Of("parent.span.a = true && span.b = true"), std::string(Of(kB)) + "; " + Of(kA));
  EXPECT_EQ(Of("parent.span.a != nil"), Of("span.a != nil"));
  EXPECT_EQ(Of("parent.span.a = nil"), "");
  EXPECT_EQ(Of("rootName = \"x\""), Of("name = \"x\""));
  EXPECT_EQ(Of("\"x\" = rootServiceName"), Of("resource.service.name = \"x\""));
  EXPECT_EQ(Of("rootServiceName =~ \"x.*\""), Of("resource.service.name =~ \"x.*\""));
  // Where there is no root these hold.
  EXPECT_EQ(Of("rootName != \"x\""), "");
  EXPECT_EQ(Of("rootName =~ \".*\""), "");
  EXPECT_EQ(Of("rootName = \"\""), "");
}

}  // namespace
}  // namespace clew::traceql::evaluate
