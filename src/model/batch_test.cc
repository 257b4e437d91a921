#include "model/batch.h"

#include <gtest/gtest.h>

namespace clew::model {
namespace {

// Counts what a batch asks for.
class CountingCodec final : public SpanCodec {
 public:
  Result<SpanColumnsPtr> Decode(const std::vector<Bytes>&, const RowCounts&) const override {
    ++decode_count;
    return std::make_shared<const SpanColumns>();
  }
  Bytes Encode(const SpanColumns&) const override {
    ++encode_count;
    return Bytes(std::string("encoded"));
  }
  Result<std::vector<CountedRequest>> Split(const std::vector<Bytes>&, std::size_t) const override {
    return std::vector<CountedRequest>{{Bytes(std::string("a")), 3}, {Bytes(std::string("b")), 2}};
  }

  mutable int decode_count = 0;
  mutable int encode_count = 0;
};

TEST(Batch, ForwardingNeverDecodes) {
  const CountingCodec codec;
  const BatchPtr batch = Batch::FromWire({Bytes(std::string("body"))}, 3, codec);

  EXPECT_EQ(batch->wire().front().view(), "body");
  EXPECT_EQ(batch->byte_size(), 4u);
  EXPECT_EQ(codec.decode_count, 0);
}

TEST(Batch, MakesEachViewOnce) {
  const CountingCodec codec;
  const BatchPtr from_wire = Batch::FromWire({Bytes(std::string("body"))}, 3, codec);
  const BatchPtr from_columns = Batch::FromColumns(std::make_shared<const SpanColumns>(), codec);

  EXPECT_EQ(from_wire->columns().value(), from_wire->columns().value());
  EXPECT_EQ(from_columns->wire().front().view(), "encoded");
  EXPECT_EQ(from_columns->wire().front().view(), "encoded");
  EXPECT_EQ(codec.decode_count, 1);
  EXPECT_EQ(codec.encode_count, 1);
}

TEST(Batch, WhoWantsToKnowHearsOnceThatItIsDecoded) {
  const CountingCodec codec;
  std::vector<SpanColumnsPtr> heard;
  const BatchPtr batch =
      Batch::FromWire({Bytes(std::string("body"))}, 3, codec, std::nullopt,
                      [&](const Result<SpanColumnsPtr>& columns) { heard.push_back(*columns); });
  EXPECT_TRUE(heard.empty());

  const SpanColumnsPtr columns = batch->columns().value();
  EXPECT_TRUE(batch->columns().has_value());
  EXPECT_EQ(heard, std::vector{columns});
}

class MetricsCodec final : public BatchCodec {
 public:
  Signal signal() const override { return Signal::kMetrics; }
  Result<std::vector<CountedRequest>> Split(const std::vector<Bytes>&, std::size_t) const override {
    return std::vector<CountedRequest>{};
  }
};

TEST(Batch, OnlyTracesHaveColumns) {
  const MetricsCodec codec;
  const BatchPtr batch = Batch::FromWire({Bytes(std::string("body"))}, 3, codec);

  EXPECT_EQ(batch->signal(), Signal::kMetrics);
  EXPECT_EQ(batch->held_bytes(), 4u);
  const Result<SpanColumnsPtr> columns = batch->columns();
  ASSERT_FALSE(columns.has_value());
  EXPECT_EQ(columns.error().code, Code::kUnimplemented);
  EXPECT_EQ(columns.error().message, "a batch of metrics has no columns of spans");
}

TEST(Batch, MergeSharesThePiecesInOrder) {
  const CountingCodec codec;
  const BatchPtr merged = Batch::Merge({Batch::FromWire({Bytes(std::string("one"))}, 1, codec),
                                        Batch::FromWire({Bytes(std::string("two"))}, 2, codec)});

  ASSERT_EQ(merged->wire().size(), 2u);
  EXPECT_EQ(merged->wire()[1].view(), "two");
  EXPECT_EQ(merged->item_count(), 3u);
}

TEST(Batch, SplitCountsTheItemsOfEachPart) {
  const CountingCodec codec;
  const BatchPtr batch = Batch::FromWire({Bytes(std::string("body"))}, 5, codec);

  const auto parts = batch->Split(3);

  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0]->item_count(), 3u);
  EXPECT_EQ((*parts)[1]->item_count(), 2u);
}

}  // namespace
}  // namespace clew::model
