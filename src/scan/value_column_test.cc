#include "scan/value_column.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/testing/counted_memory.h"
#include "expr/print.h"
#include "scan/batch_source.h"
#include "scan/evaluate.h"
#include "wire/otlp/scatter_objects.h"

/// What a scan costs: a predicate is asked once for each entry of a dictionary, and no row takes
/// memory of its own.
namespace clew::scan {
namespace {

using expr::Attribute;
using expr::Field;
using expr::Of;
using expr::Op;
using expr::Scope;

constexpr std::size_t kFew = 650;
constexpr std::size_t kMany = 100 * kFew;

/// Spans of three attributes, of which one is a number here and a text there.
model::TraceData MakeData(std::size_t span_count) {
  model::TraceData data;
  data.resources.resize(1);
  data.scopes.resize(1);
  for (std::size_t i = 0; i < span_count; ++i) {
    model::Span& span = data.spans.emplace_back();
    span.trace_id.bytes = {1, static_cast<std::uint8_t>(i)};
    span.span_id.bytes = {1};
    span.name = i % 2 == 0 ? "GET /some/longer/path" : "POST /some/longer/path";
    span.kind = model::SpanKind::kServer;
    const auto number = static_cast<std::int64_t>(i % 5);
    span.attributes = {{"size", {number}}, {"flag", {i % 3 == 0}}};
    if (i % 4 == 0) {
      span.attributes.push_back({"limit", {std::string("no limit")}});
    } else {
      span.attributes.push_back({"limit", {std::int64_t{3}}});
    }
  }
  return data;
}

/// A fresh batch of them.
class Spans {
 public:
  explicit Spans(std::size_t count) : data_(MakeData(count)) {}
  const SpanSource& source() const { return source_; }

 private:
  const model::TraceData data_;  // what the columns point into
  const BatchSource source_{
      std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data_))};
};

TEST(ValueColumn, APredicateIsAskedOnceForEachEntryOfADictionary) {
  const std::vector<std::string_view> dictionary = {"a", "b", "c"};
  std::vector<std::uint8_t> codes(kMany);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(i % 3);
  ValueColumn column{.type = model::ValueType::kString};
  column.column = std::make_shared<const Column>(
      Column{.type = model::ValueType::kString,
             .values = CodedTexts{dictionary, std::span<const std::uint8_t>(codes)}});
  std::size_t asked_count = 0;
  const ValueTest test{.each = [&](std::span<const StoredValue> values, std::uint8_t* holds) {
    asked_count += values.size();
    for (std::size_t i = 0; i < values.size(); ++i) holds[i] = values[i].text != "b" ? 1 : 0;
  }};
  const Spans spans(1);
  Truth truth(kMany);

  ASSERT_TRUE(column.AddTo(spans.source(), test, nullptr, &truth).has_value());

  EXPECT_EQ(asked_count, dictionary.size());
  EXPECT_EQ(truth.holds.Rows().size(), kMany - (kMany + 1) / 3);
}

TEST(ValueColumn, NoRowTakesMemoryOfItsOwn) {
  const expr::Reference size = Attribute(Scope::kSpan, "size");
  const expr::Reference limit = Attribute(Scope::kSpan, "limit");
  const std::vector<expr::Expression> expressions = {
      Compare(Op::kEqual, Of(Field::kName), expr::Literal::String("GET /some/longer/path")),
      Compare(Op::kEqual, Of(Field::kKind), expr::Literal::String("server")),
      Compare(Op::kEqual, Of(Field::kTraceId), expr::Literal::String("1")),
      Compare(Op::kGreater, size, expr::Literal::Int(2)),
      Compare(Op::kEqual, Attribute(Scope::kSpan, "flag"), expr::Literal::Bool(true)),
      Matches(Of(Field::kName), *expr::Pattern::Compile("GET|none")),
      Compare(Op::kLess, size, limit),
      Compare(Op::kEqual, limit, limit),
      expr::And(
          {Compare(Op::kLess, size, limit), Compare(Op::kGreater, size, expr::Literal::Int(1))}),
  };
  const Spans few(kFew);
  const Spans many(kMany);
  for (const expr::Expression& expression : expressions) {
    const auto count_of = [&](const Spans& spans) {
      return base::testing::AllocationsOf([&] {
        const auto truth = Evaluate(expression, spans.source());
        EXPECT_TRUE(truth.has_value());
      });
    };
    // What regular expressions keep is there from the first time on.
    count_of(few);

    // A pattern is looked for in a thousand texts at a time, which are put together for it.
    const std::uint64_t more = expression.pattern == nullptr ? 0 : kMany / 32;
    EXPECT_LE(count_of(many), count_of(few) + more) << Print(expression);
  }
}

}  // namespace
}  // namespace clew::scan
