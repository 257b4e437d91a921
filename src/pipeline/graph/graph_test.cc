#include "pipeline/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "base/worker_pool.h"
#include "pipeline/graph/test_graph.h"

namespace clew::pipeline {
namespace {

using std::chrono::seconds;
using testing::GraphTest;
using testing::Reloadable;
using testing::Soon;
using testing::Strings;

constexpr auto kTwoPipelines = R"(
receivers: {fake: , fake/unused: }
processors: {fake: , fake_batch: }
exporters: {fake: , fake/two: , fake/unused: }
extensions: {fake: , fake/unused: }
service:
  extensions: [fake]
  pipelines:
    traces/a: {receivers: [fake], processors: [fake, fake_batch], exporters: [fake, fake/two]}
    traces/b: {receivers: [fake], processors: [fake], exporters: [fake]}
)";

TEST_F(GraphTest, StartsFromTheEndAndStopsFromTheBeginning) {
  const auto graph = BuildAndStart(kTwoPipelines);
  EXPECT_EQ(world_.events(),
            Strings({"start extension fake", "start exporter fake", "start exporter fake/two",
                     "start processor fake_batch", "start processor fake", "start processor fake",
                     "start receiver fake"}));
  world_.ClearEvents();

  graph->NotifyReady();
  graph->NotifyNotReady();
  graph->Stop(Soon());
  graph->Stop(Soon());

  EXPECT_EQ(world_.events(),
            Strings({"ready fake", "not ready fake", "stop receiver fake", "stop processor fake",
                     "stop processor fake_batch", "stop processor fake", "stop exporter fake",
                     "stop exporter fake/two", "stop extension fake"}));
}

TEST_F(GraphTest, AReceiverFeedsEveryPipelineAndEdgesAreCounted) {
  const auto graph = BuildAndStart(kTwoPipelines);

  ASSERT_TRUE(Send("fake", 5).has_value());

  EXPECT_EQ(world_.exporter("fake").span_count(), 10u);
  EXPECT_EQ(world_.exporter("fake/two").span_count(), 5u);
  // "fake" stands in two pipelines, "fake_batch" in one.
  EXPECT_EQ(host_.metrics().Sum("otelcol_processor_incoming_items"), 15);
  EXPECT_EQ(host_.metrics().Sum("otelcol_processor_outgoing_items"), 15);
  graph->Stop(Soon());
  EXPECT_FALSE(Send("fake", 1).has_value());
}

TEST_F(GraphTest, PipelinesGetTheSignalThatTheyAreNamedAfter) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
processors: {fake: }
exporters: {fake: , fake/logs: , fake/more_logs: }
service:
  pipelines:
    traces: {receivers: [fake], exporters: [fake]}
    metrics: {receivers: [fake], processors: [fake], exporters: [fake]}
    logs: {receivers: [fake], exporters: [fake/logs]}
    logs/more: {receivers: [fake], processors: [fake], exporters: [fake/logs, fake/more_logs]}
)");
  const auto send = [&](model::Signal signal, std::size_t item_count) {
    const auto batch = model::Batch::FromWire({Bytes(std::string("body"))}, item_count,
                                              wire::otlp::ItemCodecOf(signal));
    return world_.receiver_next("fake")->Consume(batch, Context()).Wait().has_value();
  };

  EXPECT_TRUE(Send("fake", 1).has_value());
  EXPECT_TRUE(send(model::Signal::kMetrics, 10));
  EXPECT_TRUE(send(model::Signal::kLogs, 100));

  EXPECT_EQ(world_.exporter("fake").span_count(), 11u);
  EXPECT_EQ(world_.exporter("fake/logs").span_count(), 200u);
  EXPECT_EQ(world_.exporter("fake/more_logs").span_count(), 100u);
  EXPECT_THAT(host_.metrics().Expose(),
              ::testing::HasSubstr("otelcol_processor_incoming_items{otel_signal=\"logs\","
                                   "processor=\"fake\"} 100"));
  // An instance for each signal, one status.
  EXPECT_EQ(std::ranges::count(world_.events(), "start exporter fake"), 2);
  EXPECT_EQ(std::ranges::count(graph->Statuses(), std::string("fake/logs"), &ComponentStatus::id),
            1);
  graph->Stop(Soon());
}

TEST_F(GraphTest, AReceiverOfOtherSignalsIsAnotherOne) {
  const std::string head = "receivers: {fake: }\nexporters: {fake: }\nservice:\n  pipelines:\n";
  const std::string traces = "    traces: {receivers: [fake], exporters: [fake]}\n";
  auto graph = BuildAndStart(head + traces);

  auto more =
      Build(head + traces + "    logs: {receivers: [fake], exporters: [fake]}\n", graph.get());

  ASSERT_TRUE(more.has_value());
  EXPECT_EQ((*more)->TakenOver(), Strings({"exporter fake"}));
  graph->Stop(Soon());
}

TEST_F(GraphTest, AFailedStartIsUndone) {
  auto graph = Build(R"(
receivers: {fake: , fake/bad: {fail_start: true}}
processors: {fake: }
exporters: {fake: }
extensions: {fake: }
service:
  extensions: [fake]
  pipelines:
    traces: {receivers: [fake, fake/bad], processors: [fake], exporters: [fake]}
)");
  ASSERT_TRUE(graph.has_value());

  const Status status = (*graph)->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "failed to start \"fake/bad\" receiver: told to fail");
  const Strings events = world_.events();
  EXPECT_EQ(Strings(events.begin() + 4, events.end()),
            Strings({"stop receiver fake", "stop processor fake", "stop exporter fake",
                     "stop extension fake"}));
  for (const ComponentStatus& component : (*graph)->Statuses()) {
    EXPECT_EQ(StateName(component.state), "stopped") << component.id;
  }
}

TEST_F(GraphTest, AnExtensionMayStandBeforeOneThatItNeeds) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {fake: }
extensions: {fake/query: {needs: fake/store}, fake/store: }
service:
  extensions: [fake/query, fake/store]
  pipelines: {traces: {receivers: [fake], exporters: [fake]}}
)");

  EXPECT_EQ(world_.events().at(0), "start extension fake/store");
  EXPECT_EQ(world_.events().at(1), "start extension fake/query");
  graph->Stop(Soon());
}

TEST_F(GraphTest, AFailureOnDemandIsTheOneThatIsTold) {
  auto graph = Build(R"(
receivers: {fake: }
exporters: {fake: }
extensions: {fake/query: {needs: fake/store}, fake/store: {fail_start: true}}
service:
  extensions: [fake/query, fake/store]
  pipelines: {traces: {receivers: [fake], exporters: [fake]}}
)");

  const Status status = (*graph)->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "failed to start \"fake/store\" extension: told to fail");
}

/// Ends its stop only when an exporter was told to stop, as a call does that waits for room in the
/// exporter's queue.
class WaitingReceiver final : public Receiver {
 public:
  explicit WaitingReceiver(std::future<void> exporter_stopped)
      : exporter_stopped_(std::move(exporter_stopped)) {}
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {
    if (exporter_stopped_.valid()) exporter_stopped_.get();
  }

 private:
  std::future<void> exporter_stopped_;
};

class TellingExporter final : public Exporter {
 public:
  explicit TellingExporter(std::promise<void>& stopped) : stopped_(stopped) {}
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {
    if (!std::exchange(is_stopped_, true)) stopped_.set_value();
  }
  LaterReceipt Consume(const model::BatchPtr&, const Context&) override { return Receipt{}; }

 private:
  std::promise<void>& stopped_;
  bool is_stopped_ = false;
};

TEST_F(GraphTest, AStageThatWaitsForTheNextOneEndsInTime) {
  std::promise<void> exporter_stopped;
  Factory receiver;
  receiver.kind = ComponentKind::kReceiver;
  receiver.type = "waiting";
  receiver.make_config = [] { return std::make_unique<testing::FakeSettings>(); };
  receiver.create_receiver = [&](const CreateSettings&, const Section&,
                                 Consumer&) -> Result<std::unique_ptr<Receiver>> {
    return std::make_unique<WaitingReceiver>(exporter_stopped.get_future());
  };
  factories_.push_back(std::move(receiver));
  Factory exporter;
  exporter.kind = ComponentKind::kExporter;
  exporter.type = "telling";
  exporter.make_config = [] { return std::make_unique<testing::FakeSettings>(); };
  exporter.create_exporter = [&](const CreateSettings&,
                                 const Section&) -> Result<std::unique_ptr<Exporter>> {
    return std::make_unique<TellingExporter>(exporter_stopped);
  };
  factories_.push_back(std::move(exporter));
  const auto graph = BuildAndStart(R"(
receivers: {waiting: }
exporters: {telling: }
service: {pipelines: {traces: {receivers: [waiting], exporters: [telling]}}}
)");

  graph->Stop(std::chrono::steady_clock::now() + std::chrono::milliseconds(50));

  for (const ComponentStatus& component : graph->Statuses()) {
    EXPECT_EQ(StateName(component.state), "stopped") << component.id;
  }
}

TEST_F(GraphTest, AReloadTouchesOnlyWhatChanged) {
  auto before = BuildAndStart(Reloadable("", ""));
  world_.ClearEvents();

  auto after = Build(Reloadable("endpoint: other", ""), before.get());
  ASSERT_TRUE(after.has_value());
  before->StopFor(**after, Soon());
  ASSERT_TRUE((*after)->Start().has_value());
  before.reset();

  EXPECT_EQ(world_.events(), Strings({"stop processor fake", "stop exporter fake",
                                      "start exporter fake", "start processor fake"}));
  EXPECT_EQ((*after)->TakenOver(),
            Strings({"extension fake/auth", "extension fake/same", "exporter fake/same",
                     "receiver fake", "receiver fake/two"}));
  ASSERT_TRUE(Send("fake", 3).has_value());
  EXPECT_EQ(world_.exporter("fake").span_count(), 3u);
  (*after)->Stop(Soon());
}

TEST_F(GraphTest, WhoAskedForAChangedExtensionIsRestarted) {
  auto before = BuildAndStart(Reloadable("", ""));
  world_.ClearEvents();

  auto after = Build(Reloadable("", "endpoint: other"), before.get());
  ASSERT_TRUE(after.has_value());
  before->StopFor(**after, Soon());
  ASSERT_TRUE((*after)->Start().has_value());
  before.reset();

  EXPECT_EQ(world_.events(),
            Strings({"stop receiver fake", "stop processor fake", "stop extension fake/auth",
                     "start extension fake/auth", "start processor fake", "start receiver fake"}));
  (*after)->Stop(Soon());
}

TEST_F(GraphTest, SendersWaitWhileTheirPipelineIsExchanged) {
  auto before = BuildAndStart(Reloadable("", ""));
  auto after = Build(Reloadable("endpoint: other", ""), before.get());
  ASSERT_TRUE(after.has_value());
  before->StopFor(**after, Soon());

  Result<Receipt> result;
  std::thread sender([&] { result = Send("fake", 3); });
  ASSERT_TRUE((*after)->Start().has_value());
  sender.join();

  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(world_.exporter("fake").span_count(), 3u);
  (*after)->Stop(Soon());
}

TEST_F(GraphTest, SendersThatWaitForAReloadHoldUpNobodyElseOnTheWorkers) {
  auto before = BuildAndStart(Reloadable("", ""));
  auto after = Build(Reloadable("endpoint: other", ""), before.get());
  ASSERT_TRUE(after.has_value());
  before->StopFor(**after, Soon());
  std::atomic<bool> is_answered = false;
  std::promise<bool> was_answered;
  {
    base::WorkerPool pool("test", 1, 10);
    ASSERT_TRUE(pool.TryPost([&] {
      EXPECT_TRUE(Send("fake", 3).has_value());
      is_answered = true;
    }));
    ASSERT_TRUE(pool.TryPost([&] { was_answered.set_value(is_answered); }));

    EXPECT_FALSE(was_answered.get_future().get()) << "began only when the other had waited";
    ASSERT_TRUE((*after)->Start().has_value());
  }
  EXPECT_TRUE(is_answered);
  (*after)->Stop(Soon());
}

/// A processor holds what it took when its pipeline is exchanged.
class GraphTestWithLeftovers : public GraphTest {
 protected:
  GraphTestWithLeftovers() {
    before_ = BuildAndStart(Yaml("traces", "fake_keeper", "endpoint: a"));
    EXPECT_TRUE(Send("fake", 3).has_value());
    world_.ClearEvents();
  }
  static std::string Yaml(const std::string& pipeline, const std::string& processor,
                          const std::string& exporter) {
    return "receivers: {fake: }\nprocessors: {" + processor + ": }\nexporters: {fake: {" +
           exporter + "}}\nservice: {pipelines: {" + pipeline +
           ": {receivers: [fake], processors: [" + processor + "], exporters: [fake]}}}\n";
  }
  std::unique_ptr<Graph> ExchangeFor(const std::string& yaml) {
    auto after = Build(yaml, before_.get());
    EXPECT_TRUE(after.has_value());
    before_->StopFor(**after, Soon());
    before_ = nullptr;
    EXPECT_TRUE((*after)->Start().has_value());
    return std::move(*after);
  }
  bool IsDropped() {
    const Strings events = world_.events();
    return std::find(events.begin(), events.end(), "drop fake_keeper") != events.end();
  }

  std::unique_ptr<Graph> before_;
};

TEST_F(GraphTestWithLeftovers, AreLeftToTheSuccessor) {
  const auto after = ExchangeFor(Yaml("traces", "fake_keeper", "endpoint: b"));

  EXPECT_EQ(world_.exporter("fake").span_count(), 3u);
  after->Stop(Soon());
  EXPECT_FALSE(IsDropped());
}

TEST_F(GraphTestWithLeftovers, AreDroppedWhenThereIsNoSuccessor) {
  const auto after = ExchangeFor(Yaml("traces", "fake_batch", "endpoint: b"));

  EXPECT_TRUE(IsDropped());
  after->Stop(Soon());
}

TEST_F(GraphTestWithLeftovers, AreDroppedWhenThePipelineIsGone) {
  const auto after = ExchangeFor(Yaml("traces/other", "fake_keeper", "endpoint: b"));

  EXPECT_TRUE(IsDropped());
  after->Stop(Soon());
}

TEST_F(GraphTestWithLeftovers, AreDroppedByAStop) {
  before_->Stop(Soon());

  EXPECT_TRUE(IsDropped());
}

TEST_F(GraphTest, AFailedSuccessorLeavesWhatItTookOverRunning) {
  auto before = BuildAndStart(Reloadable("", ""));
  auto after = Build(Reloadable("", "", "fail_start: true"), before.get());
  ASSERT_TRUE(after.has_value());
  before->StopFor(**after, Soon());
  ASSERT_FALSE((*after)->Start().has_value());
  world_.ClearEvents();

  auto again = BuildAndStart(Reloadable("", ""), after->get());

  EXPECT_EQ(world_.events(), Strings({"start processor fake", "start receiver fake/two"}));
  EXPECT_TRUE(Send("fake", 3).has_value());
  again->Stop(Soon());
}

TEST_F(GraphTest, AFatalErrorNamesItsComponent) {
  Factory failing;
  failing.kind = ComponentKind::kExporter;
  failing.type = "failing";
  failing.make_config = [] { return std::make_unique<testing::FakeSettings>(); };
  Host* host = nullptr;
  failing.create_exporter = [&](const CreateSettings& settings,
                                const Section& config) -> Result<std::unique_ptr<Exporter>> {
    host = &settings.host;
    for (const Factory& factory : factories_) {
      if (factory.create_exporter && factory.type == "fake") {
        return factory.create_exporter(settings, config);
      }
    }
    return base::Internal("no fake exporter");
  };
  factories_.push_back(std::move(failing));
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {failing/x: }
service: {pipelines: {traces: {receivers: [fake], exporters: [failing/x]}}}
)");

  host->ReportFatalError({Code::kInternal, "the thread ended"});

  EXPECT_EQ(host_.fatal_errors().at(0).message, "\"failing/x\" exporter: the thread ended");
  const ComponentStatus status = graph->Statuses().at(1);
  EXPECT_EQ(StateName(status.state), "failed");
  EXPECT_EQ(status.error, "the thread ended");
  graph->Stop(Soon());
}

}  // namespace
}  // namespace clew::pipeline
