#include "storage/format/block_filters.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "storage/encoding/bloom_filter.h"
#include "storage/format/block.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::storage {
namespace {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Scope;
using model::Value;
using testing::SpanSpec;

Value Text(const char* text) { return Value{std::string(text)}; }

std::shared_ptr<const RowGroup> Group(const std::vector<SpanSpec>& spans) {
  return std::make_shared<const RowGroup>(
      BuildRowGroup({std::make_shared<const model::SpanColumns>(
                        wire::otlp::ScatterSpans(testing::MakeData(spans)))},
                    {}));
}

Expression IsShown(const char* key, const char* text) {
  return expr::ShownAs(expr::Attribute(Scope::kAny, key), text);
}

Expression IsText(Field field, const char* text) {
  return expr::Compare(expr::Op::kEqual, expr::Of(field), Literal::String(text));
}

TraceId Id(const char* hex) { return *TraceId::FromHex(hex); }

// A block of two row groups: "a" in both, "b" in the first, "c" in the second.
class BlockFiltersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::vector<std::shared_ptr<const RowGroup>> groups = {
        Group({{.trace = "a", .span = "1", .service = "front", .name = "GET"},
               {.trace = "b",
                .span = "2",
                .service = "front",
                .attributes = {{"k", Text("first")}}}}),
        Group(
            {{.trace = "a", .span = "3", .service = "back", .attributes = {{"k", Text("second")}}},
             {.trace = "c",
              .span = "4",
              .service = "back",
              .status = model::StatusCode::kError,
              .attributes = {{"n", Value{std::int64_t{7}}}}}})};
    ASSERT_TRUE(WriteBlock(*store_, "block", {}, groups).has_value());
  }

  BlockPtr Open() {
    const auto block = OpenBlock({*store_, cache_, directories_, &meters_}, "block");
    EXPECT_TRUE(block.has_value());
    return *block;
  }

  void Replace(std::string_view bytes) {
    ASSERT_TRUE(store_->Delete("block").has_value());
    ASSERT_TRUE(store_->PutIfAbsent("block", {bytes}).has_value());
  }

  // By row group.
  static std::vector<bool> MayHold(const Block& block, const Expression& expression) {
    std::vector<bool> may_hold;
    for (const auto& source : block.sources) {
      may_hold.push_back(source->MayHold(scan::FilterQuestion(expression)));
    }
    return may_hold;
  }

  std::unique_ptr<ObjectStore> store_ = MakeMemoryObjectStore();
  base::Metrics metrics_;
  ScanCache cache_{1u << 20, metrics_};
  ScanCache directories_{1u << 20, metrics_};
  const FilterMeters meters_{metrics_.Counter("skips", "", {{"filter", "traces"}}),
                             metrics_.Counter("skips", "", {{"filter", "values"}})};
};

using Bools = std::vector<bool>;

TEST_F(BlockFiltersTest, SayWhichRowGroupsMayHoldAValue) {
  const BlockPtr block = Open();

  EXPECT_EQ(MayHold(*block, IsShown("k", "first")), Bools({true, false}));
  EXPECT_EQ(MayHold(*block, IsShown("k", "second")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsShown("k", "third")), Bools({false, false}));
  EXPECT_EQ(MayHold(*block, IsShown("n", "7")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kService, "back")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kName, "GET")), Bools({true, false}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kName, "empty-span-name")), Bools({true, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kStatus, "error")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kKind, "client")), Bools({false, false}));
  EXPECT_EQ(meters_.skipped_by_value.Value(), 10);
}

TEST_F(BlockFiltersTest, ATraceThatIsNotHereIsNotLookedForInRowGroups) {
  const BlockPtr block = Open();
  const scan::SpanSource& first = *block->sources[0];
  const std::vector<TraceId> absent = {Id("d"), Id("e")};
  EXPECT_EQ(*first.ReadTraces(absent, scan::ReadExtent::kAll), nullptr);
  // From now on only what is in memory answers.
  ASSERT_TRUE(store_->Delete("block").has_value());

  EXPECT_EQ(*first.ReadTraces(absent, scan::ReadExtent::kAll), nullptr);
  EXPECT_EQ(first.TraceStarts(absent)->size(), 2u);
  EXPECT_FALSE(first.ReadTraces(std::vector{Id("b")}, scan::ReadExtent::kAll).has_value());
  EXPECT_EQ(meters_.skipped_by_trace.Value(), 3);
}

TEST_F(BlockFiltersTest, TracesAreFoundAmongOthersThatAreNot) {
  const BlockPtr block = Open();
  const std::vector<TraceId> ids = {Id("9"), Id("a"), Id("b"), Id("c"), Id("d")};

  const auto starts = block->sources[1]->TraceStarts(ids);
  const auto spans = block->sources[1]->ReadTraces(ids, scan::ReadExtent::kAll);

  ASSERT_TRUE(starts.has_value());
  Bools found;
  for (const auto& start : *starts) found.push_back(start.has_value());
  EXPECT_EQ(found, Bools({false, true, false, true, false}));
  EXPECT_EQ((*spans)->span_count(), 2u);
}

TEST_F(BlockFiltersTest, ADamagedFilterSaysNothing) {
  const std::string whole(store_->Get("block")->view());
  const auto layout = ReadBlockLayout(*store_, "block");
  const std::uint64_t end = layout->pages_end + layout->filters.ByteSize();
  ASSERT_EQ(layout->filters.group_values.size(), 2u);
  for (std::uint64_t at = layout->pages_end; at < end; at += kBloomBlockBytes) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    Replace(damaged);
    const BlockPtr block = Open();

    const Bools first = MayHold(*block, IsShown("k", "first"));
    EXPECT_TRUE(first[0]);
    EXPECT_TRUE(MayHold(*block, IsShown("k", "second"))[1]);
    const auto absent = block->sources[0]->ReadTraces(std::vector{Id("d")}, {});
    ASSERT_TRUE(absent.has_value());
    EXPECT_EQ(*absent, nullptr);
    EXPECT_NE(*block->sources[0]->ReadTraces(std::vector{Id("b")}, {}), nullptr);
  }
  // All of them at once.
  std::string damaged = whole;
  for (std::uint64_t at = layout->pages_end; at < end; ++at) damaged[at] = '\0';
  Replace(damaged);
  EXPECT_EQ(MayHold(*Open(), IsShown("k", "third")), Bools({true, true}));
}

TEST_F(BlockFiltersTest, AFilterThatCannotBeReadNowSaysNothing) {
  const BlockPtr block = Open();
  const std::string whole(store_->Get("block")->view());
  ASSERT_TRUE(store_->Delete("block").has_value());
  EXPECT_EQ(MayHold(*block, IsShown("k", "third")), Bools({true, true}));

  ASSERT_TRUE(store_->PutIfAbsent("block", {whole}).has_value());
  EXPECT_EQ(MayHold(*block, IsShown("k", "third")), Bools({false, false}));
}

TEST(BlockFilters, OneRowGroupHasNoFilterOfItsOwn) {
  const BlockFilters filters = MakeBlockFilters({Group({{.trace = "a", .span = "1"}})});

  EXPECT_TRUE(filters.refs.group_values.empty());
  EXPECT_EQ(filters.refs.ByteSize(), filters.bytes.size());
}

std::string Fact(std::uint64_t offset, std::uint64_t length) {
  return EncodeTraceFilterFact({.traces = {offset, length, 1}, .values = {}, .group_values = {}});
}

TEST(BlockFilters, NoFilterReachesPastTheRoomThereIs) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  FilterRefs refs;
  EXPECT_TRUE(DecodeTraceFilterFact(Fact(36, 64), 100, &refs));
  EXPECT_EQ(refs.traces.offset, 36u);
  EXPECT_TRUE(DecodeTraceFilterFact(Fact(0, 0), 0, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(37, 64), 100, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(0, 63), 100, &refs)) << "not of whole blocks";
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(kMax, 64), 100, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(64, kMax - 31), kMax, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(0, kBloomBytesMax + 32), kMax, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(0, 32) + "x", 100, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact("", 100, &refs));
}

TEST(BlockFilters, EveryRowGroupHasAFilterOrNone) {
  const auto fact = [](std::size_t count) {
    return EncodeValueFilterFact(
        {.traces = {}, .values = {0, 32, 1}, .group_values = std::vector<FilterRef>(count)});
  };
  FilterRefs refs;
  EXPECT_TRUE(DecodeValueFilterFact(fact(0), 100, 3, &refs));
  EXPECT_TRUE(DecodeValueFilterFact(fact(3), 100, 3, &refs));
  EXPECT_EQ(refs.group_values.size(), 3u);
  EXPECT_FALSE(DecodeValueFilterFact(fact(2), 100, 3, &refs));
  EXPECT_FALSE(DecodeValueFilterFact(fact(4), 100, 3, &refs));
  EXPECT_FALSE(DecodeValueFilterFact(fact(1), 100, 0, &refs));
}

}  // namespace
}  // namespace clew::storage
