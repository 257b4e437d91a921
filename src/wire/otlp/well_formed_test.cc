#include "wire/otlp/well_formed.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "wire/otlp/entity_refs.h"
#include "wire/otlp/materialize.h"

namespace clew::wire::otlp {
namespace {

using model::Owner;
using model::Value;
using model::ValueType;

model::AttributeColumn NestedColumn(std::string_view first, std::string_view second) {
  model::AttributeColumn column;
  column.type = ValueType::kArray;
  column.key = "k";
  column.rows = {0, 1};
  column.strings = {first, second};
  return column;
}

TEST(ClearMalformed, MakesWhatCannotBeReadEmpty) {
  const std::string good = EncodeNestedValue(Value{Value::Array{{std::string("text")}}});
  constexpr std::string_view kMalformed = "\x0a\x7f";
  const std::string inner("\x0a\x04\x2a\x02\x0a\x7f", 6);      // a list in it is cut off
  constexpr std::string_view kEntity("\x1a\x03\x12\x01h", 5);  // of type "h"
  model::SpanColumns columns;
  for (int row = 0; row < 2; ++row) {
    model::AddRow<Owner::kSpan>(&columns);
    model::AddRow<Owner::kResource>(&columns);
  }
  columns.resources.entity_refs.Set(0, "\x1a\x7f");
  columns.resources.entity_refs.Set(1, kEntity);
  columns.attributes = {NestedColumn(kMalformed, good), NestedColumn(good, inner)};

  ClearMalformed(&columns);

  EXPECT_EQ(columns.resources.entity_refs[0], "");
  EXPECT_EQ(columns.resources.entity_refs[1].data(), kEntity.data()) << "its bytes are kept";
  EXPECT_EQ(columns.attributes[0].strings[0], "");
  EXPECT_EQ(columns.attributes[0].strings[1].data(), good.data());
  EXPECT_EQ(columns.attributes[1].strings[0].data(), good.data());
  EXPECT_EQ(columns.attributes[1].strings[1], "");
}

TEST(AreWellFormedEntityRefs, AreOfOneFieldAlone) {
  EXPECT_TRUE(AreWellFormedEntityRefs(""));
  EXPECT_TRUE(AreWellFormedEntityRefs(std::string_view("\x1a\x03\x12\x01h", 5)));
  EXPECT_FALSE(AreWellFormedEntityRefs(std::string_view("\x0a\x03\x12\x01h", 5)));
  EXPECT_FALSE(AreWellFormedEntityRefs(std::string_view("\x1a\x03\x12\x05h", 5)));
}

}  // namespace
}  // namespace clew::wire::otlp
