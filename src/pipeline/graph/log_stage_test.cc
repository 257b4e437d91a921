#include "pipeline/graph/log_stage.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "log/testing/memory_log.h"
#include "pipeline/follower/testing/span_records.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline {
namespace {

using testing::OneSpanRequest;

/// Writes down what is asked of it, in order.
class NotingStore final : public DirectStore {
 public:
  explicit NotingStore(const log::Log& log) : log_(log) {}

  Result<std::unique_ptr<Admission>> Admit(const model::BatchPtr& batch,
                                           const Context& context) override {
    if (!batch->columns().has_value()) return std::unexpected(batch->columns().error());
    if (refusal) return std::unexpected(*refusal);
    notes.push_back("admit " + context.tenant.name() + " at " + std::to_string(log_.end().offset));
    return std::make_unique<Noting>(notes);
  }

  std::optional<Error> refusal;
  std::vector<std::string> notes;

 private:
  class Noting final : public Admission {
   public:
    explicit Noting(std::vector<std::string>& notes) : notes_(notes) {}
    ~Noting() override {
      if (!is_taken_) notes_.emplace_back("dropped");
    }
    void Take(const log::Appended& where) override {
      is_taken_ = true;
      notes_.push_back("take " + std::to_string(where.begin.offset));
    }

   private:
    std::vector<std::string>& notes_;
    bool is_taken_ = false;
  };

  const log::Log& log_;
};

class LogStageTest : public ::testing::Test {
 protected:
  LogStageTest() { stage_.Open({std::shared_ptr<void>(), &log_}); }

  Result<Receipt> Send(const std::string& body, std::size_t span_count = 1) {
    Context context;
    context.tenant = *TenantId::Parse("shop");
    return stage_.Consume(model::Batch::FromWire({Bytes(body)}, span_count, codec_), context)
        .Wait();
  }

  base::ManualClock clock_{1'700'000'000'000'000'000};
  wire::otlp::OtlpCodec codec_{wire::otlp::DecodeLimits{}};
  std::shared_ptr<log::MemoryLog::Contents> contents_ =
      std::make_shared<log::MemoryLog::Contents>();
  log::MemoryLog log_{contents_};
  NotingStore store_{log_};
  LogStage stage_{"traces/main", &store_, clock_};
};

TEST_F(LogStageTest, TheStoreIsAskedAppendedAndTakes) {
  ASSERT_TRUE(Send(OneSpanRequest("a")).has_value());

  EXPECT_EQ(store_.notes, (std::vector<std::string>{"admit shop at 0", "take 0"}));
  ASSERT_EQ(contents_->records.size(), 1u);
  const log::Record& record = contents_->records.begin()->second;
  EXPECT_TRUE(log::HoldsSpans(record));
  EXPECT_EQ(record.tenant.name(), "shop");
  EXPECT_EQ(record.pipeline, "traces/main");
  EXPECT_EQ(record.received_at, clock_.Now());
  EXPECT_EQ(record.body.view(), OneSpanRequest("a"));
}

TEST_F(LogStageTest, WhatTheStoreHasNoRoomForIsNotAppended) {
  store_.refusal = Error{Code::kResourceExhausted, "full", std::chrono::seconds(1)};

  EXPECT_EQ(Send(OneSpanRequest("a")).error().code, Code::kResourceExhausted);

  EXPECT_TRUE(contents_->records.empty());
}

TEST_F(LogStageTest, WhatTheLogRefusesTheStoreDoesNotGet) {
  log_.append_error = Error{Code::kResourceExhausted, "full", std::chrono::seconds(1)};

  EXPECT_EQ(Send(OneSpanRequest("a")).error().code, Code::kResourceExhausted);

  EXPECT_EQ(store_.notes, (std::vector<std::string>{"admit shop at 0", "dropped"}));
}

TEST_F(LogStageTest, TheReceiptComesWhenTheRecordIsDurableAndTheStoreHasIt) {
  constexpr std::size_t kCount = 1000;
  log_.Hold();
  std::size_t receipts = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    stage_.Consume(model::Batch::FromWire({Bytes(OneSpanRequest("a"))}, 1, codec_), {})
        .Then([&](const Result<Receipt>& receipt) {
          EXPECT_TRUE(receipt.has_value());
          ++receipts;
          EXPECT_EQ(store_.notes.size(), kCount + receipts);
        });
  }
  EXPECT_EQ(receipts, 0u);
  EXPECT_EQ(store_.notes.size(), kCount);

  log_.Settle();

  EXPECT_EQ(receipts, kCount);
}

TEST_F(LogStageTest, TheStoreLetsGoOfWhatTheLogRefusesBeforeTheSenderHears) {
  log_.Hold();
  bool is_told = false;
  stage_.Consume(model::Batch::FromWire({Bytes(OneSpanRequest("a"))}, 1, codec_), {})
      .Then([&](const Result<Receipt>& receipt) {
        EXPECT_EQ(receipt.error().code, Code::kResourceExhausted);
        EXPECT_EQ(store_.notes.back(), "dropped");
        is_told = true;
      });
  log_.append_error = Error{Code::kResourceExhausted, "full", std::chrono::seconds(1)};

  log_.Settle();

  EXPECT_TRUE(is_told);
}

TEST_F(LogStageTest, WhatCannotBeReadOrIsNothingIsNotAppended) {
  EXPECT_EQ(Send("\xff\xff\xff").error().code, Code::kInvalidArgument);
  EXPECT_TRUE(Send("", 0).has_value());

  EXPECT_TRUE(contents_->records.empty());
  EXPECT_TRUE(store_.notes.empty());
}

TEST_F(LogStageTest, WithoutAStoreItSaysThatTheRecordIsForTheFollower) {
  LogStage stage("traces/main", nullptr, clock_);
  stage.Open({std::shared_ptr<void>(), &log_});
  const auto send = [&](const std::string& body) {
    return stage.Consume(model::Batch::FromWire({Bytes(body)}, 1, codec_), {}).Wait();
  };

  ASSERT_TRUE(send(OneSpanRequest("a")).has_value());
  EXPECT_EQ(send("\xff\xff\xff").error().code, Code::kInvalidArgument);

  ASSERT_EQ(contents_->records.size(), 1u);
  EXPECT_TRUE(contents_->records.begin()->second.is_for_follower);
}

TEST_F(LogStageTest, ClosedItRefusesUntilItIsOpenedAgain) {
  stage_.Close();
  const Result<Receipt> refused = Send(OneSpanRequest("a"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is_retryable());
  EXPECT_TRUE(refused.error().retry_after.has_value());

  stage_.Open({std::shared_ptr<void>(), &log_});

  EXPECT_TRUE(Send(OneSpanRequest("a")).has_value());
}

}  // namespace
}  // namespace clew::pipeline
