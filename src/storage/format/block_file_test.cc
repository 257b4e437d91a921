#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "storage/format/block.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"
#include "wire/otlp/scatter_objects.h"

// What is read of a block that is known when one of its row groups is asked.
namespace clew::storage {
namespace {

constexpr const char* kName = "blocks/t/1.block";
constexpr std::uint64_t kTailBytes = 24;  // behind the footer

class BlockFileTest : public ::testing::Test {
 protected:
  // Of one trace, with attributes that make its directory large.
  static RowGroup Group(int trace) {
    testing::SpanSpec span{
        .trace = fmt::format("{:x}", trace), .span = "1", .service = "shop", .name = "op"};
    for (int i = 0; i < 100; ++i) {
      span.attributes.emplace_back(fmt::format("a key that takes some room {}", i),
                                   model::Value{std::int64_t{i}});
    }
    const model::TraceData data = testing::MakeData({span});  // which the columns view
    const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
    return BuildRowGroup({columns}, {});
  }
  // Nobody can rely on its directory.
  static RowGroup Spoiled(RowGroup group) {
    std::ranges::find(group.directory.columns, ColumnField::kSpanId, &ColumnEntry::field)
        ->pages.front()
        .offset = 8;  // within the ids of traces
    return group;
  }

  // As a start has it of the file of known blocks.
  BlockPtr Known(std::vector<RowGroup> groups) {
    std::vector<std::shared_ptr<const RowGroup>> shared;
    for (RowGroup& group : groups) {
      shared.push_back(std::make_shared<const RowGroup>(std::move(group)));
    }
    EXPECT_TRUE(testing::WriteBlock(*objects_, kName, {}, shared).has_value());
    const auto layout = ReadBlockLayout(*objects_, kName, DirectoryExtent::kHead);
    EXPECT_TRUE(layout.has_value());
    BlockFacts facts;
    facts.byte_size = layout->byte_size;
    facts.outline = std::make_shared<const BlockOutline>(OutlineOf(*layout));
    return MakeKnownBlock({*objects_, cache_, directories_}, kName, std::move(facts));
  }
  Result<std::size_t> SpanCount(const scan::SpanSource& source) {
    ASSIGN_OR_RETURN(const auto spans, source.ReadAll(scan::ReadExtent::kAll));
    return spans->span_count();
  }
  double Misses() { return metrics_.Sum("clew_query_cache_misses"); }

  std::unique_ptr<ObjectStore> objects_ = MakeMemoryObjectStore();
  base::Metrics metrics_of_pages_;
  ScanCache cache_{1u << 20, metrics_of_pages_};
  base::Metrics metrics_;
  ScanCache directories_{1u << 20, metrics_};
};

TEST_F(BlockFileTest, OpensTheDirectoryOfARowGroupThatIsAskedAndNoOther) {
  const BlockPtr block = Known({Group(1), Spoiled(Group(2)), Group(3)});

  EXPECT_EQ(SpanCount(*block->sources[0]), 1u);
  EXPECT_EQ(SpanCount(*block->sources[2]), 1u);
  const auto spoiled = SpanCount(*block->sources[1]);

  ASSERT_FALSE(spoiled.has_value());
  EXPECT_EQ(spoiled.error().code, Code::kDataLoss);
  for (const char* part : {"block blocks/t/1.block: footer: row group 1: ",
                           "span id: its page at offset 8 lies over"}) {
    EXPECT_TRUE(spoiled.error().message.contains(part)) << spoiled.error().message;
  }
  EXPECT_FALSE(OpenBlock({*objects_, cache_, directories_}, kName).has_value())
      << "one that is new is checked as a whole";
}

TEST_F(BlockFileTest, ReadsTheFooterOnceForAllRowGroups) {
  const BlockPtr block = Known({Group(1), Group(2), Group(3)});

  for (const auto& source : block->sources) EXPECT_EQ(SpanCount(*source), 1u);
  EXPECT_EQ(Misses(), 1 + 3) << "the footer, and each directory";
  ASSERT_TRUE(objects_->Delete(kName).has_value());
  for (const auto& source : block->sources) EXPECT_TRUE(source->Attributes().has_value());
  EXPECT_EQ(Misses(), 1 + 3);
}

TEST_F(BlockFileTest, OfAnOnlyRowGroupNothingIsKeptTwice) {
  const BlockPtr block = Known({Group(1)});
  EXPECT_EQ(SpanCount(*block->sources[0]), 1u);

  const BlockLayout layout = *ReadBlockLayout(*objects_, kName);
  const std::uint64_t opened = MemoryOf(*layout.groups[0].directory);
  const std::uint64_t stored =
      ReadBlockLayout(*objects_, kName, DirectoryExtent::kHead)->groups[0].stored.size();
  const double kept = metrics_.Sum("clew_query_cache_bytes");
  EXPECT_GE(kept, static_cast<double>(opened));
  EXPECT_LT(kept, static_cast<double>(opened + stored));
}

TEST_F(BlockFileTest, AHeadSaysOfARowGroupWhatItsDirectoryDoes) {
  Known({Group(1), Group(2)});

  const BlockLayout whole = *ReadBlockLayout(*objects_, kName);
  const BlockLayout heads = *ReadBlockLayout(*objects_, kName, DirectoryExtent::kHead);

  EXPECT_EQ(OutlineOf(heads), OutlineOf(whole));
  EXPECT_EQ(heads.pages_begin, whole.pages_begin);
  ASSERT_EQ(heads.groups.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(heads.groups[i].directory->columns.empty());
    EXPECT_EQ(heads.groups[i].directory->byte_size, whole.groups[i].directory->byte_size);
    EXPECT_EQ(ReadDirectory(heads.groups[i].stored, heads.format_version)->columns.size(),
              whole.groups[i].directory->columns.size());
  }
}

/// Says how much of the end was read last.
class TailObjectStore final : public ObjectStore {
 public:
  explicit TailObjectStore(ObjectStore& objects) : objects_(objects) {}
  Status PutIfAbsent(const std::string& name, const std::vector<std::string_view>& parts) override {
    return objects_.PutIfAbsent(name, parts);
  }
  Result<Bytes> Get(const std::string& name) override { return objects_.Get(name); }
  Result<std::vector<Bytes>> GetRanges(const std::string& name,
                                       const std::vector<ByteRange>& ranges) override {
    return objects_.GetRanges(name, ranges);
  }
  Result<Bytes> GetTail(const std::string& name, std::uint64_t length) override {
    tail_length = length;
    return objects_.GetTail(name, length);
  }
  Result<ObjectInfo> Stat(const std::string& name) override { return objects_.Stat(name); }
  Result<std::vector<ObjectInfo>> List(std::string_view prefix) override {
    return objects_.List(prefix);
  }
  Status Delete(const std::string& name) override { return objects_.Delete(name); }
  bool FreesRoom(const std::string& name) override { return objects_.FreesRoom(name); }

  std::uint64_t tail_length = 0;

 private:
  ObjectStore& objects_;
};

TEST_F(BlockFileTest, OfAKnownBlockNoMoreThanTheFooterIsRead) {
  const BlockPtr block = Known({Group(1), Group(2)});
  TailObjectStore tails(*objects_);

  const auto layout = ReadKnownLayout(tails, kName, *block->outline, DirectoryExtent::kWhole);

  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(OutlineOf(*layout), *block->outline);
  const std::uint64_t filters_end = layout->pages_end + layout->filters.ByteSize();
  EXPECT_EQ(tails.tail_length, layout->byte_size - filters_end);
  EXPECT_GT(tails.tail_length, kTailBytes);

  // What is known may be of another object: then it is read as one that is not.
  BlockOutline other = *block->outline;
  other.pages_end = layout->byte_size - kTailBytes;
  EXPECT_EQ(ReadKnownLayout(tails, kName, other, DirectoryExtent::kWhole)->pages_end,
            layout->pages_end);
  other.pages_end = layout->byte_size + 1;
  EXPECT_EQ(ReadKnownLayout(tails, kName, other, DirectoryExtent::kWhole)->pages_end,
            layout->pages_end);
}

}  // namespace
}  // namespace clew::storage
