#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "expr/print.h"
#include "scan/evaluate.h"
#include "scan/filter_question.h"
#include "scan/testing/plain_evaluate.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/testing/random_request.h"

/// The scan of columns says what the evaluator over rows says, whatever is asked of whatever data.
namespace clew::storage {
namespace {

using expr::Expression;
using expr::Literal;
using expr::Op;
using expr::Reference;
using expr::Scope;

/// Where numbers of two kinds, or a text and what is shown of it, are easily taken for another.
const std::vector<model::Value>& EdgeCases() {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;  // beyond it doubles skip whole numbers
  constexpr double kAboveInts = 9223372036854775808.0;
  using Ints = std::numeric_limits<std::int64_t>;
  using Doubles = std::numeric_limits<double>;
  static const std::vector<model::Value> values = {
      {kExact},
      {kExact + 1},
      {-kExact - 1},
      {Ints::max()},
      {Ints::max() - 1},
      {Ints::min()},
      {std::int64_t{0}},
      {static_cast<double>(kExact)},
      {static_cast<double>(kExact) + 2},
      {-static_cast<double>(kExact)},
      {kAboveInts},
      {kAboveInts - 1024},
      {-kAboveInts},
      {-kAboveInts - 2048},
      {Doubles::quiet_NaN()},
      {Doubles::infinity()},
      {-Doubles::infinity()},
      {Doubles::denorm_min()},
      {-0.0},
      {0.0},
      {std::string("9007199254740993")},
      {std::string("NaN")},
      {std::string("-0")},
      {std::string("cut \xC3")},
      {std::string("\xFF\xFE")},
      {std::string("\xEF\xBF\xBD\xEF\xBF\xBD")},
  };
  return values;
}

/// Gives every second span and resource two of them.
void AddEdgeCases(std::mt19937& random, model::TraceData* data) {
  const auto add = [&random](model::Attributes& attributes) {
    if (random() % 2 == 0) return;
    for (const char* key : {"edge", "other edge"}) {
      attributes.push_back({key, EdgeCases()[random() % EdgeCases().size()]});
    }
  };
  for (model::Resource& resource : data->resources) add(resource.attributes);
  for (model::Span& span : data->spans) add(span.attributes);
}

/// Makes expressions of the keys and values that some data has, and of some that it has not.
class Expressions {
 public:
  Expressions(std::uint32_t seed, const std::vector<model::TraceData>& all) : random_(seed) {
    for (const model::TraceData& data : all) {
      for (const model::Resource& resource : data.resources) Learn(resource.attributes);
      for (const model::Scope& scope : data.scopes) Learn(scope.attributes);
      for (const model::Span& span : data.spans) {
        Learn(span.attributes);
        texts_.push_back(span.name);
        texts_.push_back(span.span_id.ToHex());
        numbers_.push_back(span.start);
        numbers_.push_back(model::SpanDuration(span.start, span.end).count());
        for (const model::Event& event : span.events) Learn(event.attributes);
        for (const model::Link& link : span.links) Learn(link.attributes);
      }
    }
  }

  Expression Next(int depth) {
    const std::uint32_t kind = Number(depth > 0 ? 12 : 6);
    std::vector<Expression> operands;
    if (kind >= 6) {
      for (std::uint32_t i = 0; i < Number(4); ++i) operands.push_back(Next(depth - 1));
    }
    switch (kind) {
      case 0:
        return Number(2) == 0   ? expr::Exists(NextReference())
               : Number(2) == 0 ? expr::HasArray(NextReference())
                                : expr::HasOdd(NextReference());
      case 1:
        return expr::ShownAs(NextReference(), Text());
      case 2:
        return expr::Matches(NextReference(), *expr::Pattern::Compile(NextPattern()));
      case 3:
        return expr::Compare(NextOp(), NextReference(), NextReference());
      case 4:
        return expr::IsOneOf(NextReference(), {NextLiteral(), NextLiteral(), NextLiteral()});
      case 5:
        return expr::Compare(NextOp(), NextReference(), NextLiteral());
      case 6:
        return expr::Differs(expr::Compare(Op::kEqual, NextReference(), NextLiteral()));
      case 7:
        return expr::Some(Number(2) == 0 ? model::Owner::kEvent : model::Owner::kLink, Next(0));
      case 8:
      case 9:
        return expr::And(std::move(operands));
      case 10:
        return expr::Or(std::move(operands));
      default:
        return expr::Not(Next(depth - 1));
    }
  }

 private:
  void Learn(const model::Attributes& attributes) {
    for (const auto& [key, value] : attributes) {
      keys_.push_back(key);
      texts_.push_back(model::ValueToText(value));
      if (const auto* number = std::get_if<std::int64_t>(&value.data)) numbers_.push_back(*number);
      if (const auto* number = std::get_if<double>(&value.data)) doubles_.push_back(*number);
    }
  }
  std::uint32_t Number(std::uint32_t below) {
    return static_cast<std::uint32_t>(random_() % below);
  }
  template <typename T>
  T OneOf(const std::vector<T>& all, T otherwise) {
    return all.empty() || Number(8) == 0 ? otherwise
                                         : all[Number(static_cast<std::uint32_t>(all.size()))];
  }
  std::string Text() { return OneOf<std::string>(texts_, "none"); }
  const char* NextPattern() {
    static constexpr const char* kPatterns[] = {"a|1", "e", "..", "\xEF\xBF\xBD"};
    return kPatterns[Number(4)];
  }
  Op NextOp() {
    static constexpr Op kOps[] = {Op::kEqual, Op::kLess, Op::kLessOrEqual, Op::kGreater,
                                  Op::kGreaterOrEqual};
    return kOps[Number(5)];
  }
  Reference NextReference() {
    const auto fields = expr::AllFields();
    if (Number(3) == 0) {
      return expr::Of(fields[Number(static_cast<std::uint32_t>(fields.size()))].field);
    }
    return expr::Attribute(static_cast<Scope>(Number(7)), OneOf<std::string>(keys_, "absent"));
  }
  Literal NextLiteral() {
    switch (Number(7)) {
      case 6:
        return Literal::Double(OneOf<double>(doubles_, 0));
      case 0:
        return Literal::Int(OneOf<std::int64_t>(numbers_, 0));
      case 1:
        return Literal::Double(static_cast<double>(OneOf<std::int64_t>(numbers_, 0)) + 0.5);
      case 2:
        return Literal::String(Text());
      case 3:
        return Literal::Bool(Number(2) == 0);
      default:
        return Literal::Untyped(Text());
    }
  }

  std::mt19937 random_;
  std::vector<std::string> keys_;
  std::vector<std::string> texts_;
  std::vector<std::int64_t> numbers_;
  std::vector<double> doubles_;
};

using SpanKey = std::pair<TraceId, SpanId>;

std::vector<SpanKey> ByRows(const Expression& expression,
                            const std::vector<model::TraceData>& all) {
  std::vector<SpanKey> found;
  for (const model::TraceData& data : all) {
    for (const model::Span& span : data.spans) {
      if (scan::testing::Holds(expression, data, span))
        found.emplace_back(span.trace_id, span.span_id);
    }
  }
  std::ranges::sort(found);
  return found;
}

std::vector<SpanKey> ByColumns(const Expression& expression,
                               const std::vector<scan::SpanSourcePtr>& sources,
                               std::size_t* skipped_count) {
  std::vector<SpanKey> found;
  const scan::FilterQuestion question(expression);
  for (const scan::SpanSourcePtr& source : sources) {
    if (!source->MayHold(question)) {
      ++*skipped_count;
      continue;
    }
    const auto truth = scan::Evaluate(expression, *source);
    EXPECT_TRUE(truth.has_value());
    EXPECT_TRUE(truth->unknown.empty());
    const auto spans = source->ReadAll(scan::ReadExtent::kTree);
    EXPECT_TRUE(spans.has_value());
    truth->holds.ForEach([&](std::uint32_t row) {
      found.emplace_back((*spans)->trace_ids[row], (*spans)->span_ids[row]);
    });
  }
  std::ranges::sort(found);
  return found;
}

// kSplit: in a block of many row groups, with most attributes in their overflow pages.
enum class Where { kFresh, kSealed, kMixed, kSplit };

StorageOptions OptionsOf(Where where) {
  StorageOptions options;
  if (where == Where::kSplit) {
    options.seal.row_group_span_count = 1;
    options.seal.row_group.attribute_column_count_max = 3;
  }
  return options;
}

class RandomExpressionTest : public ::testing::TestWithParam<Where> {};

TEST_P(RandomExpressionTest, ColumnsSayWhatRowsSay) {
  std::size_t found_count = 0;
  std::size_t skipped_count = 0;
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    testing::TestStore store(OptionsOf(GetParam()));
    std::vector<model::TraceData> all;
    std::mt19937 random(seed);
    for (std::uint64_t part = 0; part < 4; ++part) {
      using wire::otlp::testing::TextKind;
      all.push_back(wire::otlp::testing::RandomTraceData(
          seed * 4 + part, part % 2 == 0 ? TextKind::kUtf8 : TextKind::kAnyOctets));
      if (all.back().spans.empty()) continue;
      AddEdgeCases(random, &all.back());
      ASSERT_TRUE(store.Append(all.back()).has_value());
      if (GetParam() == Where::kMixed && part == 1) {
        ASSERT_TRUE(store.storage().Flush().has_value());
      }
    }
    if (GetParam() == Where::kSealed || GetParam() == Where::kSplit) {
      ASSERT_TRUE(store.storage().Flush().has_value());
    }
    const auto sources = store.storage().Sources({});
    Expressions expressions(seed, all);
    for (int i = 0; i < 80; ++i) {
      const Expression expression = expressions.Next(3);
      const std::vector<SpanKey> expected = ByRows(expression, all);
      found_count += expected.size();
      ASSERT_EQ(ByColumns(expression, sources, &skipped_count), expected)
          << "seed " << seed << ": " << Print(expression);
    }
  }
  EXPECT_GT(found_count, 300u);
  EXPECT_EQ(skipped_count > 100, GetParam() != Where::kFresh) << skipped_count;
}

/// Every comparison of two edge cases, and of each with what it is asked for as.
std::vector<Expression> EdgeComparisons() {
  const Reference edge = expr::Attribute(Scope::kSpan, "single edge");
  std::vector<Literal> literals;
  for (const model::Value& value : EdgeCases()) {
    literals.push_back(Literal::Untyped(model::ValueToText(value)));
    if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
      literals.push_back(Literal::Int(*number));
    } else if (const auto* real = std::get_if<double>(&value.data)) {
      literals.push_back(Literal::Double(*real));
    } else {
      literals.push_back(Literal::String(std::get<std::string>(value.data)));
    }
  }
  std::vector<Expression> all;
  for (const Op op : {Op::kEqual, Op::kLess, Op::kLessOrEqual, Op::kGreater, Op::kGreaterOrEqual}) {
    all.push_back(expr::Compare(op, expr::Attribute(Scope::kSpan, "edge"),
                                expr::Attribute(Scope::kSpan, "other edge")));
    for (const Literal& literal : literals) all.push_back(expr::Compare(op, edge, literal));
  }
  for (const Literal& literal : literals) {
    all.push_back(expr::ShownAs(edge, literal.text));
    all.push_back(expr::IsOneOf(edge, {literal, Literal::Untyped("7")}));
  }
  for (const char* pattern : {"\xEF\xBF\xBD", "..", "-|N"}) {
    all.push_back(expr::Matches(edge, *expr::Pattern::Compile(pattern)));
  }
  return all;
}

/// Spans with pairs of edge cases, and each single one in data of its own: what is there of it is
/// not hidden by the others.
std::vector<model::TraceData> EdgeData() {
  std::vector<model::TraceData> all(1);
  std::uint32_t span_count = 0;
  const auto add = [&](model::Attributes attributes, model::TraceData* data) {
    model::TraceData one = testing::MakeData({{.trace = "a",
                                               .span = fmt::format("{:x}", ++span_count),
                                               .service = "x",
                                               .attributes = std::move(attributes)}});
    if (data->spans.empty()) {
      *data = std::move(one);
    } else {
      data->spans.push_back(std::move(one.spans[0]));
    }
  };
  for (const model::Value& edge : EdgeCases()) {
    add({{"single edge", edge}}, &all.emplace_back());
    for (const model::Value& other : EdgeCases()) {
      add({{"edge", edge}, {"other edge", other}}, &all.front());
    }
  }
  return all;
}

TEST_P(RandomExpressionTest, ColumnsSayWhatRowsSayOfEdgeCases) {
  const std::vector<model::TraceData> all = EdgeData();
  testing::TestStore store(OptionsOf(GetParam()));
  for (const model::TraceData& data : all) ASSERT_TRUE(store.Append(data).has_value());
  if (GetParam() != Where::kFresh) {
    ASSERT_TRUE(store.storage().Flush().has_value());
  }
  const auto sources = store.storage().Sources({});
  std::size_t skipped_count = 0;
  for (const Expression& expression : EdgeComparisons()) {
    ASSERT_EQ(ByColumns(expression, sources, &skipped_count), ByRows(expression, all))
        << Print(expression);
  }
  EXPECT_EQ(skipped_count > 1000, GetParam() == Where::kSplit) << skipped_count;
}

INSTANTIATE_TEST_SUITE_P(Sources, RandomExpressionTest,
                         ::testing::Values(Where::kFresh, Where::kSealed, Where::kMixed,
                                           Where::kSplit));

}  // namespace
}  // namespace clew::storage
