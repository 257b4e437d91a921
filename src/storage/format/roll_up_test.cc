#include "storage/format/roll_up.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/testing/test_store.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::SpanSpec;

std::shared_ptr<const RowGroup> Group(const std::vector<SpanSpec>& spans) {
  const model::TraceData data = testing::MakeData(spans);  // its texts are not copied
  const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
  return std::make_shared<const RowGroup>(BuildRowGroup({columns}, {}));
}

std::vector<std::string> Lines(const RollUp& roll_up) {
  std::vector<std::string> lines;
  for (const scan::OperationCount& one : roll_up) {
    lines.push_back(fmt::format("{} {} {} {}", one.service, one.name, one.kind, one.span_count));
  }
  return lines;
}

std::vector<SpanSpec> Many(std::size_t count, std::size_t name_bytes) {
  std::vector<SpanSpec> spans;
  for (std::size_t i = 0; i < count; ++i) {
    spans.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i + 1),
                     .service = "web",
                     .name = fmt::format("{:0{}}", i, name_bytes)});
  }
  return spans;
}

TEST(RollUp, AddsUpTheOperationsOfAllRowGroups) {
  const std::vector<std::shared_ptr<const RowGroup>> groups = {
      Group({{.trace = "a", .span = "1", .service = "web", .name = "get"},
             {.trace = "a", .span = "2", .service = "shop", .name = "buy"}}),
      Group({{.trace = "b", .span = "3", .service = "web", .name = "get"},
             {.trace = "b",
              .span = "4",
              .service = "web",
              .name = "get",
              .kind = model::SpanKind::kClient}})};

  const auto roll_up = DecodeRollUp(MakeRollUp(groups));

  ASSERT_TRUE(roll_up.has_value());
  EXPECT_THAT(Lines(*roll_up), ElementsAre("shop buy 2 1", "web get 2 2", "web get 3 1"));
}

TEST(RollUp, ThereIsNoneOfTooMuch) {
  EXPECT_FALSE(MakeRollUp({{Group(Many(kRolledOperationsMax, 5))}}).empty());
  EXPECT_TRUE(MakeRollUp({{Group(Many(kRolledOperationsMax + 1, 5))}}).empty()) << "in one";
  EXPECT_TRUE(MakeRollUp({{Group(Many(kRolledOperationsMax, 5)), Group(Many(2, 6))}}).empty())
      << "together";
  EXPECT_TRUE(MakeRollUp({{Group(Many(2000, 600))}}).empty()) << "in bytes";
}

TEST(RollUp, NothingIsTakenFromOneThatIsCutOrLonger) {
  const std::string page = MakeRollUp({{Group(Many(3, 5))}});
  for (std::size_t size = 0; size < page.size(); ++size) {
    EXPECT_FALSE(DecodeRollUp(page.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(DecodeRollUp(page + "x").has_value());
}

}  // namespace
}  // namespace clew::storage
