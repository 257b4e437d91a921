#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pipeline/config/pipeline_edges.h"
#include "pipeline/testing/fake_components.h"

namespace clew::pipeline {
namespace {

using ::testing::ElementsAre;

/// Pipelines over receiver and exporter "fake" and the connectors "fake_way", "fake_way/2".
class ConnectorsTest : public ::testing::Test {
 protected:
  LoadOutcome Load(const std::string& pipelines) {
    ConfigSources sources;
    sources.built_in = R"(
receivers: {fake: }
processors: {fake: , fake_batch: }
exporters: {fake: , fake_store: , fake_store/2: }
connectors: {fake_way: , fake_way/2: , fake_way/3: }
service:
  pipelines:
)" + pipelines;
    return LoadConfig(sources, factories_);
  }
  /// Without the place, which is the same for all of a file that is built in.
  std::string ProblemsOf(const std::string& pipelines) {
    std::string messages;
    for (const Problem& problem : Load(pipelines).problems) messages += problem.message + "\n";
    return messages;
  }

  testing::FakeWorld world_;
  const std::vector<Factory> factories_ = testing::MakeFakeFactories(world_);
};

TEST_F(ConnectorsTest, JoinPipelinesInOrder) {
  const LoadOutcome outcome = Load(R"(
    traces/last: {receivers: [fake_way/2], exporters: [fake]}
    traces/alone: {receivers: [fake], exporters: [fake]}
    traces/first: {receivers: [fake], exporters: [fake_way]}
    traces/middle: {receivers: [fake_way], exporters: [fake, fake_way/2]}
    metrics/made: {receivers: [fake_way], exporters: [fake]}
)");
  ASSERT_NE(outcome.config, nullptr) << FormatProblems(outcome.problems);
  EXPECT_THAT(DownstreamFirst(*outcome.config), ElementsAre(0, 1, 3, 4, 2));
  EXPECT_THAT(UpstreamFirst(*outcome.config), ElementsAre(1, 2, 3, 4, 0));
}

TEST_F(ConnectorsTest, OneThatNobodyNamesIsLeftAlone) {
  EXPECT_EQ(ProblemsOf("    traces: {receivers: [fake], exporters: [fake]}"), "");
}

TEST_F(ConnectorsTest, BothSidesAreNamed) {
  EXPECT_EQ(
      ProblemsOf(R"(
    traces/a: {receivers: [fake], exporters: [fake_way]}
    traces/b: {receivers: [fake], exporters: [fake_way]}
    logs: {receivers: [fake_way/2], exporters: [fake]}
)"),
      "connector \"fake_way\" used as exporter in [traces/a traces/b] pipeline but not used in "
      "any supported receiver pipeline\n"
      "connector \"fake_way/2\" used as receiver in [logs] pipeline but not used in any "
      "supported exporter pipeline\n");
}

TEST_F(ConnectorsTest, SignalsThatItDoesNotJoinAreNotJoined) {
  EXPECT_EQ(ProblemsOf(R"(
    logs: {receivers: [fake], exporters: [fake_way]}
    metrics: {receivers: [fake_way], exporters: [fake]}
)"),
            "connector \"fake_way\" used as exporter in [logs] pipeline but not used in any "
            "supported receiver pipeline\n"
            "connector \"fake_way\" used as receiver in [metrics] pipeline but not used in any "
            "supported exporter pipeline\n");
}

TEST_F(ConnectorsTest, ACycleIsToldWithItsPath) {
  EXPECT_EQ(ProblemsOf(R"(
    traces/in: {receivers: [fake], exporters: [fake_way/3]}
    traces/a: {receivers: [fake, fake_way/2, fake_way/3], exporters: [fake_way]}
    traces/b: {receivers: [fake_way], exporters: [fake, fake_way/2]}
)"),
            "service::pipelines::traces/a: cycle detected: traces/a -> fake_way -> traces/b -> "
            "fake_way/2 -> traces/a; take one of these connectors out\n");
  EXPECT_EQ(ProblemsOf("    traces: {receivers: [fake, fake_way], exporters: [fake_way]}"),
            "service::pipelines::traces: cycle detected: traces -> fake_way -> traces; take one of "
            "these connectors out\n");
}

TEST_F(ConnectorsTest, OnlyOneOfTheStoresOnAWay) {
  EXPECT_EQ(ProblemsOf(R"(
    traces/a: {receivers: [fake], exporters: [fake_store, fake_way]}
    traces/b: {receivers: [fake_way], exporters: [fake, fake_way/2]}
    traces/c: {receivers: [fake_way/2], exporters: [fake_store]}
)"),
            "service::pipelines::traces/a: stores, and so does \"traces/c\" behind it (traces/a -> "
            "fake_way -> traces/b -> fake_way/2 -> traces/c): store in one of them\n");
  EXPECT_EQ(ProblemsOf(R"(
    traces/a: {receivers: [fake], exporters: [fake_way]}
    traces/b: {receivers: [fake_way], exporters: [fake_store]}
    traces/c: {receivers: [fake_way], exporters: [fake_store/2]}
)"),
            "");
}

TEST_F(ConnectorsTest, NothingIsHeldBackBeforeAStore) {
  EXPECT_EQ(ProblemsOf(R"(
    traces/a: {receivers: [fake], processors: [fake, fake_batch], exporters: [fake_way]}
    traces/b: {receivers: [fake_way], processors: [fake_batch], exporters: [fake_store]}
)"),
            "service::pipelines::traces/a: processor \"fake_batch\" holds items back, and "
            "\"traces/b\" behind it stores (traces/a -> fake_way -> traces/b): senders would be "
            "answered before that is done, name it in \"traces/b\"\n");
}

TEST_F(ConnectorsTest, ManyWaysAreNoTrouble) {
  // Two pipelines a step, each of which leads to both of the next: 2^40 ways to the store.
  constexpr int kSteps = 40;
  std::string connectors;
  std::string pipelines;
  for (int step = 0; step < kSteps; ++step) {
    const std::string in = step == 0 ? "fake" : fmt::format("fake_way/{}", step);
    const std::string out =
        step + 1 == kSteps ? "fake_store" : fmt::format("fake_way/{}", step + 1);
    connectors += fmt::format("fake_way/{}: , ", step);
    for (const char* name : {"a", "b"}) {
      pipelines += fmt::format("    traces/{}{}: {{receivers: [{}], exporters: [{}]}}\n", name,
                               step, in, out);
    }
  }
  ConfigSources sources;
  sources.built_in = fmt::format(
      "receivers: {{fake: }}\nexporters: {{fake_store: }}\nconnectors: {{{}}}\nservice:\n"
      "  pipelines:\n{}",
      connectors, pipelines);
  const LoadOutcome outcome = LoadConfig(sources, factories_);
  EXPECT_NE(outcome.config, nullptr) << FormatProblems(outcome.problems);
}

}  // namespace
}  // namespace clew::pipeline
