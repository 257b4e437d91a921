#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/testing/no_threads.h"
#include "pipeline/call_holder.h"
#include "pipeline/graph/test_graph.h"

/// Graphs that are stopped or exchanged while calls are under way, or threads are missing.
namespace clew::pipeline {
namespace {

using std::chrono::seconds;
using testing::GraphTest;
using testing::Reloadable;
using testing::Soon;
using testing::Strings;

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

}  // namespace
}  // namespace clew::pipeline
