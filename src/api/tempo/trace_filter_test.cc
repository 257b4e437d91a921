#include "api/tempo/trace_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "api/test_fixture.h"
#include "base/memory_budget.h"
#include "model/memory.h"
#include "model/testing/trace_builder.h"
#include "query/answer_memory.h"
#include "wire/otlp/testing/own_columns.h"

namespace clew::api::tempo {
namespace {

using api::testing::MakeRequest;

/// root ─┬─ pay ── charge ── debit
///       └─ cache            (lost: below a span that is not there)
model::SpanColumnsPtr Trace() {
  model::TraceBuilder builder("abc");
  builder.Add({.id = "1", .duration = 100, .name = "root"});
  builder.Add({.id = "2", .parent = "1", .start = 1, .name = "pay"});
  builder.Add({.id = "3", .parent = "2", .start = 2, .name = "charge"}).attributes = {
      {"http.request.method", {std::string("GET")}}};
  builder.Add({.id = "4", .parent = "3", .start = 3, .name = "debit"}).attributes = {
      {"long", {std::string(300'000, 'x')}}};
  builder.Add({.id = "5", .parent = "1", .start = 4, .name = "cache"});
  builder.Add({.id = "6", .parent = "99", .start = 5, .name = "lost"});
  return wire::otlp::testing::OwnColumns(builder.trace());
}

/// The names of what is left of it, or what is wrong.
std::string Names(const std::string& parameters) {
  const auto filter = ParseTraceFilter(MakeRequest("/api/v2/traces/abc?" + parameters));
  if (!filter.has_value()) return filter.error().message;
  if (!*filter) return "no filter";
  const auto part = FilterTrace(**filter, Trace(), {});
  if (!part.has_value()) return part.error().message;
  std::string names;
  if (*part == nullptr) return names;
  for (const std::string_view name : (*part)->names) {
    names += (names.empty() ? "" : " ") + std::string(name);
  }
  return names;
}

TEST(TraceFilter, KeepsTheSpansThatTheQueryKeeps) {
  EXPECT_EQ(Names(""), "no filter");
  EXPECT_EQ(Names("q=%7B%7D"), "root pay charge debit cache lost");
  EXPECT_EQ(Names("q=%7Bname%3D%22pay%22+%7C%7C+name%3D%22lost%22%7D"), "pay lost");
  EXPECT_EQ(Names("q=%7Bname%3D%22nothing%22%7D"), "");
  EXPECT_EQ(Names("q=%7Bname%3D%22root%22%7D+%3E+%7B%7D"), "pay cache");
  EXPECT_EQ(Names("q=%7B%7D+%7C+by(name)"), "root pay charge debit cache lost");
}

TEST(TraceFilter, FindsAttributesByAllTheirNames) {
  const std::string query = "q=%7B.http.method%3D%22GET%22%7D";
  EXPECT_EQ(Names(query), "charge");
  EXPECT_EQ(Names(query + "&semantic_conventions=false"), "");
  EXPECT_EQ(Names(query + "+with(semantic_conventions%3Dfalse)"), "");
}

TEST(TraceFilter, KeepsAsManyRelativesAsAreAskedFor) {
  const std::string charge = "q=%7Bname%3D%22charge%22%7D";
  EXPECT_EQ(Names(charge + "&match_depth=1&ancestor_depth=1"), "charge");
  EXPECT_EQ(Names(charge + "&keep_hierarchy=true"), "root pay charge");
  EXPECT_EQ(Names(charge + "&keep_hierarchy=true&ancestor_depth=1"), "pay charge");
  EXPECT_EQ(Names(charge + "&keep_hierarchy=true&ancestor_depth=0"), "charge");
  EXPECT_EQ(Names(charge + "&keep_hierarchy=true&match_depth=1"), "root pay charge debit");
  const std::string root = "q=%7Bname%3D%22root%22%7D&keep_hierarchy=true";
  EXPECT_EQ(Names(root + "&match_depth=1"), "root pay cache");
  EXPECT_EQ(Names(root + "&match_depth=2"), "root pay charge cache");
  EXPECT_EQ(Names(root + "&match_depth=-1"), "root pay charge debit cache");
  EXPECT_EQ(Names("q=%7Bname%3D%22lost%22%7D&keep_hierarchy=true&match_depth=-1"), "lost");
}

TEST(TraceFilter, TheAnswerHoldsTheMemoryOfThePart) {
  base::Metrics metrics;
  base::MemoryBudget budget(16u << 20, metrics);
  const auto held_for = [&](const std::string& query) {
    query::AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
    const query::QueryContext context{.memory = &memory};
    model::SpanColumnsPtr trace = Trace();
    EXPECT_TRUE(memory.TryTake(model::MemoryOf(*trace)));
    const auto filter = ParseTraceFilter(MakeRequest("/api/v2/traces/abc?q=" + query));
    const auto part = FilterTrace(**filter, std::exchange(trace, nullptr), context).value();
    EXPECT_EQ(memory.bytes(), part == nullptr ? 0 : model::MemoryOf(*part));
    return memory.bytes();
  };
  const std::uint64_t all = held_for("%7B%7D");
  const std::uint64_t one = held_for("%7Bname%3D%22pay%22%7D");
  EXPECT_GT(all, one);
  EXPECT_GT(one, 0u);
  EXPECT_EQ(held_for("%7Bname%3D%22nothing%22%7D"), 0u);
}

TEST(TraceFilter, StopsWhenNobodyWaits) {
  const auto filter = ParseTraceFilter(MakeRequest("/api/v2/traces/abc?q=%7Bname%3D%22pay%22%7D"));
  const query::QueryContext late{.deadline = Deadline::min()};
  EXPECT_EQ(FilterTrace(**filter, Trace(), late).error().code, Code::kDeadlineExceeded);
}

}  // namespace
}  // namespace clew::api::tempo
