#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/batch_holder.h"
#include "pipeline/graph/test_graph.h"
#include "pipeline/testing/counted_clock.h"

/// Exporters behind a log, each of which follows it for itself.
namespace clew::pipeline {
namespace {

using testing::GraphTest;
using testing::RecordingConsumer;
using testing::Soon;
using testing::Strings;

/// A pipeline that stores, and hands on to `exporters` through `processors`.
std::string Following(const std::string& exporters, const std::string& processors = "") {
  return R"(
receivers: {fake: }
processors: {fake_batch: , fake_sampler: , fake_keeper: }
exporters: {fake: , fake/2: , fake/3: , fake_store: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/main: {receivers: [fake], processors: [)" +
         processors + "], exporters: [" + exporters + ", fake_store]}\n";
}

class GraphFollowerTest : public GraphTest {
 protected:
  static constexpr auto kFormer = "pipeline/traces/main";
  static constexpr auto kFirst = "pipeline/traces/main>fake";
  static constexpr auto kSecond = "pipeline/traces/main>fake/2";
  static constexpr auto kThird = "pipeline/traces/main>fake/3";

  log::Appended Append(const std::string& name) {
    return testing::AppendSpan(log_, "traces/main", name);
  }

  /// The last letters of the names of the spans that an exporter got, in order.
  static std::string Names(const RecordingConsumer& exporter) {
    std::string names;
    for (const RecordingConsumer::Entry& entry : exporter.entries()) {
      names += std::string(entry.batch->wire().at(0).view()).back();
    }
    return names;
  }

  std::unique_ptr<Graph> Exchange(std::unique_ptr<Graph> before, const std::string& yaml) {
    auto after = Build(yaml, before.get());
    EXPECT_TRUE(after.has_value()) << after.error().message;
    before->StopFor(**after, Soon());
    const Status started = (*after)->Start();
    EXPECT_TRUE(started.has_value()) << started.error().message;
    return std::move(*after);
  }

  void ReleaseAll() {
    for (RecordingConsumer* exporter : {&first_, &second_, &third_}) exporter->ReleaseDeliveries();
  }

  RecordingConsumer& first_ = world_.exporter("fake");
  RecordingConsumer& second_ = world_.exporter("fake/2");
  RecordingConsumer& third_ = world_.exporter("fake/3");
};

TEST_F(GraphFollowerTest, AnExporterThatIsAwayHoldsUpNoOther) {
  constexpr std::size_t kMany = 2'000;
  first_.FailAlways({Code::kUnavailable, "down"});
  const log::Position begin = log_.end();
  auto graph = BuildAndStart(Following("fake, fake/2"));
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_TRUE(SendSpan("fake", "a").has_value());
  ASSERT_TRUE(second_.WaitForSpans(kMany));
  ASSERT_TRUE(first_.WaitForRefusals(1));
  ReleaseAll();
  graph->Stop(Soon());
  graph = nullptr;
  EXPECT_EQ(log_.Committed(kFirst), begin);
  EXPECT_EQ(log_.Committed(kSecond), log_.end());
  first_.Succeed();

  graph = BuildAndStart(Following("fake, fake/2"));
  ASSERT_TRUE(SendSpan("fake", "b").has_value());

  EXPECT_TRUE(first_.WaitForSpans(kMany + 1));
  EXPECT_TRUE(second_.WaitForSpans(kMany + 1));
  ReleaseAll();
  graph->Stop(Soon());
  EXPECT_EQ(log_.Committed(kFirst), log_.end());
  EXPECT_EQ(log_.Committed(kSecond), log_.end());
  EXPECT_EQ(first_.span_count(), kMany + 1);
  EXPECT_EQ(second_.span_count(), kMany + 1) << "a second time";
}

TEST_F(GraphFollowerTest, EachGoesOnFromTheOneThatTheyHadInFormerReleases) {
  const log::Appended sent = Append("a");
  Append("b");
  ASSERT_TRUE(log_.Commit(kFormer, sent.end).has_value());

  ::testing::internal::CaptureStderr();
  const auto graph = BuildAndStart(Following("fake, fake/2"));
  const std::string log = ::testing::internal::GetCapturedStderr();
  Append("c");

  EXPECT_TRUE(first_.WaitForSpans(2));
  EXPECT_TRUE(second_.WaitForSpans(2));
  EXPECT_EQ(Names(first_), "bc");
  EXPECT_EQ(Names(second_), "bc");
  EXPECT_EQ(log_.Consumers(), Strings({kFirst, kSecond}));
  EXPECT_EQ(host_.metrics().Sum("clew_follower_forgotten_bytes_total"), 0);
  EXPECT_EQ(log.find("gone"), std::string::npos) << log;
  ReleaseAll();
  graph->Stop(Soon());
}

TEST_F(GraphFollowerTest, AnUpgradeThatWasCutShortIsGoneOnWith) {
  const log::Appended a = Append("a");
  const log::Appended b = Append("b");
  Append("c");
  // The first had begun for itself, and was further when the process died.
  ASSERT_TRUE(log_.Commit(kFormer, a.end).has_value());
  ASSERT_TRUE(log_.Commit(kFirst, b.end).has_value());

  const auto graph = BuildAndStart(Following("fake, fake/2"));

  EXPECT_TRUE(first_.WaitForSpans(1));
  EXPECT_TRUE(second_.WaitForSpans(2));
  ReleaseAll();
  graph->Stop(Soon());
  EXPECT_EQ(Names(first_), "c");
  EXPECT_EQ(Names(second_), "bc");
  EXPECT_EQ(log_.Consumers(), Strings({kFirst, kSecond}));
}

TEST_F(GraphFollowerTest, AnUpgradeThatDoesNotStartLeavesTheFormerPosition) {
  const log::Position position = Append("a").end;
  ASSERT_TRUE(log_.Commit(kFormer, position).has_value());
  std::string yaml = Following("fake, fake/2");
  yaml.replace(yaml.find("{fake: }"), 8, "{fake: {fail_start: true}}");
  auto graph = Build(yaml);
  ASSERT_TRUE(graph.has_value());

  ASSERT_FALSE((*graph)->Start().has_value());

  EXPECT_EQ(log_.Consumers(), Strings({kFormer}));
  EXPECT_EQ(log_.Committed(kFormer), position);
}

TEST_F(GraphFollowerTest, OneThatIsAddedGetsNothingOld) {
  auto graph = BuildAndStart(Following("fake, fake/2"));
  ASSERT_TRUE(SendSpan("fake", "a").has_value());
  ASSERT_TRUE(first_.WaitForSpans(1));
  ASSERT_TRUE(second_.WaitForSpans(1));
  ReleaseAll();
  second_.FailAlways({Code::kUnavailable, "down"});
  ASSERT_TRUE(SendSpan("fake", "b").has_value());
  ASSERT_TRUE(first_.WaitForSpans(2));
  ReleaseAll();

  graph = Exchange(std::move(graph), Following("fake, fake/2, fake/3"));
  ASSERT_TRUE(SendSpan("fake", "c").has_value());

  EXPECT_TRUE(first_.WaitForSpans(3));
  EXPECT_TRUE(third_.WaitForSpans(1));
  ReleaseAll();
  graph->Stop(Soon());
  EXPECT_EQ(Names(first_), "abc");
  EXPECT_EQ(Names(third_), "c") << "what the first has already is old, though the second lacks it";
}

TEST_F(GraphFollowerTest, OneThatIsRenamedMissesNothing) {
  auto graph = BuildAndStart(Following("fake, fake/2"));
  ASSERT_TRUE(SendSpan("fake", "a").has_value());
  ASSERT_TRUE(first_.WaitForSpans(1));
  ASSERT_TRUE(second_.WaitForSpans(1));
  ReleaseAll();
  first_.FailAlways({Code::kUnavailable, "down"});
  ASSERT_TRUE(SendSpan("fake", "b").has_value());
  ASSERT_TRUE(second_.WaitForSpans(2));
  ReleaseAll();

  graph = Exchange(std::move(graph), Following("fake/3, fake/2"));

  EXPECT_TRUE(third_.WaitForSpans(1));
  EXPECT_EQ(log_.Consumers(), Strings({kSecond, kThird}));
  ReleaseAll();
  graph->Stop(Soon());
  EXPECT_EQ(Names(third_), "b");
  EXPECT_EQ(Names(second_), "ab");
}

TEST_F(GraphFollowerTest, OneThatIsTakenOutIsForgottenAndToldWhatItHadNotGot) {
  const log::Position begin = log_.end();
  first_.FailAlways({Code::kUnavailable, "down"});
  auto graph = BuildAndStart(Following("fake, fake/2"));
  std::size_t count = 0;
  for (; log_.end().offset - begin.offset <= log::kBytesBetweenRecordsMax; ++count) {
    ASSERT_TRUE(SendSpan("fake", "a").has_value());
  }
  ASSERT_TRUE(second_.WaitForSpans(count));
  ReleaseAll();

  graph = Exchange(std::move(graph), Following("fake/2"));

  EXPECT_EQ(log_.Consumers(), Strings({kSecond}));
  EXPECT_EQ(host_.metrics().Sum("clew_follower_forgotten_bytes_total"),
            log_.end().offset - begin.offset);
  ASSERT_TRUE(SendSpan("fake", "b").has_value());
  EXPECT_TRUE(second_.WaitForSpans(count + 1));
  ReleaseAll();
  graph->Stop(Soon());
  EXPECT_EQ(second_.span_count(), count + 1);
  EXPECT_EQ(first_.span_count(), 0u);
}

TEST_F(GraphFollowerTest, ProcessorsBehindTheLogAreThereOnceForEachExporter) {
  const auto graph = BuildAndStart(Following("fake, fake/2", "fake_batch"));

  EXPECT_EQ(std::ranges::count(world_.events(), "start processor fake_batch"), 2);
  EXPECT_EQ(
      std::ranges::count((*graph).Statuses(), ComponentKind::kProcessor, &ComponentStatus::kind),
      1);
  ASSERT_TRUE(SendSpan("fake", "a").has_value());
  EXPECT_TRUE(first_.WaitForSpans(1));
  EXPECT_TRUE(second_.WaitForSpans(1));
  ReleaseAll();
  graph->Stop(Soon());
  EXPECT_EQ(std::ranges::count(world_.events(), "stop processor fake_batch"), 2);
}

TEST_F(GraphFollowerTest, WhatAProcessorLeavesOfAPipelineThatIsLoggedNowGoesToAllExporters) {
  auto graph = BuildAndStart(
      "receivers: {fake: }\nprocessors: {fake_keeper: }\nexporters: {fake: }\nservice: {pipelines: "
      "{traces/main: {receivers: [fake], processors: [fake_keeper], exporters: [fake]}}}\n");
  ASSERT_TRUE(Send("fake", 3).has_value());

  graph = Exchange(std::move(graph), Following("fake, fake/2", "fake_sampler, fake_keeper"));

  EXPECT_EQ(first_.span_count(), 3u);
  EXPECT_EQ(second_.span_count(), 3u);
  graph->Stop(Soon());
}

TEST_F(GraphFollowerTest, ARefusedReloadGivesBackWhatAProcessorLeftOnce) {
  const std::string before =
      "receivers: {fake: }\nprocessors: {fake_keeper: }\nexporters: {fake: }\nservice: {pipelines: "
      "{traces/main: {receivers: [fake], processors: [fake_keeper], exporters: [fake]}}}\n";
  auto graph = BuildAndStart(before);
  ASSERT_TRUE(Send("fake", 3).has_value());
  // It was left to each of two tails then, and none of them came to run.
  std::string yaml = Following("fake, fake/2, fake/3", "fake_sampler, fake_keeper");
  yaml.replace(yaml.find("fake/3: "), 8, "fake/3: {fail_start: true}");
  auto failed = Build(yaml, graph.get());
  ASSERT_TRUE(failed.has_value()) << failed.error().message;
  graph->StopFor(**failed, Soon());
  ASSERT_FALSE((*failed)->Start().has_value());

  auto restored = Build(before, failed->get());
  ASSERT_TRUE(restored.has_value());
  (*failed)->LeaveTo(**restored);
  ASSERT_TRUE((*restored)->Start().has_value());

  EXPECT_EQ(first_.span_count(), 3u);
  EXPECT_EQ(second_.span_count(), 0u);
  const auto events = world_.events();
  EXPECT_EQ(std::ranges::count(events, "drop fake_keeper"), 0);
  (*restored)->Stop(Soon());
}

/// Followers with 64 KiB for all of them, and exporters that hold what they get.
class GraphShareTest : public GraphFollowerTest {
 protected:
  GraphShareTest() { host_.time = &clock_; }

  /// How many spans each may have at once when there are so many followers.
  std::size_t ShareOf(std::size_t follower_count) {
    const std::uint64_t bytes = 1024 + Records().front().body.size();
    return host_.memory().account(base::MemoryUse::kFollowers).limit() / follower_count / bytes;
  }
  /// Until followers have come round several times: what they would do wrong they have done.
  void PassRounds() {
    const int until = clock_.asked_count() + 50;
    const Deadline limit = Soon() + std::chrono::seconds(15);
    while (clock_.asked_count() < until) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      std::this_thread::yield();
    }
  }

  testing::CountedClock clock_{base::SystemTime()};
  const std::shared_ptr<void> limit_ = host_.memory().Limit(1u << 20);
};

TEST_F(GraphShareTest, EachExporterHasAnEqualShareOfTheMemory) {
  const auto graph = BuildAndStart(Following("fake, fake/2"));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(SendSpan("fake", "a").has_value());
  const std::size_t share = ShareOf(2);
  ASSERT_LT(share, 50u);

  EXPECT_TRUE(first_.WaitForSpans(share));
  EXPECT_TRUE(second_.WaitForSpans(share));
  PassRounds();

  EXPECT_EQ(first_.span_count(), share);
  EXPECT_EQ(second_.span_count(), share);
  ReleaseAll();
  graph->Stop(Soon());
  ReleaseAll();
}

TEST_F(GraphShareTest, AnExporterThatAReloadKeepsHasOneShare) {
  auto graph = BuildAndStart(Following("fake"));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(SendSpan("fake", "a").has_value());
  const std::size_t share = ShareOf(1);
  ASSERT_TRUE(first_.WaitForSpans(share));

  for (const std::size_t extra : {1u, 2u}) {
    graph = Exchange(std::move(graph), Following("fake", extra == 1 ? "fake_sampler" : ""));
    ASSERT_TRUE(first_.WaitForSpans(share + extra)) << "one may always be on its way";
    PassRounds();
    EXPECT_EQ(first_.span_count(), share + extra);
  }
  ReleaseAll();
  EXPECT_TRUE(first_.WaitForSpans(2 * share));
  graph->Stop(Soon());
  ReleaseAll();
}

/// Keeps what it gets until it is told that no more comes.
class Hoarder final : public Processor, public BatchHolder {
 public:
  explicit Hoarder(Consumer& next) : next_(next) {}
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {
    const std::scoped_lock lock(mutex_);
    for (const auto& [batch, context] : held_) context.delivery->Abandon();
    held_.clear();
  }
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override {
    const std::scoped_lock lock(mutex_);
    held_.emplace_back(batch, context);
    return Receipt{};
  }
  bool HandOnSoon() override {
    const std::scoped_lock lock(mutex_);
    const auto held = std::exchange(held_, {});
    for (const auto& [batch, context] : held) {
      EXPECT_TRUE(next_.Consume(batch, context).Wait().has_value());
    }
    return !held.empty();
  }

 private:
  Consumer& next_;
  std::mutex mutex_;
  std::vector<std::pair<model::BatchPtr, Context>> held_;
};

// As batch with a long timeout, to which more than its exporter's share would have to come first.
TEST_F(GraphShareTest, WhatIsHeldUntilMoreComesGoesOnWhenNoMoreHasRoom) {
  Factory hoarder;
  hoarder.kind = ComponentKind::kProcessor;
  hoarder.type = "hoarder";
  hoarder.placement = Placement::kBehindLogRegrouping;
  hoarder.signals = model::SignalSet::All();
  hoarder.make_config = [] { return std::make_unique<testing::FakeSettings>(); };
  hoarder.create_processor = [](const CreateSettings&, const Section&,
                                Consumer& next) -> Result<std::unique_ptr<Processor>> {
    return std::make_unique<Hoarder>(next);
  };
  factories_.push_back(std::move(hoarder));
  std::string yaml = Following("fake", "hoarder");
  yaml.replace(yaml.find("fake_batch: ,"), 13, "hoarder: ,");
  const auto graph = BuildAndStart(yaml);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(SendSpan("fake", "a").has_value());
  const std::size_t share = ShareOf(1);

  for (std::size_t count = share; count <= 3 * share; count += share) {
    ASSERT_TRUE(first_.WaitForSpans(count));
    first_.ReleaseDeliveries();
  }

  graph->Stop(Soon());
  ReleaseAll();
}

TEST_F(GraphFollowerTest, AConnectorFollowsForItselfWhateverSignalsItLeadsTo) {
  const auto graph = BuildAndStart(R"(
receivers: {fake: }
exporters: {fake: , fake/2: , fake/3: , fake_store: }
connectors: {fake_way: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines:
    traces/main: {receivers: [fake], exporters: [fake, fake_store, fake_way]}
    traces/sent: {receivers: [fake_way], exporters: [fake/2]}
    metrics/made: {receivers: [fake_way], exporters: [fake/3]}
)");
  first_.FailAlways({Code::kUnavailable, "down"});

  ASSERT_TRUE(SendSpan("fake", "a").has_value());

  EXPECT_TRUE(second_.WaitForSpans(1));
  EXPECT_TRUE(third_.WaitForSpans(1));
  EXPECT_EQ(log_.Consumers(), Strings({kFirst, "pipeline/traces/main>fake_way"}));
  ReleaseAll();
  graph->Stop(Soon());
  EXPECT_EQ(log_.Committed("pipeline/traces/main>fake_way"), log_.end());
  EXPECT_LT(log_.Committed(kFirst), log_.end());
}

}  // namespace
}  // namespace clew::pipeline
