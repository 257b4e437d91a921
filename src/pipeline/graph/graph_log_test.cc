#include <atomic>
#include <chrono>
#include <future>

#include "log/log.h"
#include "pipeline/follower/testing/span_records.h"
#include "pipeline/graph/test_graph.h"

namespace clew::pipeline {
namespace {

using std::chrono::seconds;
using testing::GraphTest;
using testing::Soon;
using testing::Strings;

constexpr auto kLogged = R"(
receivers: {fake: }
processors: {fake: , fake_batch: }
exporters: {fake: , fake_store: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/main: {receivers: [fake], processors: [fake, fake_batch], exporters: [fake, fake_store]}
)";

TEST_F(GraphTest, AStoreTakesBeforeWhatRegroupsAndTheOthersFollowTheLog) {
  const auto graph = BuildAndStart(kLogged);

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  const auto stored = world_.exporter("fake_store").entries();
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].context.delivery, nullptr);
  const std::vector<log::Record> records = Records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].pipeline, "traces/main");
  EXPECT_FALSE(records[0].is_for_follower);
  EXPECT_TRUE(world_.exporter("fake").WaitForSpans(1));
  EXPECT_EQ(host_.metrics().Sum("otelcol_processor_incoming_items"), 2);
  EXPECT_EQ(world_.exporter("fake_store").span_count(), 1u);
  world_.exporter("fake").ReleaseDeliveries();
  graph->Stop(Soon());
  EXPECT_EQ(log_.Committed("pipeline/traces/main>fake"), log_.end());
}

/// A call whose receipt comes when the log is durable.
class GraphTestWithAHeldLog : public GraphTest {
 protected:
  void SendHeld() {
    log_.Hold();
    world_.receiver_next("fake")
        ->Consume(model::Batch::FromWire({Bytes(testing::OneSpanRequest("a"))}, 1, codec_),
                  Context())
        .Then([this](const Result<Receipt>& receipt) {
          EXPECT_TRUE(receipt.has_value());
          is_told_ = true;
        });
    EXPECT_FALSE(is_told_);
  }

  std::atomic<bool> is_told_ = false;
};

TEST_F(GraphTestWithAHeldLog, AStopWaitsForIt) {
  const auto graph = BuildAndStart(kLogged);
  SendHeld();
  auto stopped = std::async(std::launch::async, [&] { graph->Stop(Soon()); });
  // One that waits for nobody would end in that time.
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);

  log_.Settle();

  stopped.wait();
  EXPECT_TRUE(is_told_);
}

TEST_F(GraphTestWithAHeldLog, ItOutlivesTheGraphThatItIsIn) {
  auto before = BuildAndStart(kLogged);
  const auto other =
      std::string(kLogged) + "    traces/more: {receivers: [fake], exporters: [fake]}\n";
  auto after = Build(other, before.get());
  ASSERT_TRUE(after.has_value());
  SendHeld();

  before->StopFor(**after, std::chrono::steady_clock::now());
  before = nullptr;  // as a reload does whose time is over
  log_.Settle();

  EXPECT_TRUE(is_told_);
  ASSERT_TRUE((*after)->Start().has_value());
  (*after)->Stop(Soon());
}

TEST_F(GraphTest, AStoreThatSaysNoIsHeardByTheReceiver) {
  const auto graph = BuildAndStart(kLogged);
  world_.exporter("fake_store").FailAlways({Code::kResourceExhausted, "disk full", seconds(1)});

  const Result<Receipt> result = SendSpan("fake", "a");

  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is_retryable());
  EXPECT_TRUE(Records().empty());
  graph->Stop(Soon());
}

/// A store, and processors [fake, `held`, fake/two].
std::string StoringBehind(const std::string& held) {
  return R"(
receivers: {fake: }
processors: {fake: , fake/two: , fake_batch: , fake_sampler: }
exporters: {fake_store: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/main: {receivers: [fake], processors: [fake, )" +
         held + R"(, fake/two], exporters: [fake_store]}
)";
}

TEST_F(GraphTest, AStoreBehindAProcessorThatDecidesFollowsTheLog) {
  const std::string yaml = StoringBehind("fake_sampler");
  const log::Position before = log_.end();
  const auto graph = BuildAndStart(yaml);
  testing::RecordingConsumer& store = world_.exporter("fake_store");
  const std::size_t stored_before = store.span_count();

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  EXPECT_TRUE(Records().back().is_for_follower);
  ASSERT_TRUE(store.WaitForSpans(stored_before + 1));
  EXPECT_NE(store.entries().back().context.delivery, nullptr);
  graph->Stop(Soon());
  EXPECT_EQ(log_.Committed("pipeline/traces/main>fake_store"), before)
      << "the store has it in no block yet";

  store.AbandonDeliveries();
  const auto successor = BuildAndStart(yaml);
  ASSERT_TRUE(store.WaitForSpans(stored_before + 2));
  store.ReleaseDeliveries();
  successor->Stop(Soon());
  EXPECT_EQ(log_.Committed("pipeline/traces/main>fake_store"), log_.end());
}

TEST_F(GraphTest, ProcessorsBehindOneThatDecidesRunBehindTheLog) {
  const auto incoming = [&](const char* processor) {
    return host_.metrics()
               .Counter("otelcol_processor_incoming_items",
                        "Number of items passed to the processor.",
                        {{"processor", processor}, {"otel_signal", "traces"}})
               .Value() > 0;
  };
  const auto graph = BuildAndStart(StoringBehind("fake_sampler"));
  log_.append_error = Error{Code::kResourceExhausted, "full", seconds(1)};
  ASSERT_FALSE(SendSpan("fake", "a").has_value());
  EXPECT_TRUE(incoming("fake")) << "before the log";
  EXPECT_FALSE(incoming("fake/two")) << "behind one that holds spans back";
  log_.append_error.reset();

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  ASSERT_TRUE(world_.exporter("fake_store").WaitForSpans(1));
  EXPECT_TRUE(incoming("fake_sampler"));
  EXPECT_TRUE(incoming("fake/two"));
  world_.exporter("fake_store").ReleaseDeliveries();
  graph->Stop(Soon());
}

TEST_F(GraphTest, AStoreDoesNotWaitForWhatOnlyRegroups) {
  const auto graph = BuildAndStart(StoringBehind("fake_batch"));

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  EXPECT_EQ(world_.exporter("fake_store").span_count(), 1U);
  EXPECT_FALSE(Records().back().is_for_follower);
  graph->Stop(Soon());
}

TEST_F(GraphTest, WhatIsSentWhenTheLogIsClosedMayBeSentAgain) {
  const auto graph = BuildAndStart(kLogged);
  Consumer* const late = world_.receiver_next("fake");
  graph->Stop(Soon());

  const auto batch = model::Batch::FromWire({Bytes(testing::OneSpanRequest("a"))}, 1, codec_);
  const Result<Receipt> refused = late->Consume(batch, {}).Wait();

  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is_retryable());
  EXPECT_TRUE(Records().empty());
}

TEST_F(GraphTest, StoppingWhileAnExporterIsDownKeepsTheRecord) {
  world_.exporter("fake").FailAlways({Code::kUnavailable, "down"});
  const log::Appended record = testing::AppendSpan(log_, "traces/main", "a");
  const auto graph = BuildAndStart(kLogged);
  ASSERT_TRUE(world_.exporter("fake").WaitForRefusals(1));

  graph->Stop(Soon());

  EXPECT_EQ(log_.Committed("pipeline/traces/main>fake"), record.begin);
}

TEST_F(GraphTest, ALoggedPipelineNeedsALog) {
  std::string yaml = kLogged;
  const std::string line = "  extensions: [fake_storage]\n";
  yaml.erase(yaml.find(line), line.size());

  const auto graph = Build(yaml);

  ASSERT_FALSE(graph.has_value());
  EXPECT_EQ(graph.error().message,
            "service::pipelines::traces/main: stores and exports, but no extension provides the "
            "log between: add the storage extension to service::extensions");
}

TEST_F(GraphTest, WhoFollowsNeedsToKnowWhichLog) {
  std::string yaml = kLogged;
  const auto replace = [&](std::string_view what, std::string_view by) {
    yaml.replace(yaml.find(what), what.size(), by);
  };
  replace("{fake_storage: }", "{fake_storage: , fake_storage/b: }");
  replace("[fake_storage]", "[fake_storage, fake_storage/b]");

  const auto graph = Build(yaml);

  ASSERT_FALSE(graph.has_value());
  EXPECT_EQ(
      graph.error().message,
      "service::pipelines::traces/main: stores and exports, but both \"fake_storage\" and "
      "\"fake_storage/b\" provide a log: run one of them, or give the store a pipeline of its "
      "own");
  replace("exporters: [fake, fake_store]", "exporters: [fake_store]");
  EXPECT_TRUE(Build(yaml).has_value());
}

TEST_F(GraphTest, ExportersFollowTheLogOfTheirOwnStore) {
  ASSERT_TRUE(other_log_.Commit("pipeline/traces/main>fake", {}).has_value());
  testing::AppendSpan(log_, "traces/main", "a");
  testing::AppendSpan(other_log_, "traces/b", "b");

  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {fake: , fake/b: , fake_store: {needs: fake_storage}, fake_store/b: {needs: fake_storage/b}}
extensions: {fake_storage: , fake_storage/b: }
service:
  extensions: [fake_storage/b, fake_storage]
  pipelines:
    traces/main: {receivers: [fake], exporters: [fake, fake_store]}
    traces/b: {receivers: [fake], exporters: [fake/b, fake_store/b]}
)");

  EXPECT_TRUE(world_.exporter("fake").WaitForSpans(1));
  EXPECT_TRUE(world_.exporter("fake/b").WaitForSpans(1));
  EXPECT_EQ(log_.Consumers(), Strings({"pipeline/traces/main>fake"}));
  EXPECT_EQ(other_log_.Consumers(), Strings({"pipeline/traces/b>fake/b"}));
  world_.exporter("fake").ReleaseDeliveries();
  world_.exporter("fake/b").ReleaseDeliveries();
  graph->Stop(Soon());
}

TEST_F(GraphTest, ConsumersOfPipelinesThatAreGoneAreForgotten) {
  ASSERT_TRUE(log_.Commit("pipeline/traces/old", {}).has_value());
  ASSERT_TRUE(log_.Commit("pipeline/traces/older>fake", {}).has_value());
  ASSERT_TRUE(log_.Commit("storage", {}).has_value());

  const auto graph = BuildAndStart(kLogged);

  EXPECT_EQ(log_.Consumers(), Strings({"pipeline/traces/main>fake", "storage"}));
  EXPECT_EQ(host_.metrics().Sum("clew_follower_forgotten_bytes_total"), 0);
  graph->Stop(Soon());
}

TEST_F(GraphTest, WhatAPipelineThatIsGoneHadNotGotIsTold) {
  const log::Position before = log_.end();
  ASSERT_TRUE(log_.Commit("pipeline/traces/old>fake", before).has_value());
  // A few, since the begin of a file may look like one.
  while (log_.end().offset - before.offset <= log::kBytesBetweenRecordsMax) {
    testing::AppendSpan(log_, "traces/old", "a");
  }
  const std::uint64_t bytes = log_.end().offset - before.offset;

  ::testing::internal::CaptureStderr();
  const auto graph = BuildAndStart(kLogged);
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(host_.metrics().Sum("clew_follower_forgotten_bytes_total"), bytes);
  EXPECT_NE(log.find("pipeline/traces/old>fake"), std::string::npos) << log;
  EXPECT_NE(log.find(std::to_string(bytes)), std::string::npos) << log;
  EXPECT_NE(log.find("warn"), std::string::npos) << log;
  graph->Stop(Soon());
}

TEST_F(GraphTest, AFailedSuccessorForgetsNoPipeline) {
  auto before = BuildAndStart(kLogged);
  auto after = Build(R"(
receivers: {fake: , fake/bad: {fail_start: true}}
exporters: {fake_store: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines: {traces/other: {receivers: [fake, fake/bad], exporters: [fake_store]}}
)",
                     before.get());
  ASSERT_TRUE(after.has_value());
  before->StopFor(**after, Soon());

  ASSERT_FALSE((*after)->Start().has_value());

  EXPECT_EQ(log_.Consumers(), Strings({"pipeline/traces/main>fake"}));
}

/// Its receivers do not start, after a follower of the log did.
constexpr auto kFailingFollower = R"(
receivers: {fake: , fake/bad: {fail_start: true}}
exporters: {fake: , fake_store: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/new: {receivers: [fake, fake/bad], exporters: [fake, fake_store]}
)";

TEST_F(GraphTest, APipelineThatNeverRanIsNotToldToBeGone) {
  for (int i = 0; i < 20; ++i) testing::AppendSpan(log_, "traces/main", "a");
  auto before = BuildAndStart(kLogged);
  auto failed = Build(kFailingFollower, before.get());
  ASSERT_TRUE(failed.has_value());
  before->StopFor(**failed, Soon());

  ASSERT_FALSE((*failed)->Start().has_value());
  EXPECT_EQ(log_.Consumers(), Strings({"pipeline/traces/main>fake"}));
  ::testing::internal::CaptureStderr();
  const auto restored = BuildAndStart(kLogged, failed->get());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(log.find("gone"), std::string::npos) << log;
  EXPECT_EQ(host_.metrics().Sum("clew_follower_forgotten_bytes_total"), 0);
  restored->Stop(Soon());
}

TEST_F(GraphTest, AFailedStartLeavesThePositionsOfPipelinesThatRanBefore) {
  ASSERT_TRUE(log_.Commit("pipeline/traces/new>fake", {}).has_value());
  auto failed = Build(kFailingFollower);
  ASSERT_TRUE(failed.has_value());

  ASSERT_FALSE((*failed)->Start().has_value());

  EXPECT_EQ(log_.Consumers(), Strings({"pipeline/traces/new>fake"}));
}

TEST_F(GraphTest, APipelineThatCannotBeForgottenRefusesNoStart) {
  ASSERT_TRUE(log_.Commit("pipeline/traces/old", {}).has_value());
  log_.forget_error = Error{Code::kUnavailable, "the disk is full"};

  ::testing::internal::CaptureStderr();
  const auto graph = BuildAndStart(kLogged);
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(log_.Consumers(), Strings({"pipeline/traces/main>fake", "pipeline/traces/old"}));
  EXPECT_NE(log.find("the disk is full"), std::string::npos) << log;
  graph->Stop(Soon());
}

}  // namespace
}  // namespace clew::pipeline
