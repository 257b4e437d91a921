#include "storage/format/block.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/hash.h"
#include "base/metrics.h"
#include "storage/format/block_filters.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"
#include "wire/otlp/testing/describe.h"

namespace clew::storage {
namespace {

using model::Value;
using wire::otlp::testing::DescribeSpans;

// A block of each form that was ever written; every later release must read them all. Version 2 had
// its footer at the end only at first, and no filters.
constexpr const char* kFixtureV1 = "tests/fixtures/block/v1.block";
constexpr const char* kFixtureOneFooter = "tests/fixtures/block/v2.block";
constexpr const char* kFixtureNoFilters = "tests/fixtures/block/v2_two_footers.block";
constexpr const char* kFixtureNoPartition = "tests/fixtures/block/v2_filters.block";
constexpr const char* kFixtureNoFilterPages = "tests/fixtures/block/v2_partition.block";
constexpr const char* kFixtureNoZones = "tests/fixtures/block/v2_filter_pages.block";
constexpr const char* kFixtureNoRepeating = "tests/fixtures/block/v3.block";
constexpr const char* kFixture = "tests/fixtures/block/v3_repeating.block";
constexpr log::Identity kLogIdentity{{7, 8, 9}};
constexpr UnixNanos kCreatedAt = 1'700'000'000'000'000'000;

model::TraceData FixtureData() {
  model::TraceData data = testing::MakeData(
      {{.trace = "a",
        .span = "1",
        .service = "front",
        .name = "GET /",
        .start = 1000,
        .attributes = {{"http.status_code", Value{std::int64_t{200}}},
                       {"ratio", Value{0.5}},
                       {"ok", Value{true}},
                       {"raw", Value{model::ByteString{"\x01\x02"}}},
                       {"list", Value{Value::Array{Value{std::int64_t{1}}, Value{}}}},
                       {"empty", Value{}}},
        .events = {{.time = 1001,
                    .name = "e",
                    .dropped_attributes_count = 1,
                    .attributes = {{"k", Value{std::string("v")}}}}}},
       {.trace = "a",
        .span = "2",
        .parent = "1",
        .service = "back",
        .name = "query",
        .start = 1100,
        .status = model::StatusCode::kError},
       {.trace = "b",
        .span = "3",
        .parent = "77",
        .service = "back",
        .name = "query",
        .start = -5,
        .resource_attributes = {{"host.name", Value{std::string("h")}}}}});
  data.spans[1].links = {{.trace_id = *TraceId::FromHex("c"),
                          .span_id = *SpanId::FromHex("d"),
                          .trace_state = "t=1",
                          .flags = 3,
                          .attributes = {}}};
  data.spans[1].status_message = "boom";
  data.spans[2].trace_state = "x=y";
  return data;
}

class BlockTest : public ::testing::Test {
 protected:
  Result<BlockPtr> OpenBytes(std::string_view bytes) {
    const std::string name = "blocks/t/" + std::to_string(next_++) + ".block";
    EXPECT_TRUE(store_->PutIfAbsent(name, {bytes}).has_value());
    return OpenBlock({*store_, cache_, directories_}, name);
  }

  std::shared_ptr<const RowGroup> FixtureGroup() const {
    const auto columns =
        std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data_));
    return std::make_shared<const RowGroup>(BuildRowGroup({columns}, {}));
  }

  std::string WriteFixtureData() {
    BlockMeta meta;
    meta.created_at = kCreatedAt;
    meta.log_ranges = {{{10, 3}, {20, 3}}, {{30, 3}, {35, 3}}};
    meta.log_identity = kLogIdentity;
    const std::string name = "written/" + std::to_string(next_++);
    EXPECT_TRUE(testing::WriteBlock(*store_, name, meta, {FixtureGroup()}).has_value());
    const Result<Bytes> object = store_->Get(name);
    return std::string(object->view());
  }

  // What is here may be here; of what is not only filters know.
  static void ExpectFilters(const scan::SpanSource& source, bool has_filters) {
    const auto may_hold = [&](const char* text) {
      return source.MayHold(scan::FilterQuestion(
          expr::ShownAs(expr::Attribute(expr::Scope::kAny, "host.name"), text)));
    };
    EXPECT_TRUE(may_hold("h"));
    EXPECT_EQ(may_hold("absent"), !has_filters);
    const auto absent = source.TraceStarts(std::vector{*TraceId::FromHex("c")});
    ASSERT_TRUE(absent.has_value());
    EXPECT_EQ(absent->front(), std::nullopt);
    EXPECT_NE(source.TraceStarts(std::vector{*TraceId::FromHex("b")})->front(), std::nullopt);
  }

  bool IsWhole(const Block& block) const {
    const auto read = block.sources[0]->ReadAll(scan::ReadExtent::kAll);
    if (read.has_value()) {
      EXPECT_EQ(DescribeSpans(wire::otlp::MaterializeSpans(**read)), DescribeSpans(data_));
    } else {
      EXPECT_EQ(read.error().code, Code::kDataLoss) << read.error().message;
    }
    return read.has_value();
  }

  // What row_group_fuzz reads.
  std::string FuzzSeed() const {
    const auto group = FixtureGroup();
    std::string directory;
    WriteDirectory(group->directory, &directory);
    const auto length = static_cast<std::uint32_t>(directory.size());
    return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + directory +
           std::string(group->pages.view());
  }

  // What block_fuzz reads.
  std::string BlockFuzzSeed() {
    constexpr std::size_t kTailBytes = 24;
    const std::string block = WriteFixtureData();
    const std::size_t end = block.size() - kTailBytes;
    return block.substr(end + 8, 4) + block.substr(0, end);
  }

  const model::TraceData data_ = FixtureData();
  std::unique_ptr<ObjectStore> store_ = MakeMemoryObjectStore();
  base::Metrics metrics_;
  ScanCache cache_{1u << 20, metrics_};
  ScanCache directories_{1u << 20, metrics_};
  int next_ = 0;
};

TEST_F(BlockTest, ReadsTheBlockOfEveryVersion) {
  if (std::getenv("CLEW_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(kFixture, std::ios::binary) << WriteFixtureData();
    std::ofstream("tests/fuzz/row_group_fuzz/v3", std::ios::binary) << FuzzSeed();
    std::ofstream("tests/fuzz/block_fuzz/v3", std::ios::binary) << BlockFuzzSeed();
  }
  for (const char* fixture :
       {kFixtureV1, kFixtureOneFooter, kFixtureNoFilters, kFixtureNoPartition,
        kFixtureNoFilterPages, kFixtureNoZones, kFixtureNoRepeating, kFixture}) {
    const bool has_filter_pages =
        fixture == kFixture || fixture == kFixtureNoRepeating || fixture == kFixtureNoZones;
    const bool has_partition = has_filter_pages || fixture == kFixtureNoFilterPages;
    std::ifstream file(fixture, std::ios::binary);
    ASSERT_TRUE(file) << fixture;
    std::ostringstream bytes;
    bytes << file.rdbuf();

    const auto block = OpenBytes(bytes.str());

    ASSERT_TRUE(block.has_value()) << block.error().message;
    const BlockMeta& meta = (*block)->meta;
    EXPECT_EQ(meta.tenant, TenantId());
    EXPECT_EQ(meta.created_at, kCreatedAt);
    EXPECT_EQ(meta.span_count, 3u);
    EXPECT_EQ(meta.start_min, -5);
    EXPECT_EQ(meta.start_max, 1100);
    ASSERT_EQ(meta.log_ranges.size(), 2u);
    const std::uint32_t partition = has_partition ? 3 : 0;
    EXPECT_EQ(meta.log_ranges[0].begin, (log::Position{10, partition}));
    EXPECT_EQ(meta.log_ranges[1].end, (log::Position{35, partition}));
    EXPECT_EQ(meta.log_identity, fixture == kFixtureV1 ? log::Identity() : kLogIdentity);
    ASSERT_EQ((*block)->sources.size(), 1u);
    ExpectFilters(*(*block)->sources[0], has_partition || fixture == kFixtureNoPartition);
    EXPECT_EQ((*block)->outline->filters.page_checksums.length > 0, has_filter_pages);
    EXPECT_EQ((*block)->sources[0]->RepeatingTraces().has_value(), fixture == kFixture);
    const auto read = (*block)->sources[0]->ReadAll(scan::ReadExtent::kAll);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(DescribeSpans(wire::otlp::MaterializeSpans(**read)), DescribeSpans(data_));
  }
}

TEST_F(BlockTest, NamesTheTracesThatRepeatASpanId) {
  std::vector<std::shared_ptr<const RowGroup>> groups;
  for (const int repeating : {2, 0, static_cast<int>(kRepeatingTracesMax) + 1}) {
    std::vector<testing::SpanSpec> spans;
    for (int i = 0; i < 200; ++i) {
      const std::string trace = fmt::format("{:x}", 1 + i);
      for (const char* const span : {"1", i < repeating ? "1" : "2"}) {
        spans.push_back({.trace = trace, .span = span, .service = "shop", .name = "op"});
      }
    }
    const model::TraceData data = testing::MakeData(spans);
    const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
    groups.push_back(std::make_shared<const RowGroup>(BuildRowGroup({columns}, {})));
  }
  ASSERT_TRUE(testing::WriteBlock(*store_, "blocks/t/1.block", {}, groups).has_value());

  const auto block = OpenBlock({*store_, cache_, directories_}, "blocks/t/1.block");

  ASSERT_TRUE(block.has_value()) << block.error().message;
  const auto& sources = (*block)->sources;
  EXPECT_EQ(sources[0]->RepeatingTraces(),
            (std::vector{*TraceId::FromHex("1"), *TraceId::FromHex("2")}));
  EXPECT_EQ(sources[1]->RepeatingTraces(), std::vector<TraceId>());
  EXPECT_EQ(sources[2]->RepeatingTraces(), std::nullopt) << "too many";
}

TEST_F(BlockTest, ACutCostsWhatLayBehindIt) {
  const std::string bytes = WriteFixtureData();
  const std::uint64_t pages_begin = ReadBlockLayout(*store_, "written/0")->pages_begin;
  const std::uint64_t pages_end = ReadBlockLayout(*store_, "written/0")->pages_end;
  constexpr std::uint64_t kGapMax = 10;  // between the footer in front and the pages
  std::size_t lacking_count = 0;
  for (std::size_t length = 0; length < bytes.size(); length += 13) {
    const auto block = OpenBytes(std::string_view(bytes).substr(0, length));

    EXPECT_TRUE(block.has_value() ? length + kGapMax >= pages_begin : length < pages_begin);
    if (!block.has_value()) continue;
    const bool is_whole = IsWhole(**block);
    EXPECT_TRUE(is_whole || length < pages_end) << length;
    if (!is_whole) ++lacking_count;
  }
  EXPECT_GT(lacking_count, 0u);
}

TEST_F(BlockTest, ADamagedFooterCostsNothingWhileItsOtherPlaceIsSound) {
  const std::string bytes = WriteFixtureData();
  const std::uint64_t pages_begin = ReadBlockLayout(*store_, "written/0")->pages_begin;
  const std::uint64_t pages_end = ReadBlockLayout(*store_, "written/0")->pages_end;
  for (std::size_t i = 0; i < bytes.size(); i += 11) {
    if (i >= pages_begin && i < pages_end) continue;
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);

    const auto block = OpenBytes(damaged);

    ASSERT_TRUE(block.has_value()) << "byte " << i << ": " << block.error().message;
    EXPECT_TRUE(IsWhole(**block)) << "byte " << i;
    EXPECT_EQ((*block)->meta.log_identity, kLogIdentity);
  }
}

TEST_F(BlockTest, EveryFlippedBitIsFoundOrHarmless) {
  const std::string bytes = WriteFixtureData();
  for (std::size_t i = 0; i < bytes.size(); i += 29) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);

    const auto block = OpenBytes(damaged);

    ASSERT_TRUE(block.has_value()) << "byte " << i << ": " << block.error().message;
    static_cast<void>(IsWhole(**block));
  }
}

TEST_F(BlockTest, AFactThatIsThereTwiceIsRefused) {
  constexpr std::size_t kTailBytes = 24;
  const std::string bytes = WriteFixtureData();
  const BlockLayout layout = *ReadBlockLayout(*store_, "written/0");
  const std::size_t length_at = bytes.size() - kTailBytes + 8;
  std::uint32_t length = 0;
  std::memcpy(&length, &bytes[length_at], sizeof(length));
  const std::size_t end = bytes.size() - kTailBytes;
  // The last fact: its number, its length, and its content, which is that of fact 3 as well when
  // there is one row group.
  const std::size_t number_at = end - EncodeValueFilterFact(layout.filters).size() - 2;
  const auto with_number = [&](char number) {
    std::string block = bytes;
    block[number_at] = number;
    const std::uint64_t checksum =
        base::Hash64(std::string_view(block).substr(end - length, length));
    std::memcpy(&block[end], &checksum, sizeof(checksum));
    return block;
  };
  ASSERT_EQ(with_number(4), bytes);

  const auto unknown = OpenBytes(with_number(100));
  const auto again = OpenBytes(with_number(3));

  ASSERT_TRUE(unknown.has_value() && again.has_value());
  EXPECT_FALSE((*unknown)->is_damaged);
  EXPECT_TRUE((*again)->is_damaged) << "its footer in front serves";
}

TEST_F(BlockTest, PagesThatLieOverEachOtherAreRefusedByName) {
  RowGroup group = *FixtureGroup();
  const auto column =
      std::ranges::find(group.directory.columns, ColumnField::kSpanId, &ColumnEntry::field);
  column->pages.front().offset = 8;  // within the ids of traces
  const auto spoiled = std::make_shared<const RowGroup>(std::move(group));
  ASSERT_TRUE(testing::WriteBlock(*store_, "blocks/t/over.block", {}, {spoiled}).has_value());

  const auto block = OpenBlock({*store_, cache_, directories_}, "blocks/t/over.block");

  ASSERT_FALSE(block.has_value());
  EXPECT_EQ(block.error().code, Code::kDataLoss);
  for (const char* part : {"blocks/t/over.block", "span id: its page at offset 8 lies over"}) {
    EXPECT_NE(block.error().message.find(part), std::string::npos) << block.error().message;
  }
}

TEST_F(BlockTest, NamesAVersionItDoesNotKnow) {
  std::string bytes = WriteFixtureData();
  bytes[bytes.size() - 12] = 9;  // at its end
  bytes[20] = 9;                 // in front

  const auto block = OpenBytes(bytes);

  ASSERT_FALSE(block.has_value());
  EXPECT_NE(block.error().message.find("version 9"), std::string::npos) << block.error().message;
}

}  // namespace
}  // namespace clew::storage
