#include "api/json_places.h"

#include <gtest/gtest.h>

#include <string>

namespace clew::api {
namespace {

TEST(JsonPlaces, AreThoseOfObjectsInTheOrderInWhichTheyBegin) {
  const std::string json = R"({"a": [{"b}\"": "{"}, 1], "c": {"d": {}}})";

  std::string found;
  for (const expr::TextRange& place : ObjectPlaces(json)) {
    found += json.substr(place.begin, place.end - place.begin) + '\n';
  }

  EXPECT_EQ(found, json + "\n" +
                       R"({"b}\"": "{"})"
                       "\n"
                       R"({"d": {}})"
                       "\n{}\n");
}

TEST(JsonPlaces, AreCountedAsTheyAreFound) {
  const std::string json = R"({"a": [{"b": {}}, [{}]], "c": {}, "c": 1})";
  const auto document = JsonDocument::Parse(json);
  ASSERT_TRUE(document.has_value());

  EXPECT_EQ(ObjectCountOf(document->root()), ObjectPlaces(json).size());
  EXPECT_EQ(ObjectCountBefore(document->root(), "a"), 1u);
  EXPECT_EQ(ObjectCountBefore(document->root(), "c"), 4u);
  EXPECT_EQ(ObjectCountOf(*MemberOf(document->root(), "a")), 3u);
}

}  // namespace
}  // namespace clew::api
