#include "storage/format/verify_block.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "storage/format/block.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::storage {
namespace {

class VerifyBlockTest : public ::testing::Test {
 protected:
  std::string WriteBytes() {
    const model::TraceData data =
        testing::MakeData({{.trace = "a", .span = "1", .service = "s", .name = "n", .start = 7},
                           {.trace = "b", .span = "2", .service = "s", .name = "n", .start = 9}});
    const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
    const auto group = std::make_shared<const RowGroup>(BuildRowGroup({columns}, {}));
    EXPECT_TRUE(testing::WriteBlock(*store_, "whole", {}, {group, group}).has_value());
    return std::string(store_->Get("whole")->view());
  }

  BlockVerdict Verify(std::string_view bytes) {
    const std::string name = "block" + std::to_string(next_++);
    EXPECT_TRUE(store_->PutIfAbsent(name, {bytes}).has_value());
    const auto verdict = VerifyBlock(*store_, name);
    EXPECT_TRUE(verdict.has_value());
    return *verdict;
  }

  std::unique_ptr<ObjectStore> store_ = MakeMemoryObjectStore();
  int next_ = 0;
};

TEST_F(VerifyBlockTest, ASoundBlockHasNoDamage) {
  const std::string bytes = WriteBytes();

  const BlockVerdict verdict = Verify(bytes);

  EXPECT_TRUE(verdict.damage.empty()) << verdict.damage.front().what;
  EXPECT_EQ(verdict.byte_size, bytes.size());
  EXPECT_EQ(verdict.span_count, 4u);
  // Of columns whose values are all the same there are none.
  EXPECT_GT(verdict.page_count, 20u);
}

TEST_F(VerifyBlockTest, EveryFlippedBitIsFound) {
  const std::string bytes = WriteBytes();
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x04);

    const BlockVerdict verdict = Verify(damaged);

    ASSERT_EQ(verdict.damage.size(), 1u) << "byte " << i;
    const base::Damage& damage = verdict.damage.front();
    EXPECT_TRUE(damage.offset <= i && i < damage.offset + damage.size_bytes) << damage.what;
  }
}

TEST_F(VerifyBlockTest, NamesTheColumnAndItsValues) {
  std::string bytes = WriteBytes();
  const auto layout = ReadBlockLayout(*store_, "whole");
  const PageRef page = layout->groups[1].directory->Find(ColumnField::kSpanId)->pages[0];
  bytes[layout->groups[1].offset + page.offset + page.length / 2] ^= 1;

  const BlockVerdict verdict = Verify(bytes);

  ASSERT_EQ(verdict.damage.size(), 1u);
  EXPECT_EQ(verdict.damage[0].offset, layout->groups[1].offset + page.offset);
  EXPECT_EQ(verdict.damage[0].what,
            "row group 1 of 2 spans: span id: values 0 to 1 of 2: its checksum does not match");
}

TEST_F(VerifyBlockTest, ABlockThatIsCutShortLacksWhatLayThere) {
  const std::string bytes = WriteBytes();
  const std::uint64_t pages_end = ReadBlockLayout(*store_, "whole")->pages_end;

  const BlockVerdict verdict = Verify(std::string_view(bytes).substr(0, pages_end - 1));

  ASSERT_EQ(verdict.damage.size(), 2u);
  EXPECT_NE(verdict.damage[0].what.find("the footer at its end"), std::string::npos);
  EXPECT_NE(verdict.damage[1].what.find("row group 1"), std::string::npos);
}

TEST_F(VerifyBlockTest, ABlockWithoutAFooterIsLostAsAWhole) {
  const std::string bytes = WriteBytes();

  const BlockVerdict verdict = Verify(std::string_view(bytes).substr(0, 100));

  ASSERT_EQ(verdict.damage.size(), 1u);
  EXPECT_NE(verdict.damage[0].what.find("the whole block"), std::string::npos);
  EXPECT_FALSE(VerifyBlock(*store_, "absent").has_value());
}

}  // namespace
}  // namespace clew::storage
