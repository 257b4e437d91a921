#include "pipeline/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "base/testing/no_threads.h"
#include "base/worker_pool.h"
#include "pipeline/call_holder.h"
#include "pipeline/graph/test_graph.h"

namespace clew::pipeline {
namespace {

using std::chrono::seconds;
using testing::GraphTest;
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

std::string Reloadable(const std::string& exporter, const std::string& extension,
                       const std::string& receiver = "") {
  return R"(
receivers: {fake: {needs: fake/auth}, fake/two: {)" +
         receiver + R"(}}
processors: {fake: }
exporters: {fake: {)" +
         exporter + R"(}, fake/same: }
extensions: {fake/auth: {)" +
         extension + R"(}, fake/same: }
service:
  extensions: [fake/auth, fake/same]
  pipelines:
    traces: {receivers: [fake, fake/two], processors: [fake], exporters: [fake, fake/same]}
)";
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

/// A call is under way when the extension of its pipeline is to be exchanged.
class GraphTestUnderACall : public GraphTest {
 protected:
  GraphTestUnderACall() {
    AddHoldingExporter(entered_, let_go_.get_future());
    before_ = BuildAndStart(Yaml(""));
    after_ = std::move(Build(Yaml("endpoint: other"), before_.get()).value());
    sender_ = std::thread([this] { EXPECT_TRUE(Send("fake", 3).has_value()); });
    entered_.get_future().wait();
  }
  static std::string Yaml(const std::string& extension) {
    return "receivers: {fake: }\nexporters: {holding: }\nextensions: {fake: {" + extension +
           "}}\nservice: {extensions: [fake], pipelines: {traces: {receivers: [fake], exporters: "
           "[holding]}}}\n";
  }
  void End() {
    EXPECT_EQ(world_.events().back(), "stop extension fake");
    ASSERT_TRUE(after_->Start().has_value());
    after_->Stop(Soon());
  }

  std::promise<void> entered_;
  std::promise<void> let_go_;
  std::unique_ptr<Graph> before_;
  std::unique_ptr<Graph> after_;
  std::thread sender_;
};

TEST_F(GraphTestUnderACall, AReloadWaitsForItAsLongAsItMay) {
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  before_->StopFor(*after_, deadline);

  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
  let_go_.set_value();
  sender_.join();
  End();
}

TEST_F(GraphTestUnderACall, AReloadGoesOnWhenItEnds) {
  const Deadline deadline = Soon();
  auto stop = std::async(std::launch::async, [&] { before_->StopFor(*after_, deadline); });
  let_go_.set_value();
  stop.wait();

  EXPECT_LT(std::chrono::steady_clock::now(), deadline);
  sender_.join();
  End();
}

TEST_F(GraphTest, ACallOutlivesTheGraphThatItIsIn) {
  std::promise<void> entered;
  std::promise<void> let_go;
  AddHoldingExporter(entered, let_go.get_future());
  const auto yaml = [](const std::string& endpoint, const std::string& processors) {
    return "receivers: {fake: }\nprocessors: {fake: }\nexporters: {holding: {endpoint: " +
           endpoint + "}}\nservice: {pipelines: {traces: {receivers: [fake], processors: [" +
           processors + "], exporters: [holding]}}}\n";
  };
  auto before = BuildAndStart(yaml("a", "fake"));
  auto after = Build(yaml("b", ""), before.get());
  ASSERT_TRUE(after.has_value());
  std::thread sender([&] { EXPECT_TRUE(Send("fake", 3).has_value()); });
  entered.get_future().wait();

  before->StopFor(**after, std::chrono::steady_clock::now());
  before = nullptr;  // as a reload does whose time is over
  let_go.set_value();
  sender.join();

  ASSERT_TRUE((*after)->Start().has_value());
  (*after)->Stop(Soon());
}

/// A receiver whose stop waits for the calls under way, however long; and an exporter whose calls
/// wait for its stop.
class GraphTestWithoutThreads : public GraphTest {
 protected:
  class Exporter final : public pipeline::Exporter, public CallHolder {
   public:
    explicit Exporter(GraphTestWithoutThreads& test) : test_(test) {}
    Status Start(Host&) override { return {}; }
    void Stop(Deadline) override { ReleaseCalls(); }
    void ReleaseCalls() override {
      if (!is_released_.exchange(true)) test_.let_go_.set_value();
    }
    LaterReceipt Consume(const model::BatchPtr&, const Context&) override {
      test_.entered_.set_value();
      test_.let_go_.get_future().wait();
      return Receipt{};
    }

   private:
    GraphTestWithoutThreads& test_;
    std::atomic<bool> is_released_ = false;
  };
  class Receiver final : public pipeline::Receiver {
   public:
    Receiver(GraphTestWithoutThreads& test, Consumer& next) : test_(test), next_(next) {}
    Status Start(Host&) override {
      test_.world_.AddReceiver("waiting", next_);
      return {};
    }
    void Stop(Deadline) override {
      // Not for ever, so that the test ends when it fails.
      test_.was_answered_ =
          test_.answered_future_.wait_for(seconds(10)) == std::future_status::ready;
    }

   private:
    GraphTestWithoutThreads& test_;
    Consumer& next_;
  };

  GraphTestWithoutThreads() {
    Factory receiver;
    receiver.kind = ComponentKind::kReceiver;
    receiver.type = "waiting";
    receiver.make_config = [] { return std::make_unique<testing::FakeSettings>(); };
    receiver.create_receiver = [this](
                                   const CreateSettings&, const Section&,
                                   Consumer& next) -> Result<std::unique_ptr<pipeline::Receiver>> {
      return std::make_unique<Receiver>(*this, next);
    };
    factories_.push_back(std::move(receiver));
    Factory exporter;
    exporter.kind = ComponentKind::kExporter;
    exporter.type = "waiting";
    exporter.make_config = [] { return std::make_unique<testing::FakeSettings>(); };
    exporter.create_exporter = [this](
                                   const CreateSettings&,
                                   const Section&) -> Result<std::unique_ptr<pipeline::Exporter>> {
      return std::make_unique<Exporter>(*this);
    };
    factories_.push_back(std::move(exporter));
    graph_ = BuildAndStart(Yaml(""));
    sender_ = std::thread([this] {
      EXPECT_TRUE(Send("waiting", 3).has_value());
      answered_.set_value();
    });
    entered_.get_future().wait();
  }
  ~GraphTestWithoutThreads() override { sender_.join(); }

  static std::string Yaml(const std::string& receiver) {
    return "receivers: {waiting: {" + receiver +
           "}}\nexporters: {waiting: }\n"
           "service: {pipelines: {traces: {receivers: [waiting], exporters: [waiting]}}}\n";
  }
  static Deadline In(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
  }

  std::promise<void> entered_;
  std::promise<void> let_go_;
  std::promise<void> answered_;
  const std::shared_future<void> answered_future_ = answered_.get_future();
  std::atomic<bool> was_answered_ = false;
  std::unique_ptr<Graph> graph_;
  std::thread sender_;
};

TEST_F(GraphTestWithoutThreads, AStageThatLastsDoesNotHoldUpTheNext) {
  const base::testing::NoThreads no_threads;

  graph_->Stop(In(std::chrono::milliseconds(300)));

  EXPECT_TRUE(was_answered_) << "the exporter was not stopped meanwhile";
}

TEST_F(GraphTestWithoutThreads, AReloadEndsAndCanBeRepeated) {
  const base::testing::NoThreads no_threads;
  const auto after = Build(Reloadable("", ""), graph_.get());
  ASSERT_TRUE(after.has_value());

  graph_->StopFor(**after, In(std::chrono::milliseconds(300)));
  EXPECT_TRUE(was_answered_) << "the exporter was not stopped meanwhile";
  graph_ = nullptr;
  ASSERT_TRUE((*after)->Start().has_value());

  const auto again = Build(Reloadable("endpoint: other", ""), after->get());
  ASSERT_TRUE(again.has_value());
  (*after)->StopFor(**again, Soon());
  ASSERT_TRUE((*again)->Start().has_value());
  EXPECT_TRUE(Send("fake", 3).has_value());
  (*again)->Stop(Soon());
}

TEST_F(GraphTestWithoutThreads, AnExporterThatAReloadKeepsLetsGoOfTheCallsThatHoldItUp) {
  const base::testing::NoThreads no_threads;
  const auto after = Build(Yaml("endpoint: other"), graph_.get());
  ASSERT_TRUE(after.has_value());

  graph_->StopFor(**after, In(std::chrono::milliseconds(300)));

  EXPECT_TRUE(was_answered_);
  EXPECT_EQ((*after)->TakenOver(), Strings({"exporter waiting"}));
  ASSERT_TRUE((*after)->Start().has_value());
  (*after)->Stop(Soon());
}

TEST_F(GraphTest, AStartNeedsTheThreadsOfAStop) {
  auto graph = Build(Reloadable("", ""));
  ASSERT_TRUE(graph.has_value());
  const base::testing::NoThreads no_threads;

  const Status status = (*graph)->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  EXPECT_EQ(world_.events(), Strings());
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
