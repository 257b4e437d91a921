#include "model/service_name.h"

#include <gmock/gmock.h>

namespace clew::model {
namespace {

constexpr std::string_view kKey = kServiceNameKey;

Attributes Named(const std::vector<Value>& values) {
  Attributes attributes = {{"host.name", {std::string("h")}}};
  for (const Value& value : values) attributes.push_back({std::string(kKey), value});
  return attributes;
}

TEST(ServiceName, IsOneTextForEveryKindOfValue) {
  const std::vector<std::pair<std::vector<Value>, std::string>> cases = {
      {{}, std::string(kNoServiceName)},
      {{Value{}}, std::string(kNoServiceName)},
      {{{std::string()}}, std::string(kNoServiceName)},
      {{{Value::Array{{std::string("a")}}}}, std::string(kNoServiceName)},
      {{{Value::KvList{}}}, std::string(kNoServiceName)},
      {{{std::string("shop")}}, "shop"},
      {{{std::int64_t{4242}}}, "4242"},
      {{{true}}, "true"},
      {{{1.5}}, "1.5"},
      {{{ByteString{"abc"}}}, "YWJj"},
      {{{std::string("a")}, {std::string("b")}}, "a"},
      {{{std::string()}, {std::string("b")}}, "b"},
      {{{std::int64_t{7}}, {std::string("b")}}, "b"},
      {{{1.5}, {false}}, "false"},
  };
  for (const auto& [values, expected] : cases) {
    EXPECT_EQ(ServiceName(Named(values)), expected);
  }
}

TEST(ServiceName, IsTheSameOfColumnsInAnyOrderOfTypes) {
  SpanColumns columns;
  columns.resources.schema_urls.resize(3);
  columns.attributes.push_back({Owner::kResource, ValueType::kInt, kKey, {0, 2}, {}, {7, 8}});
  columns.attributes.push_back(
      {Owner::kResource, ValueType::kString, kKey, {0, 0}, {"a", "b"}, {}});
  columns.attributes.push_back({Owner::kSpan, ValueType::kString, kKey, {1}, {"span"}, {}});

  EXPECT_THAT(ServiceNamesOf(columns), testing::ElementsAre("a", kNoServiceName, "8"));
}

TEST(ServiceNameViews, ShareTheTextOfTheirRows) {
  const std::string name(60'000, 's');
  const std::string octets(6'000, 'o');
  constexpr std::uint32_t kCount = 1000;
  SpanColumns columns;
  columns.resources.schema_urls.resize(2 * kCount);
  AttributeColumn texts{Owner::kResource, ValueType::kString, kKey, {}, {}, {}};
  AttributeColumn bytes{Owner::kResource, ValueType::kBytes, kKey, {}, {}, {}};
  for (std::uint32_t row = 0; row < kCount; ++row) {
    texts.rows.push_back(row);
    texts.strings.push_back(name);
    bytes.rows.push_back(kCount + row);
    bytes.strings.push_back(octets);
  }
  columns.attributes = {texts, bytes};

  const ServiceNameViews names(columns);

  ASSERT_EQ(names.size(), 2 * kCount);
  EXPECT_EQ(names[kCount - 1].data(), name.data()) << "nothing is copied";
  EXPECT_EQ(names[kCount].size(), 8'000u) << "in base64";
  EXPECT_EQ(names[2 * kCount - 1].data(), names[kCount].data()) << "it is made once";
}

TEST(OperationName, IsNeverEmpty) {
  EXPECT_EQ(OperationName("GET /"), "GET /");
  EXPECT_EQ(OperationName(""), kNoSpanName);
}

}  // namespace
}  // namespace clew::model
