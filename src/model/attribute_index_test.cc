#include "model/attribute_index.h"

#include <gtest/gtest.h>

namespace clew::model {
namespace {

TEST(AttributeIndex, GivesEachRowItsValuesByKey) {
  SpanColumns columns;
  columns.attributes.resize(3);
  columns.attributes[0] = {Owner::kSpan, ValueType::kString, "b", {0, 2}, {"b0", "b2"}, {}};
  columns.attributes[1] = {Owner::kSpan, ValueType::kInt, "a", {0, 0, 1}, {}, {1, 2, 3}};
  columns.attributes[2] = {Owner::kEvent, ValueType::kInt, "a", {0}, {}, {9}};

  const AttributeIndex index(columns, Owner::kSpan, 3);

  ASSERT_EQ(index.Row(0).size(), 3u);
  EXPECT_EQ(index.Row(0)[0].number(), 1);
  EXPECT_EQ(index.Row(0)[1].number(), 2);
  EXPECT_EQ(index.Row(0)[2].text(), "b0");
  ASSERT_EQ(index.Row(1).size(), 1u);
  EXPECT_EQ(index.Row(1)[0].number(), 3);
  EXPECT_EQ(index.Row(2)[0].text(), "b2");
}

TEST(ChildStarts, GivesTheRangeOfEachSpan) {
  EXPECT_EQ(ChildStarts(Column<std::uint32_t>{0, 0, 2}, 3),
            (std::vector<std::uint32_t>{0, 2, 2, 3}));
}

}  // namespace
}  // namespace clew::model
