#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/testing/counted_memory.h"
#include "expr/print.h"
#include "scan/evaluate.h"
#include "storage/format/row_group.h"
#include "storage/format/row_group_source.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/scatter_objects.h"

/// A scan of what is sealed runs on what the pages hold: no row takes memory of its own.
namespace clew::storage {
namespace {

using expr::Attribute;
using expr::Field;
using expr::Literal;
using expr::Of;
using expr::Op;
using expr::Scope;
using model::Value;

constexpr int kFew = 650;
constexpr int kMany = 100 * kFew;

/// Coded and other texts, numbers of many widths, and an attribute that is a number or a text.
model::TraceData MakeSpans(int count) {
  std::vector<testing::SpanSpec> specs;
  for (int i = 0; i < count; ++i) {
    testing::SpanSpec spec{.trace = fmt::format("{:x}", i / 12 + 1),
                           .span = fmt::format("{:x}", i + 1),
                           .service = "shop",
                           .name = fmt::format("operation {}", i % 40),
                           .start = 1000 + i,
                           .duration = Nanos(i % 977 * 1'000'003)};
    spec.attributes = {{"size", Value{std::int64_t{i % 5}}}, {"user", Value{fmt::format("{}", i)}}};
    spec.attributes.emplace_back("limit",
                                 i % 4 == 0 ? Value{std::string("none")} : Value{std::int64_t{3}});
    specs.push_back(std::move(spec));
  }
  return testing::MakeData(specs);
}

/// A sealed row group of them.
class Sealed {
 public:
  explicit Sealed(int count)
      : group_(BuildRowGroup({std::make_shared<const model::SpanColumns>(
                                 wire::otlp::ScatterSpans(MakeSpans(count)))},
                             {})),
        source_(std::make_shared<const RowGroupDirectory>(group_.directory),
                std::make_shared<MemoryPages>(group_.pages), cache_) {}
  const scan::SpanSource& source() const { return source_; }

 private:
  const RowGroup group_;
  base::Metrics metrics_;
  ScanCache cache_{64u << 20, metrics_};
  const RowGroupSource source_;
};

TEST(SealedScanMemory, NoRowTakesMemoryOfItsOwn) {
  const expr::Reference size = Attribute(Scope::kSpan, "size");
  const std::vector<expr::Expression> expressions = {
      Compare(Op::kEqual, Of(Field::kName), Literal::String("operation 7")),
      Compare(Op::kGreater, Of(Field::kDuration), Literal::Int(500'000'000)),
      Compare(Op::kEqual, Attribute(Scope::kSpan, "user"), Literal::String("17")),
      Compare(Op::kEqual, Attribute(Scope::kSpan, "limit"), Literal::Int(3)),
      Compare(Op::kLess, size, Attribute(Scope::kSpan, "limit")),
      expr::And({Compare(Op::kGreater, size, Literal::Int(1)),
                 Compare(Op::kEqual, Of(Field::kName), Literal::String("operation 7"))}),
  };
  const Sealed few(kFew);
  const Sealed many(kMany);
  for (const expr::Expression& expression : expressions) {
    const auto count_of = [&](const Sealed& sealed) {
      return base::testing::AllocationsOf([&] {
        const auto truth = scan::Evaluate(expression, sealed.source());
        EXPECT_TRUE(truth.has_value());
      });
    };
    // Its columns are read the first time.
    count_of(few);
    count_of(many);

    // A page of numbers has 4,096 of them.
    EXPECT_LE(count_of(many), count_of(few) + kMany / 4096) << Print(expression);
  }
}

}  // namespace
}  // namespace clew::storage
