#include <gmock/gmock.h>

#include "pipeline/graph/test_graph.h"

namespace clew::pipeline {
namespace {

using std::chrono::seconds;
using testing::GraphTest;
using testing::MakeOpaqueBatch;
using testing::Soon;
using testing::Strings;

TEST_F(GraphTest, PipelinesStartFromTheLastAndStopFromTheFirst) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
processors: {fake/a: , fake/b: , fake/c: }
exporters: {fake: }
connectors: {fake_way: , fake_way/2: }
service:
  pipelines:
    traces/c: {receivers: [fake_way/2], processors: [fake/c], exporters: [fake]}
    traces/a: {receivers: [fake], processors: [fake/a], exporters: [fake_way]}
    traces/b: {receivers: [fake_way], processors: [fake/b], exporters: [fake_way/2]}
)");
  EXPECT_EQ(world_.events(),
            Strings({"start exporter fake", "start processor fake/c", "start connector fake_way/2",
                     "start processor fake/b", "start connector fake_way", "start processor fake/a",
                     "start receiver fake"}));
  world_.ClearEvents();

  ASSERT_TRUE(Send("fake", 3).has_value());
  EXPECT_EQ(world_.exporter("fake").span_count(), 3u);
  graph->Stop(Soon());

  EXPECT_EQ(world_.events(),
            Strings({"stop receiver fake", "stop processor fake/a", "stop connector fake_way",
                     "stop processor fake/b", "stop connector fake_way/2", "stop processor fake/c",
                     "stop exporter fake"}));
}

TEST_F(GraphTest, AConnectorJoinsAllThatNameIt) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: , fake/2: }
exporters: {fake: , fake/2: , fake/metrics: , fake/logs: }
connectors: {fake_way: }
service:
  pipelines:
    traces/in: {receivers: [fake], exporters: [fake_way]}
    traces/too: {receivers: [fake/2], exporters: [fake_way, fake/2]}
    logs/in: {receivers: [fake], exporters: [fake_way]}
    traces/out: {receivers: [fake_way], exporters: [fake]}
    traces/more: {receivers: [fake_way, fake/2], exporters: [fake/2]}
    metrics/made: {receivers: [fake_way], exporters: [fake/metrics]}
    logs/out: {receivers: [fake_way], exporters: [fake/logs]}
)");

  ASSERT_TRUE(Send("fake", 1).has_value());
  ASSERT_TRUE(Send("fake/2", 10).has_value());
  ASSERT_TRUE(world_.receiver_next("fake")
                  ->Consume(MakeOpaqueBatch(100, "logs", model::Signal::kLogs), Context())
                  .Wait()
                  .has_value());

  EXPECT_EQ(world_.exporter("fake").span_count(), 11u);
  EXPECT_EQ(world_.exporter("fake/2").span_count(), 10u + 10u + 11u);
  EXPECT_EQ(world_.exporter("fake/metrics").span_count(), 11u);
  EXPECT_EQ(world_.exporter("fake/metrics").entries()[0].batch->signal(), model::Signal::kMetrics);
  EXPECT_EQ(world_.exporter("fake/logs").span_count(), 100u);
  // One for traces to traces, one for traces to metrics, one for logs.
  EXPECT_EQ(std::ranges::count(world_.events(), "start connector fake_way"), 3);
  graph->Stop(Soon());
}

TEST_F(GraphTest, WhatIsRefusedBehindAConnectorIsHeardByTheReceiver) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {fake: }
connectors: {fake_way: }
service:
  pipelines:
    traces/in: {receivers: [fake], exporters: [fake_way]}
    traces/out: {receivers: [fake_way], exporters: [fake]}
)");
  world_.exporter("fake").FailNext(1, Error{Code::kUnavailable, "later"});
  const auto result = Send("fake", 1);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "later");
  graph->Stop(Soon());
}

TEST_F(GraphTest, ASenderIsAnsweredWhenTheStoreBehindAConnectorHasItsSpans) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {fake_store: }
extensions: {fake_storage: }
connectors: {fake_way: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/in: {receivers: [fake], exporters: [fake_way]}
    traces/kept: {receivers: [fake_way], exporters: [fake_store]}
)");

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  EXPECT_EQ(world_.exporter("fake_store").span_count(), 1u);
  ASSERT_EQ(Records().size(), 1u);
  EXPECT_EQ(Records()[0].pipeline, "traces/kept");
  log_.append_error = Error{Code::kResourceExhausted, "full", seconds(1)};
  EXPECT_FALSE(SendSpan("fake", "b").has_value());
  graph->Stop(Soon());
}

TEST_F(GraphTest, BehindALogAConnectorGivesBackWhatIsNotDelivered) {
  constexpr auto kYaml = R"(
receivers: {fake: }
exporters: {fake: , fake_store: }
extensions: {fake_storage: }
connectors: {fake_way: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/kept: {receivers: [fake], exporters: [fake_store, fake_way]}
    traces/sent: {receivers: [fake_way], exporters: [fake]}
)";
  const auto graph = BuildAndStart(kYaml);
  testing::RecordingConsumer& sent = world_.exporter("fake");
  sent.FailNext(1, Error{Code::kUnavailable, "later"});

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  ASSERT_TRUE(sent.WaitForSpans(1));
  EXPECT_EQ(sent.refused_count(), 1u);
  EXPECT_NE(sent.entries()[0].context.delivery, nullptr);
  sent.AbandonDeliveries();
  ASSERT_TRUE(sent.WaitForSpans(2)) << "offered again";
  sent.ReleaseDeliveries();
  graph->Stop(Soon());
  EXPECT_EQ(log_.Committed("pipeline/traces/kept>fake_way"), log_.end());
}

TEST_F(GraphTest, BehindALogAndAConnectorEachEndIsServedForItself) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {fake: , fake/2: , fake/3: , fake_store: }
connectors: {fake_way: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/kept: {receivers: [fake], exporters: [fake_store, fake_way]}
    traces/sent: {receivers: [fake_way], exporters: [fake, fake/2]}
    traces/too: {receivers: [fake_way], exporters: [fake/3]}
)");
  // One that never takes it, and one that is down for a while.
  world_.exporter("fake").FailAlways({Code::kInvalidArgument, "no"});
  world_.exporter("fake/2").FailNext(3, {Code::kUnavailable, "down"});

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  EXPECT_TRUE(world_.exporter("fake/2").WaitForSpans(1));
  EXPECT_TRUE(world_.exporter("fake/3").WaitForSpans(1));
  EXPECT_EQ(world_.exporter("fake").refused_count(), 1u);
  EXPECT_EQ(world_.exporter("fake/2").refused_count(), 3u);
  for (const char* id : {"fake/2", "fake/3"}) world_.exporter(id).ReleaseDeliveries();
  graph->Stop(Soon());
  EXPECT_EQ(log_.Committed("pipeline/traces/kept>fake_way"), log_.end());
}

TEST_F(GraphTest, AStopEndsTheWaitBehindALogAndAConnector) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {fake: , fake_store: }
connectors: {fake_way: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/sent: {receivers: [fake_way], exporters: [fake]}
    traces/kept: {receivers: [fake], exporters: [fake_store, fake_way]}
)");
  world_.exporter("fake").FailAlways({Code::kUnavailable, "down", std::chrono::hours(1)});
  ASSERT_TRUE(SendSpan("fake", "a").has_value());
  ASSERT_TRUE(world_.exporter("fake").WaitForRefusals(1));
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);

  graph->Stop(deadline);

  EXPECT_LT(std::chrono::steady_clock::now(), deadline);
  EXPECT_LT(log_.Committed("pipeline/traces/kept>fake_way"), log_.end());
}

TEST_F(GraphTest, AReloadMakesConnectorsAnew) {
  constexpr auto kYaml = R"(
receivers: {fake: }
exporters: {fake: }
connectors: {fake_way: }
service:
  pipelines:
    traces/in: {receivers: [fake], exporters: [fake_way]}
    traces/out: {receivers: [fake_way], exporters: [fake]}
)";
  auto first = BuildAndStart(kYaml);
  auto second = Build(kYaml, first.get());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ((*second)->TakenOver(), Strings({"exporter fake", "receiver fake"}));
  first->StopFor(**second, Soon());
  ASSERT_TRUE((*second)->Start().has_value());
  first.reset();

  ASSERT_TRUE(Send("fake", 2).has_value());
  EXPECT_EQ(world_.exporter("fake").span_count(), 2u);
  EXPECT_EQ(
      std::ranges::count((*second)->Statuses(), ComponentKind::kConnector, &ComponentStatus::kind),
      1);
  (*second)->Stop(Soon());
}

}  // namespace
}  // namespace clew::pipeline
