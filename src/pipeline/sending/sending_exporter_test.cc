#include "pipeline/sending/sending_exporter.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "base/worker_pool.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"

namespace clew::pipeline::sending {
namespace {

using std::chrono::seconds;
using testing::FakeHost;
using testing::MakeOpaqueBatch;

/// What a FakeSender is told and tells; outlives it.
struct SenderScript {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Result<Receipt>> answers;  // then success
  bool is_held = false;
  bool is_cancelled = false;
  std::vector<std::size_t> sent_spans;

  void Answer(Result<Receipt> answer) { answers.push_back(std::move(answer)); }
  void AwaitAttempts(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return sent_spans.size() >= count; });
  }
  void Free() {
    const std::scoped_lock lock(mutex);
    is_held = false;
    changed.notify_all();
  }
};

class FakeSender final : public Sender {
 public:
  explicit FakeSender(SenderScript& script) : script_(script) {}
  Result<Receipt> Send(const model::BatchPtr& batch, const Context&, Deadline) override {
    std::unique_lock lock(script_.mutex);
    script_.sent_spans.push_back(batch->item_count());
    script_.changed.notify_all();
    script_.changed.wait(lock, [&] { return !script_.is_held || script_.is_cancelled; });
    if (script_.is_held) {
      return base::MakeError(Code::kCancelled, "cancelled");
    }
    if (script_.answers.empty()) {
      return Receipt{};
    }
    Result<Receipt> answer = script_.answers.front();
    script_.answers.pop_front();
    return answer;
  }
  void Cancel() override {
    const std::scoped_lock lock(script_.mutex);
    script_.is_cancelled = true;
    script_.changed.notify_all();
  }

 private:
  SenderScript& script_;
};

class SendingExporterTest : public ::testing::Test {
 protected:
  SendingExporterTest() { options.sections.queue.num_consumers = 1; }

  Deadline Soon() const { return host.clock().In(seconds(20)); }
  SendingExporter& Make() {
    exporter = std::make_unique<SendingExporter>(
        CreateSettings{.id = "otlp/x", .host = host}, options,
        [this](const ExporterCounters&) -> Result<std::unique_ptr<Sender>> {
          return std::make_unique<FakeSender>(script);
        });
    EXPECT_TRUE(exporter->Start(host).has_value());
    return *exporter;
  }
  double Metric(const char* name) { return host.metrics().Sum(name); }
  Context WithToken() {
    Context context;
    context.delivery = std::make_shared<DeliveryToken>([this](DeliveryOutcome outcome) {
      const std::scoped_lock lock(script.mutex);
      outcomes.push_back(outcome);
      script.changed.notify_all();
    });
    return context;
  }

  /// Whether workers, one fewer than the tasks, all of which wait, do others meanwhile. Then the
  /// exporter stops, so that they end.
  bool LeavesWorkersFree(std::size_t task_count, const std::function<void()>& task) {
    base::WorkerPool pool("test", task_count - 1, 100);
    for (std::size_t i = 0; i < task_count; ++i) EXPECT_TRUE(pool.TryPost(task));
    std::promise<void> other;
    EXPECT_TRUE(pool.TryPost([&] { other.set_value(); }));
    const bool is_free = other.get_future().wait_for(seconds(20)) == std::future_status::ready;
    while (is_free && pool.counts().waiting < task_count) std::this_thread::yield();
    exporter->Stop(base::kAtOnce);
    return is_free;
  }

  const model::BatchPtr batch = MakeOpaqueBatch(3);
  FakeHost host;
  SenderScript script;
  SendingOptions options;
  std::vector<DeliveryOutcome> outcomes;
  std::unique_ptr<SendingExporter> exporter;
};

TEST_F(SendingExporterTest, QueueAnswersAtOnceAndSendsLater) {
  script.is_held = true;
  SendingExporter& sending = Make();

  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  script.AwaitAttempts(1);
  EXPECT_EQ(Metric("otelcol_exporter_in_flight_requests"), 1);
  EXPECT_EQ(Metric("otelcol_exporter_queue_size"), 1);
  EXPECT_EQ(Metric("otelcol_exporter_queue_capacity"), 1000);
  script.Free();
  sending.Stop(Soon());

  EXPECT_EQ(Metric("otelcol_exporter_sent_spans"), 3);
  EXPECT_EQ(Metric("otelcol_exporter_in_flight_requests"), 0);
  EXPECT_EQ(Metric("otelcol_exporter_queue_size"), 0);
}

TEST_F(SendingExporterTest, ItsQueueIsShownAsEmptyWhenItIsGone) {
  script.is_held = true;
  SendingExporter& sending = Make();
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  script.AwaitAttempts(1);
  EXPECT_EQ(Metric("otelcol_exporter_queue_size"), 1);
  EXPECT_GT(Metric("clew_exporter_queue_bytes"), 0);
  script.Free();

  sending.Stop(Soon());
  exporter.reset();  // since then nothing sets the gauges

  EXPECT_EQ(Metric("otelcol_exporter_queue_size"), 0);
  EXPECT_EQ(Metric("clew_exporter_queue_bytes"), 0);
}

TEST_F(SendingExporterTest, FullQueueIsRefusedAndCounted) {
  options.sections.queue.queue_size = 1;
  script.is_held = true;
  SendingExporter& sending = Make();
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());

  const auto refused = sending.Consume(MakeOpaqueBatch(4), {}).Wait();

  EXPECT_TRUE(refused.error().message.starts_with("sending queue is full: it holds 1 of 1 "))
      << refused.error().message;
  EXPECT_EQ(Metric("otelcol_exporter_enqueue_failed_spans"), 4);
  script.Free();
}

TEST_F(SendingExporterTest, WithoutQueueTheCallerHearsTheOutcome) {
  options.sections.is_queue_enabled = false;
  SendingExporter& sending = Make();
  script.Answer(base::InvalidArgument("no"));
  script.Answer(Receipt{.rejected_items = 2, .message = "two are bad"});

  const auto failed = sending.Consume(MakeOpaqueBatch(3), {}).Wait();
  const auto partial = sending.Consume(MakeOpaqueBatch(3), {}).Wait();

  EXPECT_EQ(failed.error().code, Code::kInvalidArgument);
  EXPECT_EQ(partial->rejected_items, 2u);
  EXPECT_EQ(partial->message, "two are bad");
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 3);
  EXPECT_EQ(Metric("otelcol_exporter_sent_spans"), 1);
  EXPECT_EQ(Metric("clew_exporter_rejected_spans"), 2);
}

TEST_F(SendingExporterTest, AServersDelayIsNoLongerThanFiveMinutes) {
  options.sections.is_queue_enabled = false;
  options.sections.retry.max_elapsed_time = Nanos(0);
  SendingExporter& sending = Make();
  script.Answer(std::unexpected(Error{Code::kUnavailable, "busy", Nanos::max()}));
  script.Answer(std::unexpected(Error{Code::kUnavailable, "busy", Nanos::max()}));

  // Who waits itself is told to, and no longer.
  const auto refused = sending.Consume(batch, WithToken()).Wait();
  EXPECT_EQ(refused.error().retry_after, std::chrono::minutes(5));

  std::jthread thread([&] { EXPECT_TRUE(sending.Consume(batch, {}).Wait().has_value()); });
  script.AwaitAttempts(2);
  std::optional<Nanos> wake;
  while (!(wake = host.manual_clock.NextWake())) std::this_thread::yield();
  EXPECT_EQ(*wake - host.manual_clock.Monotonic(), std::chrono::minutes(5));
  host.manual_clock.Advance(std::chrono::minutes(5));
  script.AwaitAttempts(3);
}

TEST_F(SendingExporterTest, PartialSuccessIsLoggedNowAndThenInPart) {
  options.sections.is_queue_enabled = false;
  SendingExporter& sending = Make();
  const auto consume = [&] {
    script.Answer(Receipt{.rejected_items = 2, .message = std::string(100'000, 'm')});
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(sending.Consume(batch, {}).Wait().has_value());
    return ::testing::internal::GetCapturedStderr();
  };

  const std::string first = consume();
  const std::string second = consume();
  host.manual_clock.Advance(std::chrono::minutes(1));
  const std::string third = consume();

  EXPECT_NE(first.find("Partial success response"), std::string::npos);
  EXPECT_NE(first.find("dropped_spans=2"), std::string::npos);
  EXPECT_LT(first.size(), 1000u);
  EXPECT_EQ(second, "");
  EXPECT_NE(third, "");
  EXPECT_EQ(Metric("clew_exporter_rejected_spans"), 6);
}

TEST_F(SendingExporterTest, ABackEndThatIsAwayIsToldAndThatItIsBack) {
  options.sections.is_queue_enabled = false;
  SendingExporter& sending = Make();
  script.Answer(std::unexpected(Error{Code::kUnavailable, "away"}));
  ::testing::internal::CaptureStderr();

  auto consumed = std::async(std::launch::async, [&] { return sending.Consume(batch, {}).Wait(); });
  while (!host.manual_clock.NextWake()) std::this_thread::yield();
  host.manual_clock.Advance(seconds(10));
  EXPECT_TRUE(consumed.get().has_value());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_NE(log.find("Will retry the request"), std::string::npos) << log;
  EXPECT_NE(log.find("Exporting works again."), std::string::npos) << log;
}

TEST_F(SendingExporterTest, WhatIsDroppedAtAStopIsTold) {
  script.is_held = true;
  SendingExporter& sending = Make();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(sending.Consume(batch, {}).Wait().has_value());
  script.AwaitAttempts(1);
  ::testing::internal::CaptureStderr();

  sending.Stop(base::kAtOnce);
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_NE(log.find("requests=1 dropped_items=3"), std::string::npos) << log;
  EXPECT_NE(log.find("requests=4 dropped_items=12"), std::string::npos) << log;
}

TEST_F(SendingExporterTest, RemarksHideNoRejection) {
  options.sections.is_queue_enabled = false;
  SendingExporter& sending = Make();
  const auto consume = [&](const Receipt& receipt) {
    script.Answer(receipt);
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(sending.Consume(batch, {}).Wait().has_value());
    return ::testing::internal::GetCapturedStderr();
  };
  const Receipt remark{.rejected_items = 0, .message = "no OTLP"};

  const std::string first = consume(remark);
  const std::string second = consume(remark);
  const std::string rejection = consume({.rejected_items = 2, .message = "too old"});

  EXPECT_NE(first.find("Success response with a remark; those within the next minute are only "
                       "counted"),
            std::string::npos)
      << first;
  EXPECT_NE(first.find("message=\"no OTLP\""), std::string::npos) << first;
  EXPECT_EQ(first.find("dropped_spans"), std::string::npos) << first;
  EXPECT_EQ(second, "");
  EXPECT_NE(rejection.find("Partial success response"), std::string::npos) << rejection;
  EXPECT_NE(rejection.find("too old"), std::string::npos) << rejection;
  EXPECT_EQ(Metric("clew_exporter_remarks_total"), 2);
  EXPECT_EQ(Metric("clew_exporter_rejected_spans"), 2);
}

TEST_F(SendingExporterTest, CallsThatWaitCanBeReleased) {
  options.sections.is_queue_enabled = false;
  options.sections.retry.max_elapsed_time = Nanos(0);
  SendingExporter& sending = Make();
  script.Answer(base::Unavailable("down"));
  std::atomic<bool> is_refused = false;
  std::thread sender([&] {
    const auto refused = sending.Consume(batch, {}).Wait();
    EXPECT_TRUE(!refused.has_value() && refused.error().is_retryable());
    is_refused = true;
  });

  while (!is_refused) sending.ReleaseCalls();

  sender.join();
  EXPECT_EQ(script.sent_spans.size(), 1u);
  EXPECT_TRUE(sending.Consume(batch, {}).Wait().has_value());
}

TEST_F(SendingExporterTest, DirectSendsHoldUpNobodyElseOnTheWorkers) {
  options.sections.is_queue_enabled = false;
  script.is_held = true;
  SendingExporter& sending = Make();

  EXPECT_TRUE(LeavesWorkersFree(3, [&] { static_cast<void>(sending.Consume(batch, {}).Wait()); }));
}

TEST_F(SendingExporterTest, WaitsForTheNextAttemptHoldUpNobodyElse) {
  options.sections.is_queue_enabled = false;
  SendingExporter& sending = Make();
  for (int i = 0; i < 3; ++i) script.Answer(base::Unavailable("down"));

  EXPECT_TRUE(LeavesWorkersFree(3, [&] { static_cast<void>(sending.Consume(batch, {}).Wait()); }));
  EXPECT_EQ(script.sent_spans.size(), 3u);
}

TEST_F(SendingExporterTest, WaitsForAResultHoldUpNobodyElse) {
  options.sections.queue.wait_for_result = true;
  script.is_held = true;
  SendingExporter& sending = Make();

  EXPECT_TRUE(LeavesWorkersFree(3, [&] { static_cast<void>(sending.Consume(batch, {}).Wait()); }));
}

TEST_F(SendingExporterTest, WaitsForRoomHoldUpNobodyElse) {
  options.sections.queue.queue_size = 1;
  options.sections.queue.block_on_overflow = true;
  script.is_held = true;
  SendingExporter& sending = Make();
  ASSERT_TRUE(sending.Consume(batch, {}).Wait().has_value());

  EXPECT_TRUE(LeavesWorkersFree(3, [&] { static_cast<void>(sending.Consume(batch, {}).Wait()); }));
}

TEST_F(SendingExporterTest, OnlySoManyCallsMayWait) {
  options.sections.is_queue_enabled = false;
  script.is_held = true;
  SendingExporter& sending = Make();
  base::WorkerPool pool("test", 1, 1000);
  constexpr std::size_t kMax = base::WorkerPool::kWaitingMax / 2;
  for (std::size_t i = 0; i < kMax; ++i) {
    ASSERT_TRUE(pool.TryPost([&] { EXPECT_TRUE(sending.Consume(batch, {}).Wait().has_value()); }));
  }
  script.AwaitAttempts(kMax);

  std::promise<Result<Receipt>> outcome;
  base::WorkerPool another("other", 1, 1);
  ASSERT_TRUE(another.TryPost([&] { outcome.set_value(sending.Consume(batch, {}).Wait()); }));
  const Result<Receipt> refused = outcome.get_future().get();

  EXPECT_EQ(refused.error().message,
            "500 requests wait for exporter otlp/x already: try again later, or have its "
            "sending_queue take them without a wait");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(Metric("otelcol_exporter_enqueue_failed_spans"), 3);
  script.Free();
}

TEST_F(SendingExporterTest, WaitForResultGivesTheOutcomeToTheCaller) {
  options.sections.queue.wait_for_result = true;
  SendingExporter& sending = Make();
  script.Answer(base::InvalidArgument("no"));

  EXPECT_EQ(sending.Consume(MakeOpaqueBatch(3), {}).Wait().error().message, "no");
  EXPECT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
}

TEST_F(SendingExporterTest, FailedAttemptIsRepeatedAfterAWait) {
  SendingExporter& sending = Make();
  script.Answer(base::Unavailable("down"));
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  while (!host.manual_clock.NextWake().has_value()) {
    std::this_thread::yield();
  }

  host.manual_clock.Advance(seconds(10));
  script.AwaitAttempts(2);
  sending.Stop(Soon());

  EXPECT_EQ(Metric("otelcol_exporter_sent_spans"), 3);
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 0);
}

TEST_F(SendingExporterTest, RequestsAreMergedIntoOneBatch) {
  options.sections.queue.has_batch = true;
  options.sections.queue.batch.min_size = 5;
  SendingExporter& sending = Make();

  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(4), {}).Wait().has_value());
  script.AwaitAttempts(1);
  sending.Stop(Soon());

  EXPECT_EQ(script.sent_spans, std::vector<std::size_t>{7});
  EXPECT_EQ(Metric("otelcol_exporter_sent_spans"), 7);
}

TEST_F(SendingExporterTest, StopFlushesWhatWaits) {
  options.sections.queue.has_batch = true;
  SendingExporter& sending = Make();
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());

  sending.Stop(Soon());
  sending.Stop(Soon());

  EXPECT_EQ(Metric("otelcol_exporter_sent_spans"), 3);
  EXPECT_FALSE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
}

TEST_F(SendingExporterTest, WhoFollowsTheLogIsNotHeldUp) {
  options.sections.queue.queue_size = 1;
  options.sections.queue.block_on_overflow = true;
  options.sections.queue.wait_for_result = true;
  script.is_held = true;
  SendingExporter& sending = Make();

  EXPECT_TRUE(sending.Consume(MakeOpaqueBatch(3), WithToken()).Wait().has_value());
  const auto refused = sending.Consume(MakeOpaqueBatch(4), WithToken()).Wait();

  EXPECT_TRUE(refused.error().message.starts_with("sending queue is full: it holds 1 of 1 "))
      << refused.error().message;
  EXPECT_TRUE(refused.error().is_retryable());
  EXPECT_EQ(Metric("otelcol_exporter_enqueue_failed_spans"), 0);
  script.Free();
}

TEST_F(SendingExporterTest, WithoutQueueWhoFollowsTheLogRetriesByItself) {
  options.sections.is_queue_enabled = false;
  SendingExporter& sending = Make();
  script.Answer(base::Unavailable("down"));

  const auto refused = sending.Consume(MakeOpaqueBatch(3), WithToken()).Wait();

  EXPECT_EQ(refused.error().message, "down");
  EXPECT_EQ(outcomes, std::vector<DeliveryOutcome>{DeliveryOutcome::kHandled});
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 0);
}

TEST_F(SendingExporterTest, TokenIsReleasedWhenSentOrDroppedForGood) {
  SendingExporter& sending = Make();
  script.Answer(Receipt{});
  script.Answer(base::InvalidArgument("no"));

  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), WithToken()).Wait().has_value());
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(4), WithToken()).Wait().has_value());
  sending.Stop(Soon());

  EXPECT_EQ(outcomes, (std::vector{DeliveryOutcome::kHandled, DeliveryOutcome::kHandled}));
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 4);
}

TEST_F(SendingExporterTest, WhatTheLogKeepsIsNeverGivenUp) {
  options.sections.retry.max_elapsed_time = seconds(30);
  SendingExporter& sending = Make();
  for (int i = 0; i < 20; ++i) {
    script.Answer(base::Unavailable("down"));
  }

  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), WithToken()).Wait().has_value());
  while (Metric("otelcol_exporter_sent_spans") == 0) {
    host.manual_clock.Advance(seconds(1));
    std::this_thread::yield();
  }
  sending.Stop(Soon());

  EXPECT_EQ(outcomes, std::vector{DeliveryOutcome::kHandled});
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 0);
}

TEST_F(SendingExporterTest, StopSendsWhatWaitsForItsNextAttempt) {
  SendingExporter& sending = Make();
  script.Answer(base::Unavailable("down"));
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  while (!host.manual_clock.NextWake().has_value()) {
    std::this_thread::yield();
  }

  sending.Stop(Soon());

  EXPECT_EQ(Metric("otelcol_exporter_sent_spans"), 3);
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 0);
}

TEST_F(SendingExporterTest, UndeliveredAtStopIsGivenBackToItsSource) {
  SendingExporter& sending = Make();
  script.Answer(base::Unavailable("down"));
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), WithToken()).Wait().has_value());
  while (!host.manual_clock.NextWake().has_value()) {
    std::this_thread::yield();
  }
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(4), WithToken()).Wait().has_value());

  sending.Stop(base::kAtOnce);

  EXPECT_EQ(outcomes, (std::vector{DeliveryOutcome::kAbandoned, DeliveryOutcome::kAbandoned}));
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 0);
  EXPECT_EQ(script.sent_spans.size(), 1u);
}

TEST_F(SendingExporterTest, StopKeepsItsTimeWhateverIsUnderWay) {
  script.is_held = true;
  SendingExporter& sending = Make();
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(4), WithToken()).Wait().has_value());
  script.AwaitAttempts(1);

  const Deadline deadline = host.clock().In(std::chrono::milliseconds(20));
  const std::jthread time([&] {
    while (!host.manual_clock.NextWake().has_value()) std::this_thread::yield();
    host.manual_clock.Advance(std::chrono::milliseconds(20));
  });
  sending.Stop(deadline);

  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 3);
  EXPECT_EQ(outcomes, std::vector{DeliveryOutcome::kAbandoned});
}

TEST_F(SendingExporterTest, StopWaitsForCallsUnderWayAndEndsThem) {
  options.sections.is_queue_enabled = false;
  script.is_held = true;
  SendingExporter& sending = Make();
  std::atomic<bool> has_returned = false;
  std::thread caller([&] {
    EXPECT_FALSE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
    has_returned = true;
  });
  script.AwaitAttempts(1);

  sending.Stop(base::kAtOnce);
  exporter.reset();

  caller.join();
  EXPECT_TRUE(has_returned);
  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 3);
}

TEST_F(SendingExporterTest, UndeliveredAtStopWithoutASourceIsCounted) {
  SendingExporter& sending = Make();
  script.Answer(base::Unavailable("down"));
  ASSERT_TRUE(sending.Consume(MakeOpaqueBatch(3), {}).Wait().has_value());
  script.AwaitAttempts(1);

  sending.Stop(base::kAtOnce);

  EXPECT_EQ(Metric("otelcol_exporter_send_failed_spans"), 3);
}

TEST_F(SendingExporterTest, EmptyBatchIsTakenAndNotSent) {
  SendingExporter& sending = Make();

  EXPECT_TRUE(sending.Consume(MakeOpaqueBatch(0, ""), {}).Wait().has_value());
  sending.Stop(Soon());

  EXPECT_TRUE(script.sent_spans.empty());
}

TEST_F(SendingExporterTest, FailureToMakeTheSenderIsAStartFailure) {
  SendingExporter sending({.id = "otlp", .host = host}, options,
                          [](const ExporterCounters&) -> Result<std::unique_ptr<Sender>> {
                            return base::InvalidArgument("no such certificate");
                          });

  EXPECT_FALSE(sending.Start(host).has_value());
  sending.Stop(Soon());
}

}  // namespace
}  // namespace clew::pipeline::sending
