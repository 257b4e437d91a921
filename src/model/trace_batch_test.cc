#include "model/trace_batch.h"

#include <gtest/gtest.h>

namespace clew::model {
namespace {

// Counts what a batch asks for.
class CountingCodec final : public BatchCodec {
 public:
  Result<SpanColumnsPtr> Decode(const std::vector<Bytes>&, const RowCounts&) const override {
    ++decode_count;
    return std::make_shared<const SpanColumns>();
  }
  Bytes Encode(const SpanColumns&) const override {
    ++encode_count;
    return Bytes(std::string("encoded"));
  }
  Result<std::vector<Bytes>> Split(const std::vector<Bytes>&, std::size_t) const override {
    return std::vector<Bytes>{Bytes(std::string("a")), Bytes(std::string("b"))};
  }

  mutable int decode_count = 0;
  mutable int encode_count = 0;
};

TEST(TraceBatch, ForwardingNeverDecodes) {
  const CountingCodec codec;
  const TraceBatchPtr batch = TraceBatch::FromWire({Bytes(std::string("body"))}, 3, codec);

  EXPECT_EQ(batch->wire().front().view(), "body");
  EXPECT_EQ(batch->byte_size(), 4u);
  EXPECT_EQ(codec.decode_count, 0);
}

TEST(TraceBatch, MakesEachViewOnce) {
  const CountingCodec codec;
  const TraceBatchPtr from_wire = TraceBatch::FromWire({Bytes(std::string("body"))}, 3, codec);
  const TraceBatchPtr from_columns =
      TraceBatch::FromColumns(std::make_shared<const SpanColumns>(), codec);

  EXPECT_EQ(from_wire->columns().value(), from_wire->columns().value());
  EXPECT_EQ(from_columns->wire().front().view(), "encoded");
  EXPECT_EQ(from_columns->wire().front().view(), "encoded");
  EXPECT_EQ(codec.decode_count, 1);
  EXPECT_EQ(codec.encode_count, 1);
}

TEST(TraceBatch, WhoWantsToKnowHearsOnceThatItIsDecoded) {
  const CountingCodec codec;
  std::vector<SpanColumnsPtr> heard;
  const TraceBatchPtr batch = TraceBatch::FromWire(
      {Bytes(std::string("body"))}, 3, codec, std::nullopt,
      [&](const Result<SpanColumnsPtr>& columns) { heard.push_back(*columns); });
  EXPECT_TRUE(heard.empty());

  const SpanColumnsPtr columns = batch->columns().value();
  EXPECT_TRUE(batch->columns().has_value());
  EXPECT_EQ(heard, std::vector{columns});
}

TEST(TraceBatch, MergeSharesThePiecesInOrder) {
  const CountingCodec codec;
  const TraceBatchPtr merged =
      TraceBatch::Merge({TraceBatch::FromWire({Bytes(std::string("one"))}, 1, codec),
                         TraceBatch::FromWire({Bytes(std::string("two"))}, 2, codec)});

  ASSERT_EQ(merged->wire().size(), 2u);
  EXPECT_EQ(merged->wire()[1].view(), "two");
  EXPECT_EQ(merged->span_count(), 3u);
}

TEST(TraceBatch, SplitCountsTheSpansOfEachPart) {
  const CountingCodec codec;
  const TraceBatchPtr batch = TraceBatch::FromWire({Bytes(std::string("body"))}, 5, codec);

  const auto parts = batch->Split(3);

  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0]->span_count(), 3u);
  EXPECT_EQ((*parts)[1]->span_count(), 2u);
}

}  // namespace
}  // namespace clew::model
