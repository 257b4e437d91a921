#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "base/metrics.h"
#include "scan/evaluate.h"
#include "storage/format/row_group.h"
#include "storage/format/row_group_source.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/scatter_objects.h"

// What is not read as the directory of a row group says enough.
namespace clew::storage {
namespace {

using expr::Field;
using expr::Literal;
using expr::Op;
using model::Value;

constexpr int kSpans = 10'000;  // 3 zones

// Each of two spans.
std::string IdOf(std::int64_t span) { return fmt::format("id {:040}", span / 2); }

class ZonesTest : public ::testing::Test {
 protected:
  ZonesTest() : group_(Build()) {
    const RowGroupSource source(std::make_shared<const RowGroupDirectory>(group_.directory),
                                std::make_shared<MemoryPages>(group_.pages), cache_);
    source_ =
        source.PastDamage({.report = [](const Error& error) { ADD_FAILURE() << error.message; },
                           .counts = std::make_shared<scan::ReadCounts>(totals_)});
  }

  // One trace, whose spans are siblings in the order of their starts: numbers ascend with rows.
  static RowGroup Build() {
    std::vector<testing::SpanSpec> specs;
    for (std::int64_t i = 0; i < kSpans; ++i) {
      specs.push_back({.trace = "a",
                       .span = fmt::format("{:x}", i + 1),
                       .start = 7 * i,
                       .duration = Nanos(i),
                       .attributes = {{"n", Value{i * 3}}}});
      if (i % 2 == 0) specs.back().attributes.push_back({"even", Value{i}});
      // A name that ends like a note of zones.
      specs.back().attributes.push_back({"n zones 2", Value{i % 5000}});
      if (i >= 5000) specs.back().attributes.push_back({"id", Value{IdOf(i)}});
    }
    const model::TraceData data = testing::MakeData(specs);
    const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
    return BuildRowGroup({columns}, {});
  }

  std::vector<std::uint32_t> RowsOf(const expr::Expression& condition) const {
    const auto truth = scan::Evaluate(condition, *source_);
    EXPECT_TRUE(truth.has_value());
    EXPECT_TRUE(truth->unknown.empty());
    return truth->holds.Rows();
  }

  std::uint64_t Take(std::atomic<std::uint64_t> scan::ReadTotals::Step::* count) {
    return (totals_->steps[0].*count).exchange(0);
  }

  base::Metrics metrics_;
  ScanCache cache_{64u << 20, metrics_};
  std::shared_ptr<scan::ReadTotals> totals_ = std::make_shared<scan::ReadTotals>();
  const RowGroup group_;
  scan::SpanSourcePtr source_;
};

expr::Reference Number(const char* key) { return expr::Attribute(expr::Scope::kSpan, key); }

TEST_F(ZonesTest, ARangeOfNumbersReadsTheZonesThatMayHaveSome) {
  for (const auto& [reference, factor] :
       {std::pair(expr::Of(Field::kDuration), 1), std::pair(expr::Of(Field::kStart), 7),
        std::pair(Number("n"), 3)}) {
    totals_->steps[0].pages = 0;
    const auto found =
        RowsOf(expr::Compare(Op::kGreater, reference, Literal::Int(factor * 9000 + factor - 1)));

    EXPECT_EQ(found.size(), 999u);
    EXPECT_EQ(found.front(), 9001u);
    EXPECT_EQ(Take(&scan::ReadTotals::Step::pages_out_of_range), 2u);
    EXPECT_LE(Take(&scan::ReadTotals::Step::pages), 3u);
  }
}

TEST_F(ZonesTest, AnAttributeIsNotTakenForTheZonesOfAnother) {
  const auto above = [&](const char* key, std::int64_t number) {
    return RowsOf(expr::Compare(Op::kGreater, Number(key), Literal::Int(number))).size();
  };
  EXPECT_EQ(above("n zones 2", -1), std::size_t{kSpans});
  EXPECT_EQ(above("n", 3 * 9000), 999u);  // in zone 2
  EXPECT_EQ(above("n zones 2", 4998), 2u);
}

TEST_F(ZonesTest, ARangeOfNothingReadsNothing) {
  EXPECT_TRUE(RowsOf(expr::Compare(Op::kLess, Number("even"), Literal::Int(-1))).empty());
  EXPECT_TRUE(
      RowsOf(expr::Compare(Op::kGreater, expr::Of(Field::kStart), Literal::Int(70'000))).empty());

  EXPECT_EQ(Take(&scan::ReadTotals::Step::pages), 0u);
  EXPECT_EQ(Take(&scan::ReadTotals::Step::pages_out_of_range), 2u + 3u);
}

TEST_F(ZonesTest, AnyRangeFindsWhatItFindsInAll) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const std::int64_t least = static_cast<std::int64_t>(random() % 12'000) - 1000;
    const std::int64_t most = least + static_cast<std::int64_t>(random() % 6000);
    const auto within = [&](const expr::Reference& reference) {
      return expr::And({expr::Compare(Op::kGreaterOrEqual, reference, Literal::Int(least)),
                        expr::Compare(Op::kLessOrEqual, reference, Literal::Int(most))});
    };
    std::vector<std::uint32_t> durations;
    std::vector<std::uint32_t> starts;
    std::vector<std::uint32_t> evens;
    for (std::uint32_t i = 0; i < kSpans; ++i) {
      const auto is_in = [&](std::int64_t n) { return n >= least && n <= most; };
      if (is_in(i)) durations.push_back(i);
      if (is_in(7 * i)) starts.push_back(i);
      if (i % 2 == 0 && is_in(i)) evens.push_back(i);
    }

    EXPECT_EQ(RowsOf(within(expr::Of(Field::kDuration))), durations);
    EXPECT_EQ(RowsOf(within(expr::Of(Field::kStart))), starts);
    EXPECT_EQ(RowsOf(within(Number("even"))), evens);
  }
}

TEST_F(ZonesTest, AZoneOfRowsWithoutAnAttributeIsNotAskedForIt) {
  const ColumnEntry& id = *group_.directory.FindAttribute(model::Owner::kSpan, "id").front();

  EXPECT_EQ(id.row_counts, (std::vector<std::uint32_t>{0, 8192 - 5000, kSpans - 8192}));
  EXPECT_EQ(group_.directory.starts[1], (ZoneRange{7 * 4096, 7 * 8191}));
}

// 2,500 ids of 43 bytes are seven chunks, in the order of their spans.
TEST_F(ZonesTest, AFewTextsUnpackTheirChunks) {
  const ColumnEntry& id = *group_.directory.FindAttribute(model::Owner::kSpan, "id").front();
  ASSERT_EQ(id.chunk_ends.size(), 7u);
  const auto totals = std::make_shared<scan::ReadTotals>();
  const auto directory = std::make_shared<const RowGroupDirectory>(group_.directory);
  const ColumnReader uncounted(directory, std::make_shared<MemoryPages>(group_.pages), cache_,
                               cache_.NewSourceIds());
  const ColumnReader reader(uncounted, std::make_shared<scan::ReadCounts>(totals));
  const auto& column = *directory->FindAttribute(model::Owner::kSpan, "id").front();
  std::vector<Bytes> memory;
  Gaps gaps;

  const auto texts = reader.Texts(column, std::vector<std::uint32_t>{4998, 4999}, &memory, &gaps);

  ASSERT_TRUE(texts.has_value());
  EXPECT_EQ((*texts)[1], IdOf(9999));
  EXPECT_LE(totals->steps[0].pages, 2u);
  const auto all = reader.Texts(column, std::vector<std::uint32_t>{0, 2000, 4999}, &memory, &gaps);
  EXPECT_EQ((*all)[1], IdOf(7000));
  EXPECT_EQ(reader.DictionaryOf(column)->texts.size(), 2500u);
}

}  // namespace
}  // namespace clew::storage
