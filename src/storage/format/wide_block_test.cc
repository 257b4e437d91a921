#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/metrics.h"
#include "scan/evaluate.h"
#include "storage/format/filter_reader.h"
#include "storage/format/test_wide_block.h"
#include "storage/format/verify_block.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/describe.h"

/// The block of every encoding, as the release that had its form wrote it.
namespace clew::storage {
namespace {

using testing::kWideFixture;
using testing::WideData;
using wire::otlp::testing::DescribeSpans;

class WideBlockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("CLEW_UPDATE_GOLDEN") != nullptr) {
      EXPECT_TRUE(testing::WriteWideBlock(*store_, "written").has_value());
      std::ofstream(kWideFixture, std::ios::binary) << store_->Get("written")->view();
    }
    std::ifstream file(kWideFixture, std::ios::binary);
    EXPECT_TRUE(file) << kWideFixture;
    std::ostringstream bytes;
    bytes << file.rdbuf();
    EXPECT_TRUE(store_->PutIfAbsent("block", {bytes.str()}).has_value());
    auto opened = OpenBlock({*store_, cache_, directories_}, "block");
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    block_ = *opened;
  }

  std::size_t CountOf(const expr::Expression& expression) {
    std::size_t count = 0;
    for (const scan::SpanSourcePtr& source : block_->sources) {
      const auto truth = scan::Evaluate(expression, *source);
      EXPECT_TRUE(truth.has_value() && truth->unknown.empty());
      count += truth->holds.Rows().size();
    }
    return count;
  }

  const std::unique_ptr<ObjectStore> store_ = MakeMemoryObjectStore();
  base::Metrics metrics_;
  ScanCache cache_{16u << 20, metrics_};
  ScanCache directories_{16u << 20, metrics_};
  BlockPtr block_;
};

TEST_F(WideBlockTest, HoldsAllEncodings) {
  const auto layout = ReadBlockLayout(*store_, "block");
  ASSERT_TRUE(layout.has_value());
  ASSERT_EQ(layout->groups.size(), 2u);
  const RowGroupDirectory& directory = *layout->groups[0].directory;
  std::vector<RowsEncoding> rows;
  std::vector<ValuesEncoding> values;
  for (const ColumnEntry& column : directory.columns) {
    rows.push_back(column.rows);
    values.push_back(column.values);
  }
  EXPECT_THAT(rows, ::testing::IsSupersetOf(
                        {RowsEncoding::kDense, RowsEncoding::kBitmap, RowsEncoding::kDeltas}));
  EXPECT_THAT(values,
              ::testing::IsSupersetOf({ValuesEncoding::kNumbers, ValuesEncoding::kDictionary,
                                       ValuesEncoding::kPlain, ValuesEncoding::kFixed8,
                                       ValuesEncoding::kFixed16, ValuesEncoding::kOverflow}));
  EXPECT_EQ(directory.Find(ColumnField::kDuration)->zones.size(), 2u);
}

TEST_F(WideBlockTest, NothingIsLost) {
  const std::vector<model::TraceData> groups = WideData();
  ASSERT_EQ(block_->sources.size(), groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto read = block_->sources[i]->ReadAll(scan::ReadExtent::kAll);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_TRUE(DescribeSpans(wire::otlp::MaterializeSpans(**read)) == DescribeSpans(groups[i]))
        << "row group " << i;
  }
  const auto verdict = VerifyBlock(*store_, "block");
  ASSERT_TRUE(verdict.has_value());
  EXPECT_TRUE(verdict->damage.empty());
}

TEST_F(WideBlockTest, SearchesSayWhatTheSpansSay) {
  using expr::Attribute;
  using expr::Compare;
  using expr::Literal;
  using expr::Op;
  using expr::Scope;
  EXPECT_EQ(CountOf(Compare(Op::kGreater, Attribute(Scope::kSpan, "code"), Literal::Int(2))),
            4350u * 2 / 5);
  EXPECT_EQ(CountOf(Compare(Op::kEqual, Attribute(Scope::kSpan, "half"), Literal::Bool(true))),
            4350u / 4 + 1);
  EXPECT_EQ(
      CountOf(Compare(Op::kEqual, Attribute(Scope::kSpan, "seldom"), Literal::String("text 200"))),
      14u);
  EXPECT_EQ(CountOf(expr::Exists(Attribute(Scope::kSpan, "rare 3001"))), 1u);
  EXPECT_EQ(CountOf(Compare(Op::kGreaterOrEqual, expr::Of(expr::Field::kStart),
                            Literal::Int(testing::kWideTime + 4'200'000))),
            150u);
}

TEST_F(WideBlockTest, TagsAreInItsRollUp) {
  const auto tags = block_->filters->ReadTags();
  ASSERT_NE(tags, nullptr);
  std::vector<std::string> keys;
  for (const RolledTag& tag : *tags) {
    if (tag.name.field == ColumnField::kAttribute) keys.push_back(tag.name.key);
  }
  EXPECT_THAT(keys, ::testing::IsSupersetOf(
                        {"code", "half", "seldom", "session", "rare 1", "service.name", "n"}));
}

}  // namespace
}  // namespace clew::storage
