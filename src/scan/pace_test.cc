#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "scan/batch_source.h"
#include "scan/evaluate.h"
#include "wire/otlp/scatter_objects.h"

/// However large values are, and however many are compared, whoever asks can end it.
namespace clew::scan {
namespace {

using expr::Attribute;
using expr::Op;
using expr::Scope;

/// `data` outlives it, and gets the span.
SpanSourcePtr SourceOf(model::Span span, model::TraceData& data, StopCheck check) {
  data.resources.resize(1);
  data.scopes.resize(1);
  span.trace_id = *TraceId::FromHex("a");
  span.span_id = *SpanId::FromHex("1");
  data.spans.push_back(std::move(span));
  const BatchSource source(
      std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data)));
  return source.PastDamage({.report = [](const Error&) {}, .check = std::move(check)});
}

TEST(Pace, LargeTextsAreManySteps) {
  model::Span span;
  for (int i = 0; i < 100; ++i) {
    span.events.emplace_back().attributes = {
        {"text", {std::to_string(i) + std::string(60'000, 'x')}}};
  }
  model::TraceData data;
  int check_count = 0;
  const auto source = SourceOf(std::move(span), data, [&] {
    ++check_count;
    return Status();
  });

  const auto truth = Evaluate(
      expr::Matches(Attribute(Scope::kEvent, "text"), *expr::Pattern::Compile("x#")), *source);

  ASSERT_TRUE(truth.has_value());
  EXPECT_TRUE(truth->IsFalse());
  // Two of them are more than 64 KiB.
  EXPECT_GE(check_count, 50);
}

TEST(Pace, EveryPairThatIsComparedIsAStep) {
  model::Span span;
  for (int i = 0; i < 500; ++i) {
    span.events.emplace_back().attributes = {{"e", {std::int64_t{i}}}};
    span.links.emplace_back().attributes = {{"l", {std::int64_t{-1 - i}}}};
  }
  model::TraceData data;
  int check_count = 0;
  const auto source = SourceOf(std::move(span), data, [&] {
    return ++check_count < 200 ? Status() : MakeError(Code::kCancelled, "enough");
  });

  const auto truth = Evaluate(
      expr::Some(model::Owner::kEvent,
                 Compare(Op::kEqual, Attribute(Scope::kEvent, "e"), Attribute(Scope::kLink, "l"))),
      *source);

  ASSERT_FALSE(truth.has_value());
  EXPECT_EQ(truth.error().code, Code::kCancelled);
}

}  // namespace
}  // namespace clew::scan
