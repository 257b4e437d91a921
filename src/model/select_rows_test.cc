#include "model/select_rows.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "model/testing/small_columns.h"

namespace clew::model {
namespace {

using testing::ElementsAre;

ColumnsBuilder ThreeSpans() {
  ColumnsBuilder builder;
  builder.Span(1, "a", "x", 2, 1).Span(1, "b", "y", 1, 2).Span(1, "c", "x");
  return builder;
}

TEST(SelectSpans, TakesWhatBelongsToThem) {
  ColumnsBuilder builder = ThreeSpans();

  const SpanColumns two = SelectSpans(builder.columns(), {0, 2});

  EXPECT_THAT(DescribeColumns(two),
              ElementsAre("a(a) x(x) x(x) a.e0(a.e0) a.e1(a.e1) a.l0(a.l0)", "c(c) x(x) x(x)"));
  EXPECT_EQ(two.resources.count(), 1u);
  EXPECT_EQ(two.scopes.count(), 1u);
  EXPECT_EQ(two.events.count(), 2u);
}

TEST(SelectSpans, GivesThemInTheOrderAskedFor) {
  ColumnsBuilder builder = ThreeSpans();

  const SpanColumns all = SelectSpans(builder.columns(), {1, 2, 0});

  EXPECT_THAT(DescribeColumns(all),
              ElementsAre("b(b) y(y) y(y) b.e0(b.e0) b.l0(b.l0) b.l1(b.l1)", "c(c) x(x) x(x)",
                          "a(a) x(x) x(x) a.e0(a.e0) a.e1(a.e1) a.l0(a.l0)"));
  for (const AttributeColumn& column : all.attributes) {
    EXPECT_TRUE(std::ranges::is_sorted(column.rows)) << column.key;
  }
  EXPECT_TRUE(std::ranges::is_sorted(all.events.span_rows));
}

// Few rows of many are looked for, many are walked through: both ways give the same.
TEST(SelectSpans, AnyRowsInAnyOrderAreWhatTheyWere) {
  ColumnsBuilder builder;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string name = std::to_string(i);
    builder.Span(1, name, i % 7 == 0 ? "x" : "y", i % 3, i % 2);
  }
  const std::vector<std::string> before = DescribeColumns(builder.columns());
  std::mt19937 random(1);
  for (const std::size_t count : {1u, 3u, 60u, 199u, 200u}) {
    for (const bool is_sorted : {true, false}) {
      std::vector<std::uint32_t> rows(200);
      std::iota(rows.begin(), rows.end(), 0u);
      std::ranges::shuffle(rows, random);
      rows.resize(count);
      if (is_sorted) std::ranges::sort(rows);

      const std::vector<std::string> after = DescribeColumns(SelectSpans(builder.columns(), rows));

      ASSERT_EQ(after.size(), count);
      for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(after[i], before[rows[i]]);
    }
  }
}

TEST(SelectSpans, ARangeOfALargeBatchIsARange) {
  ColumnsBuilder builder;
  for (int i = 0; i < 100; ++i) builder.Span(1, std::to_string(i), "x", 2);

  const SpanColumns two = SelectSpans(builder.columns(), {50, 51});

  EXPECT_THAT(DescribeColumns(two), ElementsAre("50(50) x(x) x(x) 50.e0(50.e0) 50.e1(50.e1)",
                                                "51(51) x(x) x(x) 51.e0(51.e0) 51.e1(51.e1)"));
}

TEST(SelectEvents, ReordersAndDropsThemAlone) {
  ColumnsBuilder builder = ThreeSpans();

  const SpanColumns fewer = SelectEvents(builder.columns(), {1, 0});

  EXPECT_THAT(DescribeColumns(fewer),
              ElementsAre("a(a) x(x) x(x) a.e1(a.e1) a.e0(a.e0) a.l0(a.l0)",
                          "b(b) y(y) y(y) b.l0(b.l0) b.l1(b.l1)", "c(c) x(x) x(x)"));
}

TEST(SelectLinks, DropsThemAlone) {
  ColumnsBuilder builder = ThreeSpans();

  const SpanColumns fewer = SelectLinks(builder.columns(), {2});

  EXPECT_THAT(DescribeColumns(fewer),
              ElementsAre("a(a) x(x) x(x) a.e0(a.e0) a.e1(a.e1)",
                          "b(b) y(y) y(y) b.e0(b.e0) b.l1(b.l1)", "c(c) x(x) x(x)"));
}

}  // namespace
}  // namespace clew::model
