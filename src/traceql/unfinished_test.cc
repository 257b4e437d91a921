#include "traceql/unfinished.h"

#include <gtest/gtest.h>

#include <string>

namespace clew::traceql {
namespace {

/// What stands before the condition, then what of it stands, then what is being typed.
std::string Describe(std::string_view query) {
  const Unfinished found = FindUnfinished(query);
  const std::string typed(query.substr(found.begin));
  const std::string before(query.substr(0, found.condition_begin));
  switch (found.kind) {
    case Unfinished::Kind::kNothing:
      return "nothing";
    case Unfinished::Kind::kName:
      return before + "~ name " + typed + "~";
    case Unfinished::Kind::kListedName:
      return before + "~ listed " + typed + "~";
    default:
      return before + "~ value of " + Print(found.attribute) + " " + typed + "~";
  }
}

TEST(Unfinished, AreNamesAtTheBeginningOfConditions) {
  EXPECT_EQ(Describe("{"), "{~ name ~");
  EXPECT_EQ(Describe("{ "), "{~ name ~");
  EXPECT_EQ(Describe("{ res"), "{~ name res~");
  EXPECT_EQ(Describe("{ resource."), "{~ name resource.~");
  EXPECT_EQ(Describe("{ resource.ser"), "{~ name resource.ser~");
  EXPECT_EQ(Describe("{ ."), "{~ name .~");
  EXPECT_EQ(Describe("{ span.\"my k"), "{~ name span.\"my k~");
  EXPECT_EQ(Describe("{ span:na"), "{~ name span:na~");
  EXPECT_EQ(Describe("{ .a = 1 && st"), "{ .a = 1 &&~ name st~");
  EXPECT_EQ(Describe("{ .a = 1 ||"), "{ .a = 1 ||~ name ~");
  EXPECT_EQ(Describe("{ .a = 1 && (.b = 2 || !ki"), "{ .a = 1 && (.b = 2 ||~ name ki~");
  EXPECT_EQ(Describe("{ .a } >> { na"), "{ .a } >> {~ name na~");
}

TEST(Unfinished, AreNamesInLists) {
  EXPECT_EQ(Describe("{ } | by("), "{ } | by(~ listed ~");
  EXPECT_EQ(Describe("{ } | select(.a, na"), "{ } | select(.a,~ listed na~");
  EXPECT_EQ(Describe("{ } | rate() by (resource.s"), "{ } | rate() by (~ listed resource.s~");
  EXPECT_EQ(Describe("{ } | max(dur"), "{ } | max(~ listed dur~");
}

TEST(Unfinished, AreValuesBehindComparisons) {
  EXPECT_EQ(Describe("{ resource.service.name ="), "{~ value of resource.service.name ~");
  EXPECT_EQ(Describe("{ resource.service.name = "), "{~ value of resource.service.name ~");
  EXPECT_EQ(Describe("{ .a = \"ca"), "{~ value of .a \"ca~");
  EXPECT_EQ(Describe("{ .a = `ca"), "{~ value of .a `ca~");
  EXPECT_EQ(Describe("{ .a =~ \"ca"), "{~ value of .a \"ca~");
  EXPECT_EQ(Describe("{ .n > 4"), "{~ value of .n 4~");
  EXPECT_EQ(Describe("{ .b = 1 && status != er"), "{ .b = 1 &&~ value of status er~");
  EXPECT_EQ(Describe("{ span:kind = "), "{~ value of kind ~");
}

TEST(Unfinished, IsNothingElsewhere) {
  for (const char* query :
       {"", " ", "res", "{ }", "{ } | ra", "{ } | rate() ", "{ .a = \"cart\"", "{ .a = 1 ", "{ .a ",
        "{ .a.b c", "{ .a } ", "{ .a } > ", "{ } | (", "{ \"x", "{ 4", "})({ .a = }", "/* { .a"}) {
    EXPECT_EQ(Describe(query), "nothing") << query;
  }
}

}  // namespace
}  // namespace clew::traceql
