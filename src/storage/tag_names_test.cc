#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// Tags and their values come from roll-ups as far as there are any.
namespace clew::storage {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestStore;

constexpr UnixNanos kSecond = 1'000'000'000;

class TagNamesTest : public ::testing::Test {
 protected:
  // A block of one span at that second, with one attribute.
  void AppendBlock(int second, const std::string& key, model::Value value) {
    ASSERT_TRUE(store_
                    .Append(testing::MakeData({{.trace = fmt::format("{:x}", second),
                                                .span = "1",
                                                .service = "web",
                                                .name = "op",
                                                .start = second * kSecond,
                                                .attributes = {{key, std::move(value)}}}}))
                    .has_value());
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  // Attributes of spans.
  std::vector<std::string> Names(const TimeRange& range = {}) {
    const TagNames tags = store_.storage().Tags({}, range).value();
    other_count_ = tags.others.size();
    std::vector<std::string> lines;
    for (const TagTotal& one : *tags.merged) {
      if (one.name.field != ColumnField::kAttribute || one.name.owner != model::Owner::kSpan) {
        continue;
      }
      lines.push_back(fmt::format("{}:{} {}", one.name.key, int(one.name.type), one.value_count));
    }
    return lines;
  }
  std::vector<std::string> Values(const std::string& key, const TimeRange& range = {}) {
    static constexpr model::Owner kSpan = model::Owner::kSpan;
    return Values(TagQuestion{.owners = {&kSpan, 1}, .key = key}, range);
  }
  std::vector<std::string> Values(const TagQuestion& question, const TimeRange& range = {}) {
    std::vector<std::string> lines;
    const auto visit = [&lines](const TagName& name, const TagValue& value) -> Status {
      lines.push_back(name.holds_numbers() ? fmt::format("{}={}", value.number, value.count)
                                           : fmt::format("{}={}", value.text, value.count));
      return {};
    };
    other_count_ = store_.storage().TagValues({}, range, question, visit).value().size();
    return lines;
  }

  TestStore store_;
  std::size_t other_count_ = 0;
};

TEST_F(TagNamesTest, FollowTheBlocks) {
  AppendBlock(1, "method", {"GET"});
  AppendBlock(2, "method", {"PUT"});
  AppendBlock(3, "code", {std::int64_t{200}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Names(), ElementsAre("method:1 2", "code:3 1"));
    EXPECT_EQ(other_count_, 0u);
    EXPECT_THAT(Values("method"), ElementsAre("GET=1", "PUT=1"));
    EXPECT_THAT(Values("code"), ElementsAre("200=1"));
    EXPECT_THAT(Values("absent"), IsEmpty());
    EXPECT_EQ(other_count_, 0u);
    EXPECT_THAT(Values(TagQuestion{.field = expr::Field::kName}),
                ElementsAre("op=1", "op=1", "op=1"));
    EXPECT_EQ(other_count_, 0u);
    store_.Restart();
  }
  ASSERT_TRUE(store_.Append(testing::OneSpan(7)).has_value());
  Names();
  EXPECT_EQ(other_count_, 1u) << "what is in no block";
  Values("method");
  EXPECT_EQ(other_count_, 1u);
}

TEST_F(TagNamesTest, AreThoseOfBlocksInTime) {
  AppendBlock(1, "a", {"x"});
  AppendBlock(2, "b", {"y"});
  EXPECT_THAT(Names({.start_min = 2 * kSecond}), ElementsAre("b:1 1"));
  EXPECT_THAT(Names({.start_max = 2 * kSecond - 1}), ElementsAre("a:1 1"));
  EXPECT_THAT(Names({.start_min = 3 * kSecond}), IsEmpty());
  EXPECT_THAT(Values("a", {.start_min = 2 * kSecond}), IsEmpty());
  EXPECT_THAT(Values("b", {.start_min = 2 * kSecond}), ElementsAre("y=1"));
  EXPECT_THAT(Names(), ElementsAre("a:1 1", "b:1 1")) << "what is merged stays so";
}

TEST_F(TagNamesTest, WhatIsNotInARollUpIsAskedItself) {
  std::vector<testing::SpanSpec> spans;
  for (std::size_t i = 0; i <= kRolledValuesMax; ++i) {
    spans.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i + 1),
                     .service = "web",
                     .name = "op",
                     .start = kSecond,
                     .attributes = {{"user", {std::to_string(i)}}, {"method", {"GET"}}}});
  }
  ASSERT_TRUE(store_.Append(testing::MakeData(spans)).has_value());
  ASSERT_TRUE(store_.storage().Flush().has_value());
  AppendBlock(2, "user", {"me"});

  EXPECT_THAT(Names(), ElementsAre("method:1 1025", "user:1 1026"));
  EXPECT_EQ(other_count_, 0u);
  EXPECT_THAT(Values("user"), ElementsAre("me=1"));
  EXPECT_EQ(other_count_, 1u);
  EXPECT_THAT(Values("method"), ElementsAre("GET=1025"));
  EXPECT_EQ(other_count_, 0u);
}

TEST_F(TagNamesTest, ADamagedRollUpCostsOnlyTime) {
  AppendBlock(1, "method", {"GET"});
  const std::string name = store_.objects.List(kBlockPrefix)->front().name;
  const BlockLayout layout = *ReadBlockLayout(store_.objects, name);
  ASSERT_GT(layout.filters.tag_names.length, 0u);
  ASSERT_GT(layout.filters.tag_values.length, 0u);
  EXPECT_THAT(Names(), Contains("method:1 1"));

  store_.objects.Spoil(layout.pages_end + layout.filters.tag_values.offset);
  EXPECT_THAT(Values("method"), IsEmpty());
  EXPECT_EQ(other_count_, 1u);

  store_.objects.Spoil(layout.pages_end + layout.filters.tag_names.offset);
  store_.Restart();
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_EQ(other_count_, 1u);
}

TEST_F(TagNamesTest, AreReadUntilTimeIsUp) {
  for (int i = 1; i <= 5; ++i) AppendBlock(i, "method", {"GET"});
  int checks = 0;
  const auto check = [&checks]() -> Status {
    if (++checks % 3 != 0) return {};
    return base::MakeError(Code::kCancelled, "nobody waits");
  };
  static constexpr model::Owner kSpan = model::Owner::kSpan;
  const TagQuestion question{.owners = {&kSpan, 1}, .key = "method"};
  const auto visit = [](const TagName&, const TagValue&) -> Status { return {}; };
  EXPECT_EQ(store_.storage().Tags({}, {}, check).error().code, Code::kCancelled);
  EXPECT_EQ(store_.storage().Tags({}, {.start_min = 2 * kSecond}, check).error().code,
            Code::kCancelled);
  EXPECT_EQ(store_.storage().TagValues({}, {}, question, visit, check).error().code,
            Code::kCancelled);
  EXPECT_EQ(checks, 9);
}

}  // namespace
}  // namespace clew::storage
