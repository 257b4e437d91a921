#include "pipeline/processors/batch/batch_processor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/worker_pool.h"
#include "model/span_columns.h"
#include "pipeline/sending/sending_exporter.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "pipeline/testing/problem_lines.h"
#include "pipeline/testing/recording_consumer.h"

namespace clew::pipeline::processors::batch {
namespace {

using pipeline::testing::ProblemLines;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeHost;
using testing::MakeOpaqueBatch;
using testing::RecordingConsumer;

TEST(Config, DefaultsAreTheCollectorsAndValid) {
  Config config;
  ProblemLines problems;
  config.Validate(problems);
  EXPECT_TRUE(problems.messages.empty());
  EXPECT_EQ(config.send_batch_size, 8192u);
  EXPECT_EQ(config.timeout, milliseconds(200));
}

TEST(Config, MaxSizeIsNotBelowTheSize) {
  Config config;
  config.send_batch_max_size = 100;
  config.metadata_keys = {"a", "A"};
  ProblemLines problems;
  config.Validate(problems);
  ASSERT_EQ(problems.messages.size(), 2u);
  EXPECT_EQ(problems.messages[0],
            "send_batch_max_size must be greater or equal to send_batch_size");
}

/// Splits by arithmetic: the pieces of such a batch mean nothing.
class CountingCodec final : public model::SpanCodec {
 public:
  Result<model::SpanColumnsPtr> Decode(const std::vector<Bytes>&,
                                       const model::RowCounts&) const override {
    return base::Internal("not decoded");
  }
  Bytes Encode(const model::SpanColumns&) const override { return Bytes(); }
  Result<std::vector<model::CountedRequest>> Split(const std::vector<Bytes>& pieces,
                                                   std::size_t item_count_max) const override {
    std::vector<model::CountedRequest> parts;
    for (std::size_t rest = pieces.size() * 10; rest > 0; rest -= parts.back().item_count) {
      parts.push_back({Bytes("part"), std::min(rest, item_count_max)});
    }
    return parts;
  }
};

class BatchProcessorTest : public ::testing::Test {
 protected:
  BatchProcessor& Make() {
    processor =
        std::make_unique<BatchProcessor>(CreateSettings{.id = "batch", .host = host}, config, next);
    EXPECT_TRUE(processor->Start(host).has_value());
    return *processor;
  }
  Deadline Soon() const { return host.clock().In(seconds(20)); }
  void Stop() { processor->Stop(Soon()); }
  double Metric(const char* name) { return host.metrics().Sum(name); }
  Context WithToken() {
    Context context;
    context.delivery = std::make_shared<DeliveryToken>(
        [this](DeliveryOutcome outcome) { outcomes.push_back(outcome); });
    return context;
  }

  FakeHost host;
  RecordingConsumer next;
  Config config;
  std::vector<DeliveryOutcome> outcomes;
  std::unique_ptr<BatchProcessor> processor;
};

TEST_F(BatchProcessorTest, HandsOnWhenEnoughSpansWait) {
  config.send_batch_size = 5;
  BatchProcessor& batch = Make();

  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(2), {}).Wait().has_value());
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(4), {}).Wait().has_value());

  ASSERT_TRUE(next.WaitForSpans(6));
  EXPECT_EQ(next.batch_count(), 1u);
  EXPECT_EQ(Metric("otelcol_processor_batch_batch_size_trigger_send"), 1);
}

TEST_F(BatchProcessorTest, HandsOnWhenTheTimeIsOver) {
  BatchProcessor& batch = Make();
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(2), {}).Wait().has_value());
  EXPECT_GT(Metric("clew_processor_batch_pending_bytes"), 0);
  EXPECT_EQ(Metric("otelcol_processor_batch_metadata_cardinality"), 1);

  host.manual_clock.Advance(milliseconds(200));

  ASSERT_TRUE(next.WaitForSpans(2));
  Stop();
  EXPECT_EQ(Metric("otelcol_processor_batch_timeout_trigger_send"), 1);
  EXPECT_EQ(Metric("clew_processor_batch_pending_bytes"), 0);
  EXPECT_EQ(Metric("otelcol_processor_batch_metadata_cardinality"), 0);
}

TEST_F(BatchProcessorTest, HandsOnWhatThereIsWhenNoMoreComes) {
  config.timeout = std::chrono::hours(1);
  BatchProcessor& batch = Make();
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(2), {}).Wait().has_value());

  batch.HandOnSoon();

  ASSERT_TRUE(next.WaitForSpans(2));
  EXPECT_EQ(next.batch_count(), 1u);
}

TEST_F(BatchProcessorTest, GaugesAreOfAllPipelinesTogether) {
  config.timeout = seconds(100);
  const auto make = [this] {
    auto one =
        std::make_unique<BatchProcessor>(CreateSettings{.id = "batch", .host = host}, config, next);
    EXPECT_TRUE(one->Start(host).has_value());
    return one;
  };
  const auto first = make();
  const auto second = make();
  for (BatchProcessor* one : {first.get(), second.get()}) {
    EXPECT_TRUE(one->Consume(MakeOpaqueBatch(1, "four"), Context()).Wait().has_value());
  }
  EXPECT_EQ(Metric("clew_processor_batch_pending_bytes"), 8);
  EXPECT_EQ(Metric("otelcol_processor_batch_metadata_cardinality"), 2);

  first->Stop(Soon());
  EXPECT_EQ(Metric("clew_processor_batch_pending_bytes"), 4);
  second->Stop(Soon());
  EXPECT_EQ(Metric("clew_processor_batch_pending_bytes"), 0);
}

TEST_F(BatchProcessorTest, NoTimeoutMeansAtOnce) {
  config.timeout = Nanos(0);
  BatchProcessor& batch = Make();

  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(2), {}).Wait().has_value());

  EXPECT_TRUE(next.WaitForSpans(2));
}

TEST_F(BatchProcessorTest, LargeBatchesAreCut) {
  static const CountingCodec codec;
  config.send_batch_size = 8;
  config.send_batch_max_size = 8;
  BatchProcessor& batch = Make();

  ASSERT_TRUE(batch.Consume(model::Batch::FromWire({Bytes("ten")}, 10, codec), {}).Wait());
  ASSERT_TRUE(batch.Consume(model::Batch::FromWire({Bytes("ten")}, 10, codec), {}).Wait());
  ASSERT_TRUE(next.WaitForSpans(20));

  for (const auto& entry : next.entries()) {
    EXPECT_LE(entry.batch->item_count(), 8u);
  }
}

TEST_F(BatchProcessorTest, TenantsAndHeadersStayApartAndOthersAreDropped) {
  config.metadata_keys = {"X-Team"};
  BatchProcessor& batch = Make();
  Context acme;
  acme.tenant = *TenantId::Parse("acme");
  Context team;
  team.metadata = {{"x-team", {"a"}}, {"x-other", {"b"}}};
  team.client_address = "10.0.0.1:1";

  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(1), acme).Wait().has_value());
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(1), team).Wait().has_value());
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(1), acme).Wait().has_value());
  Stop();

  const auto entries = next.entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].context.tenant.name(), "acme");
  EXPECT_EQ(entries[0].batch->item_count(), 2u);
  EXPECT_EQ(entries[1].context.metadata.size(), 1u);
  EXPECT_EQ(entries[1].context.client_address, "");
}

TEST_F(BatchProcessorTest, TooManyHeaderValuesAreRefusedForNow) {
  config.metadata_keys = {"x-team"};
  config.metadata_cardinality_limit = 1;
  BatchProcessor& batch = Make();
  Context a;
  a.metadata["x-team"] = {"a"};
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(1), a).Wait().has_value());

  const auto refused = batch.Consume(MakeOpaqueBatch(1), {}).Wait();

  EXPECT_EQ(refused.error().message, "too many batcher metadata-value combinations");
  EXPECT_TRUE(refused.error().is_retryable());
}

TEST_F(BatchProcessorTest, PermanentRefusalIsCountedAndHandled) {
  next.FailAlways({Code::kInvalidArgument, "no"});
  BatchProcessor& batch = Make();
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(3), WithToken()).Wait().has_value());

  Stop();

  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 3);
  EXPECT_EQ(outcomes, std::vector{DeliveryOutcome::kHandled});
}

TEST_F(BatchProcessorTest, RetryableRefusalIsGivenBackToItsSource) {
  next.FailAlways({Code::kUnavailable, "full"});
  BatchProcessor& batch = Make();
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(3), WithToken()).Wait().has_value());
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(4), WithToken()).Wait().has_value());

  Stop();

  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 0);
  EXPECT_EQ(outcomes, (std::vector{DeliveryOutcome::kAbandoned, DeliveryOutcome::kAbandoned}));
}

TEST_F(BatchProcessorTest, RetryableRefusalWithoutASourceIsCounted) {
  next.FailAlways({Code::kUnavailable, "full"});
  BatchProcessor& batch = Make();
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());

  Stop();

  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 3);
}

TEST_F(BatchProcessorTest, WhatCannotBeHandedOnBeforeAReloadIsLeftToTheSuccessor) {
  next.FailAlways({Code::kUnavailable, "full"});
  Make();
  ASSERT_TRUE(processor->Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  RecordingConsumer other;
  BatchProcessor unstarted(CreateSettings{.id = "batch", .host = host}, config, other);
  BatchProcessor successor(CreateSettings{.id = "batch", .host = host}, config, other);

  processor->KeepLeftovers();
  Stop();
  processor->LeaveTo(&unstarted);
  unstarted.LeaveTo(&successor);
  ASSERT_TRUE(successor.Start(host).has_value());
  host.manual_clock.Advance(milliseconds(200));

  ASSERT_TRUE(other.WaitForSpans(3));
  successor.Stop(Soon());
  EXPECT_EQ(other.span_count(), 3u);
  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 0);
}

TEST_F(BatchProcessorTest, WhatHasASourceGoesBackToItAlsoBeforeAReload) {
  next.FailAlways({Code::kUnavailable, "full"});
  Make();
  ASSERT_TRUE(processor->Consume(MakeOpaqueBatch(3), WithToken()).Wait().has_value());
  RecordingConsumer other;
  BatchProcessor successor(CreateSettings{.id = "batch", .host = host}, config, other);

  processor->KeepLeftovers();
  Stop();
  EXPECT_EQ(outcomes, std::vector{DeliveryOutcome::kAbandoned});
  processor->LeaveTo(&successor);
  ASSERT_TRUE(successor.Start(host).has_value());
  successor.Stop(Soon());

  EXPECT_EQ(other.span_count(), 0u);
}

TEST_F(BatchProcessorTest, WhatComesTooLateBeforeAReloadIsLeftToTheSuccessor) {
  Make();
  ASSERT_TRUE(processor->Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  config.max_pending_bytes = 1;
  BatchProcessor narrow(CreateSettings{.id = "batch", .host = host}, config, next);

  processor->KeepLeftovers();
  processor->Stop(base::kAtOnce);
  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 0);
  processor->LeaveTo(&narrow);

  EXPECT_EQ(next.span_count(), 0u);
  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 3) << "there is no room for it";
}

TEST_F(BatchProcessorTest, WhatNobodyInheritsIsCounted) {
  Make();
  ASSERT_TRUE(processor->Consume(MakeOpaqueBatch(3), {}).Wait().has_value());

  processor->KeepLeftovers();
  processor->Stop(base::kAtOnce);
  processor = nullptr;

  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 3);
}

/// A destination that does not answer until it is opened.
class ClosedGate final : public sending::Sender {
 public:
  struct State {
    std::atomic<std::size_t> waiting = 0;
    std::latch opened{1};
  };
  explicit ClosedGate(State& state) : state_(state) {}
  Result<Receipt> Send(const model::BatchPtr&, const Context&, Deadline) override {
    ++state_.waiting;
    state_.opened.wait();
    return Receipt{};
  }

 private:
  State& state_;
};

TEST_F(BatchProcessorTest, NothingIsDroppedWhenAsManyWaitForTheExporterAsMay) {
  ClosedGate::State gate;
  sending::SendingOptions options;
  options.sections.is_queue_enabled = false;
  sending::SendingExporter exporter(
      CreateSettings{.id = "otlp", .host = host}, options, [&](const ExporterCounters&) {
        return Result<std::unique_ptr<sending::Sender>>(std::make_unique<ClosedGate>(gate));
      });
  ASSERT_TRUE(exporter.Start(host).has_value());
  BatchProcessor batch(CreateSettings{.id = "batch", .host = host}, config, exporter);
  ASSERT_TRUE(batch.Start(host).has_value());
  constexpr std::size_t kMax = base::WorkerPool::kWaitingMax / 2;
  auto workers = std::make_unique<base::WorkerPool>("test", 1, kMax);
  const auto send = [&] {
    EXPECT_TRUE(exporter.Consume(MakeOpaqueBatch(1), {}).Wait().has_value());
  };
  for (std::size_t i = 0; i < kMax; ++i) ASSERT_TRUE(workers->TryPost(send));
  while (gate.waiting < kMax) std::this_thread::yield();

  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(8192), {}).Wait().has_value());
  while (gate.waiting < kMax + 1 && Metric("clew_processor_batch_dropped_spans") == 0) {
    std::this_thread::yield();
  }
  gate.opened.count_down();
  workers.reset();
  batch.Stop(host.clock().In(seconds(20)));

  EXPECT_EQ(Metric("clew_processor_batch_dropped_spans"), 0);
  EXPECT_EQ(Metric("otelcol_exporter_sent_spans"), 8192 + kMax);
}

TEST_F(BatchProcessorTest, StopHandsEverythingOnAndRefusesLaterData) {
  BatchProcessor& batch = Make();
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());

  Stop();
  Stop();

  EXPECT_EQ(next.span_count(), 3u);
  EXPECT_FALSE(batch.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
}

TEST_F(BatchProcessorTest, SendersWaitWhenTooMuchIsPending) {
  config.max_pending_bytes = 8;
  BatchProcessor& batch = Make();
  ASSERT_TRUE(batch.Consume(MakeOpaqueBatch(1, "8 bytes!"), {}).Wait().has_value());
  std::thread sender(
      [&] { EXPECT_TRUE(batch.Consume(MakeOpaqueBatch(1, "8 bytes!"), {}).Wait().has_value()); });
  EXPECT_EQ(next.batch_count(), 0u);

  host.manual_clock.Advance(milliseconds(200));
  sender.join();
  ASSERT_TRUE(next.WaitForSpans(1));

  EXPECT_FALSE(batch.Consume(MakeOpaqueBatch(1, "nine bytes"), {}).Wait().has_value());
}

TEST_F(BatchProcessorTest, NothingIsLostWithManySenders) {
  config.send_batch_size = 7;
  config.max_pending_bytes = 64;
  BatchProcessor& batch = Make();
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back([&] {
      for (int n = 0; n < 100; ++n) {
        EXPECT_TRUE(batch.Consume(MakeOpaqueBatch(1), {}).Wait().has_value());
        host.manual_clock.Advance(milliseconds(50));
      }
    });
  }
  for (std::thread& sender : senders) {
    sender.join();
  }
  Stop();

  EXPECT_EQ(next.span_count(), 400u);
}

}  // namespace
}  // namespace clew::pipeline::processors::batch
