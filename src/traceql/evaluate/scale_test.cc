#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "traceql/evaluate/evaluation.h"
#include "traceql/evaluate/testing/run_query.h"

/// Traces in which whatever is quadratic, or recurses, would not end.
namespace clew::traceql::evaluate {
namespace {

constexpr std::uint32_t kSpans = 100'000;

SpanId IdOf(std::uint32_t number) {
  SpanId id;
  for (std::size_t i = 0; i < 4; ++i) {
    id.bytes[7 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return id;
}

/// Of `count` spans: i + 1 is a child of `parent_of(i)`, and every second one is called "odd".
model::SpanColumns TraceOf(std::uint32_t count,
                           const std::function<std::uint32_t(std::uint32_t)>& parent_of) {
  model::SpanColumns spans;
  model::AddRow<model::Owner::kResource>(&spans);
  model::AddRow<model::Owner::kScope>(&spans);
  model::ForEachColumnOf<model::Owner::kSpan>([count](auto, auto& column) { column.resize(count); },
                                              spans);
  model::AttributeColumn numbers;
  numbers.type = model::ValueType::kInt;
  numbers.key = "n";
  const auto ids = spans.span_ids.Edit();
  const auto parents = spans.parent_span_ids.Edit();
  const auto starts = spans.starts.Edit();
  const auto names = spans.names.Edit();
  for (std::uint32_t i = 0; i < count; ++i) {
    ids[i] = IdOf(i + 1);
    parents[i] = IdOf(i == 0 ? 0 : parent_of(i));
    // Rows are in no order of time.
    starts[i] = static_cast<UnixNanos>(1000 + i * 7919ULL % count);
    names[i] = i % 2 == 0 ? "even" : "odd";
    numbers.rows.push_back(i);
    numbers.numbers.push_back(i);
  }
  spans.attributes.push_back(numbers);
  return spans;
}

/// Of the spans in all sets; those that failed are none.
std::size_t CountOf(std::string_view query, const model::SpanColumns& spans) {
  const auto found = testing::RunQuery(query, spans);
  EXPECT_TRUE(found.has_value()) << query;
  std::size_t count = 0;
  for (const auto& set : found.value_or(testing::Found())) count += set.rows.size();
  return count;
}

TEST(Scale, AChainOfManySpans) {
  const model::SpanColumns chain = TraceOf(kSpans, [](std::uint32_t i) { return i; });
  EXPECT_EQ(CountOf("({ } > { }) && ({ } >> { }) && ({ } < { }) && ({ } << { }) && ({ } !> { }) && "
                    "({ } !>> { }) && ({ } &< { }) && ({ } &>> { name = \"odd\" })",
                    chain),
            kSpans);
  EXPECT_EQ(CountOf("{ } ~ { }", chain), 0U);
  EXPECT_EQ(CountOf("{ parent.n + 1 = .n && nestedSetLeft = nestedSetParent + 1 } | by(.n) | "
                    "coalesce() | count(.n) = 99999",
                    chain),
            kSpans - 1);
}

TEST(Scale, ASpanWithManyChildren) {
  const model::SpanColumns fan = TraceOf(kSpans, [](std::uint32_t) { return 1; });
  EXPECT_EQ(CountOf("({ } > { }) && ({ } < { }) && ({ } ~ { }) && ({ } !~ { }) && ({ } &~ { }) && "
                    "({ } << { }) && ({ } !<< { }) && ({ } &>> { name = \"odd\" })",
                    fan),
            kSpans);
  EXPECT_EQ(CountOf("{ name = \"even\" } ~ { }", fan), kSpans - 1);
}

TEST(Scale, StopsWhenNobodyWaits) {
  const model::SpanColumns fan = TraceOf(5000, [](std::uint32_t) { return 1; });
  const Query query = testing::ParseAndCheck("{ .n > 3 }").value();
  const Program program = Program::Prepare(query.pipeline, FieldProgram(Naming::kAllNames)).value();
  int asked = 0;
  const model::StopCheck stop = [&asked]() -> Status {
    if (++asked < 3) return {};
    return MakeError(Code::kCancelled, "nobody waits");
  };
  Evaluation evaluation(program, fan, stop);
  EXPECT_EQ(evaluation.Run().error().message, "nobody waits");
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace clew::traceql::evaluate
