#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/testing/memory_log.h"
#include "pipeline/follower/testing/fake_store.h"
#include "pipeline/follower/testing/log_extension.h"
#include "pipeline/follower/testing/span_records.h"
#include "pipeline/graph/graph.h"
#include "pipeline/testing/fake_components.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline::testing {

using Strings = std::vector<std::string>;

inline Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

/// A configuration of which a reload can change the settings of an exporter, an extension and a
/// receiver.
inline std::string Reloadable(const std::string& exporter, const std::string& extension,
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

/// Holds each call until it is let go.
class HoldingExporter final : public Exporter {
 public:
  HoldingExporter(std::promise<void>& entered, std::shared_future<void> let_go)
      : entered_(entered), let_go_(std::move(let_go)) {}
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {}
  LaterReceipt Consume(const model::BatchPtr&, const Context&) override {
    entered_.set_value();
    let_go_.wait();
    return Receipt{};
  }

 private:
  std::promise<void>& entered_;
  const std::shared_future<void> let_go_;
};

/// Graphs of fake components, and of extensions "fake_storage" and "fake_storage/b" that provide a
/// log each.
class GraphTest : public ::testing::Test {
 protected:
  GraphTest() : factories_(MakeFakeFactories(world_)) {
    MakeStoresDirect(factories_, world_);
    host_.time = &base::SystemTime();  // a stop keeps its deadlines
    Factory storage;
    storage.kind = ComponentKind::kExtension;
    storage.type = "fake_storage";
    storage.make_config = [] { return std::make_unique<FakeSettings>(); };
    storage.create_extension = [this](const CreateSettings& settings,
                                      const Section&) -> Result<std::unique_ptr<Extension>> {
      return std::make_unique<LogExtension>(settings.id == "fake_storage/b" ? other_log_ : log_);
    };
    factories_.push_back(std::move(storage));
  }

  Result<std::unique_ptr<Graph>> Build(const std::string& yaml, const Graph* previous = nullptr) {
    ConfigSources sources;
    sources.built_in = yaml;
    LoadOutcome outcome = LoadConfig(sources, factories_);
    EXPECT_EQ(FormatProblems(outcome.problems), "");
    return Graph::Build(outcome.config, {host_, codec_, extensions_}, previous);
  }

  std::unique_ptr<Graph> BuildAndStart(const std::string& yaml, const Graph* previous = nullptr) {
    auto graph = Build(yaml, previous);
    EXPECT_TRUE(graph.has_value()) << graph.error().message;
    const Status status = (*graph)->Start();
    EXPECT_TRUE(status.has_value()) << status.error().message;
    return std::move(*graph);
  }

  Result<Receipt> Send(const std::string& receiver, std::size_t span_count) {
    return world_.receiver_next(receiver)->Consume(MakeOpaqueBatch(span_count), Context()).Wait();
  }

  /// One span of this name, as a receiver takes it.
  Result<Receipt> SendSpan(const std::string& receiver, const std::string& name) {
    return world_.receiver_next(receiver)
        ->Consume(model::Batch::FromWire({Bytes(OneSpanRequest(name))}, 1, codec_), Context())
        .Wait();
  }

  /// Of the log of "fake_storage".
  std::vector<log::Record> Records() {
    std::vector<log::Record> records;
    EXPECT_TRUE(log_.Read({},
                          [&](const log::Appended&, const log::Record& record) {
                            records.push_back(record);
                            return Status();
                          })
                    .has_value());
    return records;
  }

  /// Exporter "holding".
  void AddHoldingExporter(std::promise<void>& entered, std::shared_future<void> let_go) {
    Factory exporter;
    exporter.kind = ComponentKind::kExporter;
    exporter.type = "holding";
    exporter.make_config = [] { return std::make_unique<FakeSettings>(); };
    exporter.create_exporter = [&entered, let_go = std::move(let_go)](
                                   const CreateSettings&,
                                   const Section&) -> Result<std::unique_ptr<Exporter>> {
      return std::make_unique<HoldingExporter>(entered, let_go);
    };
    factories_.push_back(std::move(exporter));
  }

  FakeHost host_;
  log::MemoryLog log_;
  log::MemoryLog other_log_;  // of "fake_storage/b"
  wire::otlp::OtlpCodec codec_{wire::otlp::DecodeLimits{}};
  ExtensionSet extensions_;
  FakeWorld world_;
  std::vector<Factory> factories_;
};

}  // namespace clew::pipeline::testing
