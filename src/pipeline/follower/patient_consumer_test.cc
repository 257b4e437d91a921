#include "pipeline/follower/patient_consumer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "pipeline/fan_out.h"
#include "pipeline/follower/testing/span_records.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/recording_consumer.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline {
namespace {

using std::chrono::milliseconds;

TEST(PatientConsumer, OneSlowExporterDoesNotMakeTheOtherGetDataTwice) {
  testing::FakeHost host;
  StopSignal stop;
  testing::RecordingConsumer slow;
  testing::RecordingConsumer fast;
  PatientConsumer patient_slow("slow", {"traces", "slow"}, slow, stop, host);
  PatientConsumer patient_fast("fast", {"traces", "fast"}, fast, stop, host);
  FanOut both({&patient_fast, &patient_slow});
  slow.FailNext(2, {Code::kUnavailable, "down"});
  wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
  const auto batch = model::Batch::FromWire({Bytes(testing::OneSpanRequest("a"))}, 1, codec);

  Context context;
  context.delivery = std::make_shared<DeliveryToken>([](DeliveryOutcome) {});
  std::thread caller([&] { EXPECT_TRUE(both.Consume(batch, context).Wait().has_value()); });
  while (!slow.WaitForSpans(1, milliseconds(2))) host.manual_clock.Advance(milliseconds(500));
  caller.join();

  EXPECT_EQ(fast.batch_count(), 1u);
  EXPECT_EQ(slow.batch_count(), 1u);
}

TEST(PatientConsumer, OffersOnceWhatDoesNotComeOutOfALog) {
  testing::FakeHost host;
  StopSignal stop;
  testing::RecordingConsumer down;
  down.FailAlways({Code::kUnavailable, "down"});
  PatientConsumer patient("down", {"traces", "down"}, down, stop, host);
  wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
  const auto batch = model::Batch::FromWire({Bytes(testing::OneSpanRequest("a"))}, 1, codec);

  EXPECT_FALSE(patient.Consume(batch, Context()).Wait().has_value());

  EXPECT_EQ(down.refused_count(), 1u);
}

TEST(PatientConsumer, AbandonsWhenStopped) {
  testing::FakeHost host;
  StopSignal stop;
  stop.Stop();
  testing::RecordingConsumer down;
  down.FailAlways({Code::kUnavailable, "down"});
  PatientConsumer patient("down", {"traces", "down"}, down, stop, host);
  wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
  std::optional<DeliveryOutcome> outcome;
  Context context;
  context.delivery = std::make_shared<DeliveryToken>([&](DeliveryOutcome what) { outcome = what; });

  const auto result =
      patient
          .Consume(model::Batch::FromWire({Bytes(testing::OneSpanRequest("a"))}, 1, codec), context)
          .Wait();
  context.delivery.reset();

  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(outcome, DeliveryOutcome::kAbandoned);
}

}  // namespace
}  // namespace clew::pipeline
