#include "pipeline/fan_out.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>

#include "pipeline/edge_counter.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "pipeline/testing/recording_consumer.h"

namespace clew::pipeline {
namespace {

using std::chrono::seconds;
using testing::MakeOpaqueBatch;
using testing::RecordingConsumer;

class FanOutTest : public ::testing::Test {
 protected:
  Result<Receipt> Consume() { return fan_out_.Consume(MakeOpaqueBatch(3), Context()).Wait(); }

  RecordingConsumer first_;
  RecordingConsumer second_;
  FanOut fan_out_{{&first_, &second_}};
};

TEST_F(FanOutTest, EveryConsumerSharesTheSameBatch) {
  ASSERT_TRUE(Consume().has_value());

  EXPECT_EQ(first_.entries().at(0).batch, second_.entries().at(0).batch);
}

TEST_F(FanOutTest, ReceiptsAreMerged) {
  first_.Succeed({.rejected_items = 1, .message = "one"});
  second_.Succeed({.rejected_items = 2, .message = "two"});

  const Result<Receipt> receipt = Consume();

  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->rejected_items, 2u);
  EXPECT_EQ(receipt->message, "one; two");
}

/// Gives its receipt when told.
class LateConsumer final : public Consumer {
 public:
  LaterReceipt Consume(const model::BatchPtr&, const Context&) override {
    auto [later, promise] = LaterReceipt::Promised();
    promise_.emplace(std::move(promise));
    return std::move(later);
  }
  void Give(Result<Receipt> receipt) { promise_->Keep(std::move(receipt)); }

 private:
  std::optional<LaterReceipt::Promise> promise_;
};

TEST(FanOut, WaitsForReceiptsThatComeLater) {
  LateConsumer first;
  RecordingConsumer second;
  LateConsumer third;
  second.Succeed({.rejected_items = 1, .message = "two"});
  FanOut fan_out({&first, &second, &third});
  std::optional<Result<Receipt>> merged;

  fan_out.Consume(MakeOpaqueBatch(3), Context()).Then([&](Result<Receipt> receipt) {
    merged.emplace(std::move(receipt));
  });
  third.Give(Receipt{.rejected_items = 2, .message = "three"});
  EXPECT_FALSE(merged.has_value());
  first.Give(Receipt{.rejected_items = 3, .message = "one"});

  ASSERT_TRUE(merged.has_value() && merged->has_value());
  EXPECT_EQ((*merged)->rejected_items, 3u);
  EXPECT_EQ((*merged)->message, "one; two; three");
}

TEST_F(FanOutTest, TheOthersAreCalledWhenOneFails) {
  first_.FailAlways({Code::kUnavailable, "down", seconds(1)});

  const Result<Receipt> result = Consume();

  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is_retryable());
  EXPECT_EQ(second_.span_count(), 3u);
}

TEST_F(FanOutTest, TheLongestDelayStands) {
  first_.FailAlways({Code::kUnavailable, "down", seconds(1)});
  second_.FailAlways({Code::kResourceExhausted, "full", seconds(5)});

  const Result<Receipt> result = Consume();

  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_EQ(result.error().message, "down; full");
  EXPECT_EQ(result.error().retry_after, seconds(5));
}

TEST_F(FanOutTest, PermanentWhenAnyIsPermanent) {
  first_.FailAlways({Code::kUnavailable, "down", seconds(1)});
  second_.FailAlways({Code::kInvalidArgument, "bad"});

  const Result<Receipt> result = Consume();

  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Code::kInvalidArgument);
  EXPECT_FALSE(result.error().is_retryable());
  EXPECT_EQ(result.error().message, "down; bad");
}

TEST(FanOut, OfNobodyAcknowledgesNothing) {
  FanOut nobody({});
  const auto receipt = nobody.Consume(MakeOpaqueBatch(7), Context()).Wait();
  ASSERT_FALSE(receipt.has_value());
  EXPECT_EQ(receipt.error().code, Code::kInternal);
}

TEST(EdgeCounter, CountsSpansInAndOut) {
  testing::FakeHost host;
  RecordingConsumer next;
  EdgeCounter out(Edge::kOutOfProcessor, "batch", model::Signal::kTraces, host.metrics(), next);
  EdgeCounter in(Edge::kIntoProcessor, "batch", model::Signal::kTraces, host.metrics(), out);

  ASSERT_TRUE(in.Consume(MakeOpaqueBatch(7), Context()).Wait().has_value());

  EXPECT_EQ(host.metrics().Sum("otelcol_processor_incoming_items"), 7);
  EXPECT_EQ(host.metrics().Sum("otelcol_processor_outgoing_items"), 7);
}

}  // namespace
}  // namespace clew::pipeline
