#include "expr/same_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "expr/check.h"
#include "expr/print.h"
#include "model/semantic_names.h"

namespace clew::expr {
namespace {

using model::Owner;

Reference Span(std::string key) { return Attribute(Scope::kSpan, std::move(key)); }
Expression Is(Reference left, std::string text) {
  return Compare(Op::kEqual, std::move(left), Literal::String(std::move(text)));
}

std::string Printed(const Expression& expression) { return Print(WithSameNames(expression)); }

TEST(SameNames, EachIsAskedForInPlaceOfOne) {
  EXPECT_EQ(Printed(Is(Span("http.method"), "GET")),
            R"(span.http.method = "GET" || span.http.request.method = "GET")");
  EXPECT_EQ(Printed(Not(Exists(Attribute(Scope::kResource, "http.resend_count")))),
            "!(resource.http.resend_count exists || resource.http.request.resend_count exists || "
            "resource.http.retry_count exists)");
  EXPECT_EQ(Printed(Some(Owner::kEvent, ShownAs(Attribute(Scope::kEvent, "message.id"), "1"))),
            R"(some event (event.message.id shown as "1" || event.rpc.message.id shown as "1"))");
  EXPECT_EQ(
      Printed(Matches(Attribute(Scope::kAny, "db.query.text"), Pattern::Compile("SELECT").value())),
      R"(any.db.query.text =~ "SELECT" || any.db.statement =~ "SELECT")");
}

TEST(SameNames, OfTwoAttributesEachPairIsAskedFor) {
  EXPECT_EQ(Printed(Compare(Op::kLess, Span("net.host.port"), Span("http.status_code"))),
            "span.net.host.port < span.http.status_code || "
            "span.net.host.port < span.http.response.status_code || "
            "span.server.port < span.http.status_code || "
            "span.server.port < span.http.response.status_code || "
            "span.net.peer.port < span.http.status_code || "
            "span.net.peer.port < span.http.response.status_code");
  EXPECT_EQ(Printed(Compare(Op::kEqual, Of(Field::kName), Span("http.method"))),
            "span:name = span.http.method || span:name = span.http.request.method");
}

TEST(SameNames, WhatHasOneNameStaysAsItIs) {
  const Expression a = Is(Span("a"), "x");
  for (const Expression& expression :
       {True(), False(), a, Not(a), And({a, Or({a, False(), Exists(Of(Field::kStart))})}),
        Some(Owner::kLink, Exists(Attribute(Scope::kLink, "b"))), Is(Of(Field::kName), "GET"),
        Compare(Op::kLess, Of(Field::kStart), Of(Field::kEventTime))}) {
    EXPECT_EQ(Printed(expression), Print(expression));
  }
}

TEST(SameNames, StandWhereTheOneStood) {
  const TextRange of_leaf = {.begin = 2, .end = 9};
  const TextRange of_all = {.begin = 1, .end = 12};
  const Expression named =
      WithSameNames(At(of_all, Or({At(of_leaf, Is(Span("http.method"), "GET")), True()})));
  EXPECT_EQ(named.range, of_all);
  ASSERT_EQ(named.operands.size(), 2u);
  EXPECT_EQ(named.operands[0].range, of_leaf);
  ASSERT_EQ(named.operands[0].operands.size(), 2u);
  for (const Expression& way : named.operands[0].operands) EXPECT_EQ(way.range, of_leaf);
}

TEST(SameNames, AreBoundedByTheLargestGroups) {
  std::size_t most = 0;
  for (const model::SemanticRename& rename : model::SemanticRenames()) {
    most = std::max(most, model::SameNamesAs(rename.older).size() + 1);
  }
  EXPECT_EQ(most, 5u) << "the header names it";
  const Expression pairs =
      WithSameNames(Compare(Op::kEqual, Span("server.address"), Span("db.namespace")));
  EXPECT_EQ(pairs.operands.size(), most * most);
  EXPECT_TRUE(Check(pairs).has_value());
}

}  // namespace
}  // namespace clew::expr
