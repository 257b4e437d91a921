#include "model/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace clew::model {
namespace {

TEST(ValueToText, WritesEveryKindAsOtlpDoes) {
  EXPECT_EQ(ValueToText(Value{}), "");
  EXPECT_EQ(ValueToText(Value{std::string("a\"b")}), "a\"b");
  EXPECT_EQ(ValueToText(Value{true}), "true");
  EXPECT_EQ(ValueToText(Value{std::int64_t{-7}}), "-7");
  EXPECT_EQ(ValueToText(Value{2.5}), "2.5");
  EXPECT_EQ(ValueToText(Value{3.0}), "3");
  EXPECT_EQ(ValueToText(Value{std::numeric_limits<double>::quiet_NaN()}), "NaN");
  EXPECT_EQ(ValueToText(Value{ByteString{"\x01\x02\x03\x04"}}), "AQIDBA==");
}

TEST(ValueToText, WritesNestedValuesAsJson) {
  const Value list{Value::KvList{{"k", Value{std::string("v\n")}},
                                 {"a", Value{Value::Array{Value{std::int64_t{1}}, Value{}}}}}};

  EXPECT_EQ(ValueToText(list), R"({"a":[1,null],"k":"v\u000a"})") << "by key";
}

TEST(FindAttribute, ReturnsTheFirstOfDuplicates) {
  const Attributes attributes = {{"k", Value{std::string("first")}}, {"k", Value{true}}};

  EXPECT_EQ(FindString(attributes, "k"), "first");
  EXPECT_EQ(FindAttribute(attributes, "absent"), nullptr);
}

}  // namespace
}  // namespace clew::model
