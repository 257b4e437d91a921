#include "storage/format/tag_roll_up.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "storage/format/row_group.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::storage {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::SpanSpec;

RowGroup Group(const std::vector<SpanSpec>& spans, RowGroupLimits limits = {}) {
  const model::TraceData data = testing::MakeData(spans);  // its texts are not copied
  const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
  return BuildRowGroup({columns}, limits);
}

TagRollUp RollUpOf(const std::vector<RowGroup>& groups) {
  std::vector<const TagCounts*> parts;
  for (const RowGroup& group : groups) parts.push_back(group.tags ? &*group.tags : nullptr);
  return MakeTagRollUp(parts);
}

std::string Name(const TagName& name) {
  if (name.field != ColumnField::kAttribute) return fmt::format("{}", int(name.field));
  return fmt::format("{} {}:{}", int(name.owner), name.key, int(name.type));
}

// A line a tag: its name, how many values, and the values with their counts where they are kept.
std::vector<std::string> Lines(const TagRollUp& roll_up) {
  const auto tags = DecodeTagNames(roll_up.names, roll_up.values.size());
  if (!tags) return {"not well formed"};
  std::vector<std::string> lines;
  for (const RolledTag& tag : *tags) {
    std::string line = fmt::format("{} {}", Name(tag.name), tag.value_count);
    if (tag.length > 0) {
      const auto values = DecodeTagValues(tag, roll_up.values.substr(tag.offset, tag.length));
      if (!values) return {"values not well formed"};
      for (const TagValue& value : *values) {
        line += tag.name.holds_numbers() ? fmt::format(", {}", value.number) : ", " + value.text;
        line += fmt::format("={}", value.count);
      }
    }
    lines.push_back(line);
  }
  return lines;
}

// So many spans with an attribute `key` of different values.
std::vector<SpanSpec> Many(const std::string& key, std::size_t count, std::size_t value_bytes) {
  std::vector<SpanSpec> spans;
  for (std::size_t i = 0; i < count; ++i) {
    spans.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i + 1),
                     .service = "web",
                     .name = "op",
                     .attributes = {{key, {fmt::format("{:0{}}", i, value_bytes)}}}});
  }
  return spans;
}

TEST(TagRollUp, CountsTheTagsOfAllRowGroups) {
  model::Event event;
  event.name = "retry";
  event.attributes = {{"attempt", {std::int64_t{2}}}};
  const std::vector<RowGroup> groups = [&] {
    std::vector<RowGroup> made;
    made.push_back(Group({{.trace = "a",
                           .span = "1",
                           .service = "web",
                           .name = "get",
                           .status = model::StatusCode::kError,
                           .attributes = {{"method", {"GET"}}, {"code", {std::int64_t{200}}}},
                           .events = {event}},
                          {.trace = "a",
                           .span = "2",
                           .service = "shop",
                           .name = "buy",
                           .attributes = {{"method", {"PUT"}},
                                          {"code", {"200"}},
                                          {"raw", {model::ByteString{"x"}}},
                                          {"is_new", {true}}}}}));
    made.push_back(Group(
        {{.trace = "b",
          .span = "3",
          .service = "web",
          .name = "get",
          .kind = model::SpanKind::kClient,
          .attributes = {{"method", {"GET"}}, {"ratio", {0.5}}, {"code", {std::int64_t{-1}}}}}}));
    return made;
  }();

  EXPECT_THAT(Lines(RollUpOf(groups)),
              ElementsAre("0 code:1 1, 200=1", "0 method:1 3, GET=2, PUT=1", "0 is_new:2 1, 1=1",
                          "0 code:3 2, -1=1, 200=1",
                          "0 ratio:4 1, " + std::to_string(std::bit_cast<std::int64_t>(0.5)) + "=1",
                          "0 raw:5 1", "1 service.name:1 3, shop=1, web=2", "3 attempt:3 1, 2=1",
                          "15 3, 2=2, 3=1", "16 3, 0=2, 2=1", "18 3, buy=1, get=2", "19 3, =3",
                          "40 2, lib=2", "41 2, 1=2", "52 1, retry=1", "70 3, shop=1, web=2"));
}

TEST(TagRollUp, KeepsNoValuesOfWhatHasTooMany) {
  const auto kept = [](const std::vector<SpanSpec>& spans) {
    const TagRollUp roll_up = RollUpOf([&] {
      std::vector<RowGroup> groups;
      groups.push_back(Group(spans));
      return groups;
    }());
    const auto tags = DecodeTagNames(roll_up.names, roll_up.values.size());
    for (const RolledTag& tag : *tags) {
      if (tag.name.key == "key") return std::pair(tag.value_count, tag.length > 0);
    }
    return std::pair(std::uint64_t{0}, false);
  };
  EXPECT_EQ(kept(Many("key", kRolledValuesMax, 5)), std::pair(std::uint64_t{1024}, true));
  EXPECT_EQ(kept(Many("key", kRolledValuesMax + 1, 5)), std::pair(std::uint64_t{1025}, false));
  EXPECT_EQ(kept(Many("key", 100, 1000)), std::pair(std::uint64_t{100}, false)) << "in bytes";

  // Each of two row groups has few enough.
  std::vector<RowGroup> groups;
  groups.push_back(Group(Many("key", 1000, 5)));
  groups.push_back(Group(Many("key", 1000, 6)));
  const auto lines = Lines(RollUpOf(groups));
  EXPECT_THAT(lines, Contains("0 key:1 2000"));
}

TEST(TagRollUp, ThereIsNoneOfTooManyTags) {
  const auto spans = [](std::size_t count, const char* prefix) {
    SpanSpec span{.trace = "a", .span = "1", .service = "web", .name = "op"};
    for (std::size_t i = 0; i < count; ++i) {
      span.attributes.push_back({prefix + std::to_string(i), {"x"}});
    }
    return std::vector<SpanSpec>{span};
  };
  std::vector<RowGroup> groups;
  groups.push_back(Group(spans(2000, "a"), {.attribute_column_count_max = 10}));
  EXPECT_THAT(Lines(RollUpOf(groups)), Contains("0 a1999:1 1")) << "also in the overflow page";
  groups.push_back(Group(spans(kRolledTagsMax - 2000, "b")));
  EXPECT_THAT(RollUpOf(groups).names, IsEmpty()) << "together";
  EXPECT_EQ(Group(spans(kRolledTagsMax + 1, "a")).tags, std::nullopt);
}

TEST(TagRollUp, LetsGoOfTheLargestValuesFirst) {
  // Noise, which does not become smaller when it is packed.
  TagCounts tags;
  std::uint64_t state = 1;
  for (int tag = 0; tag < 60; ++tag) {
    TagCount& one = tags.emplace_back();
    one.name = {.type = model::ValueType::kInt, .key = fmt::format("{:02}", tag)};
    one.has_values = true;
    for (int i = 0; i < (tag == 7 ? 10 : 1024); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      one.values.push_back({.number = static_cast<std::int64_t>(state), .count = 1});
      ++one.value_count;
    }
    std::ranges::sort(one.values, {}, &TagValue::number);
  }
  for (TagCount& one : tags) {
    // As texts they are larger.
    one.name.type = model::ValueType::kString;
    for (TagValue& value : one.values) {
      const auto bits = static_cast<std::uint64_t>(value.number);
      value.text = fmt::format("{:016x}{:016x}{:016x}", bits, bits * 7919, bits * 104729);
      value.number = 0;
    }
    std::ranges::sort(one.values, {}, &TagValue::text);
  }
  const TagCounts* part = &tags;
  const TagRollUp roll_up = MakeTagRollUp({&part, 1});
  EXPECT_LE(roll_up.values.size(), kTagRollUpBytesMax);
  const auto names = DecodeTagNames(roll_up.names, roll_up.values.size());
  ASSERT_TRUE(names.has_value());
  ASSERT_EQ(names->size(), 60u);
  EXPECT_GT((*names)[7].length, 0u);
  EXPECT_GT(std::ranges::count(*names, 0u, &RolledTag::length), 0);
}

TEST(TagRollUp, NothingIsTakenFromOneThatIsCutOrLonger) {
  std::vector<RowGroup> groups;
  groups.push_back(Group(Many("key", 3, 5)));
  const TagRollUp roll_up = RollUpOf(groups);
  for (std::size_t size = 0; size < roll_up.names.size(); ++size) {
    EXPECT_FALSE(DecodeTagNames(roll_up.names.substr(0, size), roll_up.values.size())) << size;
  }
  EXPECT_FALSE(DecodeTagNames(roll_up.names + "x", roll_up.values.size()));
  EXPECT_FALSE(DecodeTagNames(roll_up.names, roll_up.values.size() - 1))
      << "values that reach past the end";
  const auto tags = DecodeTagNames(roll_up.names, roll_up.values.size());
  ASSERT_TRUE(tags.has_value());
  RolledTag tag = tags->front();
  ASSERT_EQ(tag.name.key, "key");
  const std::string values = roll_up.values.substr(tag.offset, tag.length);
  for (std::size_t size = 0; size < values.size(); ++size) {
    EXPECT_FALSE(DecodeTagValues(tag, values.substr(0, size))) << size;
  }
  EXPECT_TRUE(DecodeTagValues(tag, values));
  tag.value_count = 2;
  EXPECT_FALSE(DecodeTagValues(tag, values)) << "more than there are";
}

}  // namespace
}  // namespace clew::storage
