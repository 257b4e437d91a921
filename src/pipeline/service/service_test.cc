#include "pipeline/service/service.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/testing/no_threads.h"
#include "base/testing/test_folder.h"
#include "log/testing/memory_log.h"
#include "pipeline/follower/testing/fake_store.h"
#include "pipeline/follower/testing/log_extension.h"
#include "pipeline/testing/fake_components.h"
#include "pipeline/testing/opaque_batch.h"
#include "wire/otlp/encode.h"

namespace clew::pipeline {
namespace {

using std::chrono::seconds;
using Strings = std::vector<std::string>;

Deadline Soon() { return std::chrono::steady_clock::now() + seconds(5); }

std::string Yaml(const std::string& receiver, const std::string& exporter) {
  return "receivers: {fake: {" + receiver + "}, fake/two: }\nexporters: {fake: {" + exporter +
         "}}\nextensions: {fake: }\nservice:\n  extensions: [fake]\n  pipelines: {traces: "
         "{receivers: [fake, fake/two], exporters: [fake]}}\n";
}

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest()
      : path_(folder_.path() + "/config.yaml"), factories_(testing::MakeFakeFactories(world_)) {
    std::filesystem::create_directories(folder_.path());
    Write(Yaml("", ""));
    ServiceOptions options;
    options.sources.uris = {path_};
    options.worker_count = 1;
    options.apply_telemetry = [this](const TelemetryConfig& telemetry) -> Status {
      telemetry_.push_back(telemetry.log_level);
      if (telemetry.prometheus_port == 1) return base::Unavailable("port 1 is taken");
      return {};
    };
    options.on_fatal_error = [this](const Error& error) { fatal_errors_.push_back(error.message); };
    service_ = std::make_unique<Service>(std::move(options), factories_, metrics_, clock_, loops_);
  }

  void Write(const std::string& yaml) { std::ofstream(path_) << yaml; }

  bool Takes() {
    Consumer* next = world_.receiver_next("fake");
    return next && next->Consume(testing::MakeOpaqueBatch(1), Context()).Wait().has_value();
  }

  const base::testing::TestFolder folder_;
  const std::string path_;
  testing::FakeWorld world_;
  const std::vector<Factory> factories_;
  base::Metrics metrics_;
  base::ManualClock clock_{1000};
  Strings telemetry_;
  Strings fatal_errors_;
  net::Loops loops_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceTest, StartsRunsAndStops) {
  EXPECT_FALSE(service_->CheckReady().has_value());
  ASSERT_TRUE(service_->Start().has_value());

  EXPECT_TRUE(service_->CheckReady().has_value());
  world_.SetExtensionReadiness(base::Unavailable("the log is being replayed"));
  EXPECT_EQ(service_->CheckReady().error().message, "fake: the log is being replayed");
  world_.SetExtensionReadiness({});
  EXPECT_TRUE(Takes());
  const ServiceStatus status = service_->status();
  EXPECT_EQ(StateName(status.state), "running");
  EXPECT_EQ(status.running_since, 1000);
  EXPECT_EQ(status.components.size(), 4u);
  EXPECT_EQ(telemetry_, Strings({"info"}));

  service_->Shutdown(Soon());
  service_->Shutdown(Soon());
  EXPECT_EQ(StateName(service_->status().state), "stopped");
  EXPECT_FALSE(service_->CheckReady().has_value());
  EXPECT_FALSE(Takes());
}

TEST_F(ServiceTest, ABadConfigurationDoesNotStart) {
  Write(Yaml("endpoit: x", "timeout: 5"));

  const Status status = service_->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message,
            "invalid configuration:\n" + path_ +
                ":1: 'receivers::fake' has invalid keys: endpoit (did you mean \"endpoint\"?)\n" +
                path_ +
                ":2: 'exporters::fake::timeout' expected a duration with its unit, e.g. 5s, got "
                "the integer 5");
  EXPECT_EQ(world_.events(), Strings());
}

TEST_F(ServiceTest, AFailedStartIsTold) {
  Write(Yaml("fail_start: true", ""));

  const Status status = service_->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "failed to start \"fake\" receiver: told to fail");
  EXPECT_EQ(StateName(service_->status().state), "stopped");
}

TEST_F(ServiceTest, ReloadAppliesWhatChanged) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();
  Write(Yaml("", "endpoint: other"));
  clock_.Advance(Nanos(5));

  ASSERT_TRUE(service_->Reload().has_value());

  EXPECT_EQ(world_.events(), Strings({"stop exporter fake", "start exporter fake", "ready fake"}));
  EXPECT_TRUE(Takes());
  EXPECT_EQ(service_->status().reloaded_at, 1005);
  EXPECT_EQ(StateName(service_->status().state), "running");
}

TEST_F(ServiceTest, ReloadOfTheSameChangesNothing) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();

  EXPECT_TRUE(service_->Reload().has_value());

  EXPECT_EQ(world_.events(), Strings());
  EXPECT_TRUE(Takes());
}

TEST_F(ServiceTest, ABrokenFileIsRefusedAndTheOldConfigurationRunsOn) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();
  Write("receivers: [");

  const Status status = service_->Reload();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(service_->status().reload_error, status.error().message);
  EXPECT_EQ(world_.events(), Strings());
  EXPECT_TRUE(Takes());
  EXPECT_TRUE(service_->CheckReady().has_value());
}

TEST_F(ServiceTest, AReceiverThatDoesNotStartBringsTheOldConfigurationBack) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();
  Write(Yaml("fail_start: true", ""));

  const Status status = service_->Reload();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "failed to start \"fake\" receiver: told to fail");
  EXPECT_EQ(world_.events(), Strings({"stop receiver fake", "start receiver fake", "ready fake"}));
  EXPECT_TRUE(Takes());
  EXPECT_TRUE(fatal_errors_.empty());
  EXPECT_TRUE(service_->CheckReady().has_value());

  Write(Yaml("endpoint: third", ""));
  EXPECT_TRUE(service_->Reload().has_value());
  EXPECT_EQ(service_->status().reload_error, "");
}

TEST_F(ServiceTest, ARefusedReloadLosesNothingThatAProcessorHolds) {
  const auto yaml = [](const std::string& exporter) {
    return "receivers: {fake: }\nprocessors: {fake_keeper: }\nexporters: {fake: {" + exporter +
           "}}\nservice: {pipelines: {traces: {receivers: [fake], processors: [fake_keeper], "
           "exporters: [fake]}}}\n";
  };
  Write(yaml(""));
  ASSERT_TRUE(service_->Start().has_value());
  ASSERT_TRUE(Takes());
  Write(yaml("fail_start: true"));

  EXPECT_FALSE(service_->Reload().has_value());

  EXPECT_EQ(world_.exporter("fake").span_count(), 1u);
}

TEST_F(ServiceTest, AStartIsGivenUpBetweenTwoComponents) {
  world_.on_event = [this](const std::string& event) {
    if (event == "start receiver fake") service_->GiveUpStarts();
  };

  const Status status = service_->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kCancelled);
  EXPECT_EQ(status.error().message,
            "failed to start \"fake/two\" receiver: the process is asked to end");
  EXPECT_EQ(world_.events().back(), "stop extension fake");
}

TEST_F(ServiceTest, AReloadIsGivenUpAndTheRestStops) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();
  world_.on_event = [this](const std::string& event) {
    if (event == "stop receiver fake") service_->GiveUpStarts();
  };
  Write(Yaml("endpoint: other", ""));

  EXPECT_EQ(service_->Reload().error().code, Code::kCancelled);
  EXPECT_EQ(service_->Reload().error().code, Code::kFailedPrecondition);

  EXPECT_TRUE(fatal_errors_.empty());
  service_->Shutdown(Soon());
  EXPECT_EQ(world_.events(),
            Strings({"stop receiver fake", "not ready fake", "stop receiver fake/two",
                     "stop exporter fake", "stop extension fake"}));
}

/// Nobody reads standard error: the line of a refusal waits for ever.
TEST_F(ServiceTest, TellsItsStatusWhileALineCannotBeWritten) {
  ASSERT_TRUE(service_->Start().has_value());
  Write("receivers: [");
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  // The first line of a reload fits, and that of the refusal does not.
  const int size = ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  ASSERT_GT(size, 0);
  const std::string filling(static_cast<std::size_t>(size) - 100, ' ');
  ASSERT_EQ(::write(ends[1], filling.data(), filling.size()), std::ssize(filling));
  const int old_error = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  auto reload = std::async(std::launch::async, [this] { return service_->Reload(); });
  int waiting = 0;
  while (waiting <= std::ssize(filling)) ::ioctl(ends[0], FIONREAD, &waiting);

  auto asked = std::async(std::launch::async, [this] {
    for (int i = 0; i < 10'000; ++i) {
      service_->status();
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(asked.wait_for(seconds(60)), std::future_status::ready);
  EXPECT_EQ(reload.wait_for(seconds(0)), std::future_status::timeout);

  std::string read(static_cast<std::size_t>(size), ' ');
  while (reload.wait_for(seconds(0)) != std::future_status::ready) {
    ::ioctl(ends[0], FIONREAD, &waiting);
    if (waiting > 0) {
      EXPECT_GT(::read(ends[0], read.data(), read.size()), 0);
    }
  }
  EXPECT_FALSE(reload.get().has_value());
  ::dup2(old_error, STDERR_FILENO);
  for (const int file : {old_error, ends[0], ends[1]}) ::close(file);
}

TEST_F(ServiceTest, WithoutThreadsAReloadIsRefusedAndAStopGoesOn) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();
  Write(Yaml("with_thread: true", ""));
  const base::testing::NoThreads no_threads;

  const Status status = service_->Reload();

  ASSERT_FALSE(status.has_value());
  EXPECT_TRUE(status.error().message.starts_with(
      "failed to start \"fake\" receiver: cannot start a thread: "))
      << status.error().message;
  EXPECT_EQ(world_.events(), Strings({"stop receiver fake", "start receiver fake", "ready fake"}));
  EXPECT_TRUE(Takes());
  EXPECT_TRUE(fatal_errors_.empty());

  service_->Shutdown(Soon());
  EXPECT_EQ(StateName(service_->status().state), "stopped");
}

TEST_F(ServiceTest, WithoutThreadsForGrpcAReloadStopsNothing) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();
  Write(Yaml("uses_grpc: true", ""));
  const base::testing::NoThreads no_threads;

  const Status status = service_->Reload();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  EXPECT_EQ(world_.events(), Strings());
  EXPECT_EQ(telemetry_, Strings({"info"}));
  EXPECT_EQ(StateName(service_->status().state), "running");
}

TEST_F(ServiceTest, AReloadNeedsNoThreadsForTheGrpcThatItKeeps) {
  Write(Yaml("uses_grpc: true", ""));
  ASSERT_TRUE(service_->Start().has_value());
  Write(Yaml("uses_grpc: true", "endpoint: other"));
  const base::testing::NoThreads no_threads;

  const Status status = service_->Reload();

  EXPECT_TRUE(status.has_value()) << status.error().message;
}

TEST_F(ServiceTest, WithoutThreadsAStartIsAnError) {
  Write(Yaml("", "with_thread: true"));
  const base::testing::NoThreads no_threads;

  const Status status = service_->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(status.error().message.contains("ulimit -u")) << status.error().message;
}

TEST_F(ServiceTest, TelemetryThatCannotBeAppliedRefusesTheReload) {
  ASSERT_TRUE(service_->Start().has_value());
  world_.ClearEvents();
  Write(Yaml("", "endpoint: other") +
        "  telemetry: {logs: {level: debug}, metrics: {readers: [{pull: {exporter: {prometheus: "
        "{port: 1}}}}]}}\n");

  const Status status = service_->Reload();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "port 1 is taken");
  EXPECT_EQ(telemetry_, Strings({"info", "debug", "info"}));
  EXPECT_EQ(world_.events(), Strings());
}

TEST_F(ServiceTest, ReloadNeedsARunningService) {
  const Status status = service_->Reload();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kFailedPrecondition);
}

TEST_F(ServiceTest, AFatalErrorEndsReadiness) {
  ASSERT_TRUE(service_->Start().has_value());

  service_->host().ReportFatalError({Code::kInternal, "the disk is gone"});

  EXPECT_EQ(fatal_errors_, Strings({"the disk is gone"}));
  const Status ready = service_->CheckReady();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().message, "failed: the disk is gone");
}

TEST_F(ServiceTest, LoadAndBuildStartsNothing) {
  ConfigSources sources;
  sources.uris = {path_};

  EXPECT_TRUE(LoadAndBuild(sources, factories_, base::SystemTime()).config);
  EXPECT_EQ(world_.events(), Strings());

  Write(Yaml("endpoit: x", ""));
  EXPECT_EQ(LoadAndBuild(sources, factories_, base::SystemTime()).problems.size(), 1u);
}

TEST_F(ServiceTest, WhatFollowsTheLogDecodesWhatIsInItAndCutsNothing) {
  log::MemoryLog log;
  std::vector<Factory> factories = factories_;
  testing::MakeStoresDirect(factories, world_);
  Factory storage;
  storage.kind = ComponentKind::kExtension;
  storage.type = "fake_storage";
  storage.make_config = [] { return std::make_unique<testing::FakeSettings>(); };
  storage.create_extension = [&log](const CreateSettings&,
                                    const Section&) -> Result<std::unique_ptr<Extension>> {
    return std::make_unique<testing::LogExtension>(log);
  };
  factories.push_back(std::move(storage));
  Write(R"(
receivers: {fake: }
exporters: {fake: , fake_store: }
extensions: {fake_storage: }
service:
  extensions: [fake_storage]
  pipelines: {traces: {receivers: [fake], exporters: [fake, fake_store]}}
)");
  ServiceOptions options;
  options.sources.uris = {path_};
  options.worker_count = 1;
  Service service(std::move(options), factories, metrics_, clock_, loops_);
  // A receiver may have been told to keep more than it does by default.
  const std::string name(100'000, 'n');
  model::TraceData data;
  data.resources.emplace_back();
  data.scopes.emplace_back();
  model::Span& span = data.spans.emplace_back();
  span.trace_id = *TraceId::FromHex("1");
  span.span_id = *SpanId::FromHex("1");
  span.name = name;
  log::Record record;
  record.pipeline = "traces";
  record.body = Bytes(wire::otlp::EncodeRequest(data));
  ASSERT_TRUE(log.Append(record).Wait().has_value());

  ASSERT_TRUE(service.Start().has_value());
  testing::RecordingConsumer& exporter = world_.exporter("fake");
  ASSERT_TRUE(exporter.WaitForSpans(1));

  EXPECT_EQ(exporter.entries()[0].batch->columns().value()->names.front(), name);
  exporter.ReleaseDeliveries();
  service.Shutdown(Soon());
}

}  // namespace
}  // namespace clew::pipeline
