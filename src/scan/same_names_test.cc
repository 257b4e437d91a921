#include "expr/same_names.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "expr/check.h"
#include "expr/print.h"
#include "model/semantic_names.h"
#include "model/trace_data.h"
#include "scan/testing/plain_evaluate.h"

/// What an expression with all names of attributes finds.
namespace clew::scan {
namespace {

using expr::Attribute;
using expr::Expression;
using expr::Literal;
using expr::Op;
using expr::Pattern;
using expr::Reference;
using expr::Scope;
using expr::WithSameNames;
using model::Owner;

Reference Span(std::string key) { return Attribute(Scope::kSpan, std::move(key)); }
Expression Is(Reference left, std::string text) {
  return Compare(Op::kEqual, std::move(left), Literal::String(std::move(text)));
}
Expression IsNot(Reference left, std::string text) {
  return Differs(Is(std::move(left), std::move(text)));
}

model::KeyValue Text(std::string key, std::string text) { return {std::move(key), {text}}; }
model::KeyValue Int(std::string key, std::int64_t number) { return {std::move(key), {number}}; }

/// A trace of one span.
model::TraceData TraceOf(model::Attributes of_span, model::Attributes of_resource = {},
                         std::vector<model::Event> events = {}) {
  model::TraceData trace;
  trace.resources.emplace_back().attributes = std::move(of_resource);
  trace.scopes.emplace_back();
  model::Span& span = trace.spans.emplace_back();
  span.attributes = std::move(of_span);
  span.events = std::move(events);
  return trace;
}

bool Finds(const Expression& expression, const model::TraceData& trace) {
  return testing::Holds(expression, trace, trace.spans[0]);
}

/// Whether it is found when all names are asked for.
bool FindsByAnyName(const Expression& expression, const model::Attributes& of_span) {
  return Finds(WithSameNames(expression), TraceOf(of_span));
}

TEST(AskedBySameNames, DiffersMeansThereAndNowhereEqual) {
  const Expression expression = IsNot(Span("http.request.method"), "GET");
  EXPECT_TRUE(FindsByAnyName(expression, {Text("http.method", "PUT")}));
  EXPECT_TRUE(FindsByAnyName(expression, {Text("http.request.method", "PUT")}));
  EXPECT_FALSE(FindsByAnyName(expression, {Text("http.method", "GET")}));
  EXPECT_FALSE(FindsByAnyName(expression, {Text("other", "PUT")}));
  // Sent twice, in both conventions.
  EXPECT_TRUE(
      FindsByAnyName(expression, {Text("http.method", "PUT"), Text("http.request.method", "PUT")}));
  EXPECT_FALSE(
      FindsByAnyName(expression, {Text("http.method", "GET"), Text("http.request.method", "PUT")}));
}

TEST(AskedBySameNames, DiffersOfTwoAttributesNeedsBothUnderSomeName) {
  const Expression expression =
      Differs(Compare(Op::kEqual, Span("db.name"), Span("db.collection.name")));
  EXPECT_TRUE(FindsByAnyName(expression, {Text("db.namespace", "a"), Text("db.sql.table", "b")}));
  EXPECT_FALSE(FindsByAnyName(expression, {Text("db.namespace", "a"), Text("db.sql.table", "a")}));
  EXPECT_FALSE(FindsByAnyName(expression, {Text("db.namespace", "a"), Text("db.name", "b")}));
}

/// What each name has is said under the newest one.
std::string NewestOf(const std::string& key) {
  const auto others = model::SameNamesAs(key);
  if (others.empty()) return key;
  for (const model::SemanticRename& rename : model::SemanticRenames()) {
    if (rename.older == key) return std::string(others.front());
  }
  return key;
}

void UseNewest(model::Attributes* attributes) {
  for (model::KeyValue& attribute : *attributes) attribute.key = NewestOf(attribute.key);
}

void UseNewest(Expression* expression) {
  for (Expression& operand : expression->operands) UseNewest(&operand);
  for (Reference& reference : expression->references) reference.key = NewestOf(reference.key);
}

/// To ask with all names is to ask of data in which one name stands for all.
TEST(AskedBySameNames, AreTheNamesOfOneAttribute) {
  const Reference method = Span("http.method");
  const Reference status = Attribute(Scope::kSpanOrResource, "http.response.status_code");
  const Reference port = Attribute(Scope::kAny, "net.peer.port");
  std::vector<Expression> expressions = {
      Is(method, "GET"),
      IsNot(method, "GET"),
      IsOneOf(method, {Literal::String("PUT"), Literal::String("GET")}),
      Exists(method),
      Matches(method, Pattern::Compile("U").value()),
      ShownAs(status, "500"),
      Compare(Op::kGreaterOrEqual, status, Literal::Int(500)),
      Compare(Op::kEqual, status, port),
      Differs(Compare(Op::kEqual, port, status)),
      Compare(Op::kGreater, port, Literal::Int(80)),
      Some(Owner::kEvent, IsNot(Attribute(Scope::kEvent, "rpc.message.type"), "SENT")),
  };
  for (std::size_t i = 0, count = expressions.size(); i < count; ++i) {
    expressions.push_back(Not(expressions[i]));
    expressions.push_back(expr::And({expressions[i], Not(expressions[(i + 3) % count])}));
    expressions.push_back(expr::Or({expressions[i], Not(expressions[(i + 4) % count])}));
  }
  const model::Event sent = {.attributes = {Text("message.type", "SENT")}};
  const model::Event received = {.attributes = {Text("message.type", "RECEIVED")}};
  const model::TraceData traces[] = {
      TraceOf({}),
      TraceOf({Text("http.method", "GET"), Int("http.status_code", 500)}, {}, {sent, received}),
      TraceOf({Text("http.request.method", "PUT"), Int("net.host.port", 500)},
              {Int("http.status_code", 500)}, {received}),
      TraceOf({Text("http.request.method", "GET"), Text("http.method", "PUT"),
               Int("server.port", 80), Int("net.peer.port", 443)},
              {Int("http.response.status_code", 200)}, {sent}),
      TraceOf({Text("http.method", ""), Text("http.status_code", "500")}, {Int("server.port", 200)},
              {sent, sent}),
  };
  int found = 0;
  int asked = 0;
  for (const Expression& expression : expressions) {
    ASSERT_TRUE(Check(WithSameNames(expression)).has_value());
    Expression with_newest = expression;
    UseNewest(&with_newest);
    for (const model::TraceData& trace : traces) {
      model::TraceData newest = trace;
      UseNewest(&newest.spans[0].attributes);
      UseNewest(&newest.resources[0].attributes);
      for (model::Event& event : newest.spans[0].events) UseNewest(&event.attributes);
      const bool holds = Finds(WithSameNames(expression), trace);
      EXPECT_EQ(holds, Finds(with_newest, newest)) << Print(expression);
      found += holds ? 1 : 0;
      ++asked;
    }
  }
  EXPECT_GT(found, asked / 4);
  EXPECT_LT(found, asked * 3 / 4);
}

}  // namespace
}  // namespace clew::scan
