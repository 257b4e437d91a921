#include "app/components.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "app/default_config.h"
#include "pipeline/config/config.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/recording_consumer.h"

namespace clew::app {
namespace {

using pipeline::ComponentKind;
using pipeline::Factory;

std::string NameOf(const Factory& factory) {
  return fmt::format("{}_{}", pipeline::KindName(factory.kind), factory.type);
}

/// What a component needs to be told before it can start in a test: free ports, a folder.
std::string SettingsOf(const Factory& factory, const std::string& folder) {
  const std::map<std::string, std::string> settings = {
      {"receiver_otlp",
       "{protocols: {grpc: {endpoint: 'localhost:0'}, http: {endpoint: 'localhost:0'}}}"},
      {"processor_memory_limiter", "{check_interval: 1s, limit_mib: 4000}"},
      {"exporter_file", fmt::format("{{path: '{}/spans.jsonl'}}", folder)},
      {"exporter_otlp", "{endpoint: 'localhost:1', tls: {insecure: true}}"},
      {"exporter_otlp_grpc", "{endpoint: 'localhost:1', tls: {insecure: true}}"},
      {"exporter_otlphttp", "{endpoint: 'http://localhost:1'}"},
      {"exporter_otlp_http", "{endpoint: 'http://localhost:1'}"},
      {"extension_clew_query",
       "{jaeger: {endpoint: 'localhost:0'}, tempo: {endpoint: 'localhost:0'}}"},
      {"extension_clew_storage", fmt::format("{{directory: '{}/data'}}", folder)},
      {"extension_health_check", "{endpoint: 'localhost:0'}"},
  };
  const auto found = settings.find(NameOf(factory));
  return found == settings.end() ? "{}" : found->second;
}

/// A configuration with this component in it, and nothing else but what a configuration must have,
/// and what the source `more` changes of it.
pipeline::LoadOutcome Load(const Factory& factory, const std::string& settings,
                           const std::vector<Factory>& factories,
                           const std::string& more = "yaml:{}") {
  const std::string section =
      fmt::format("yaml:{}s: {{{}: {}}}", pipeline::KindName(factory.kind), factory.type, settings);
  pipeline::ConfigSources sources;
  sources.uris = {
      "yaml:receivers: {otlp: {protocols: {http: {endpoint: 'localhost:0'}}}}",
      "yaml:exporters: {nop: {}}",
      "yaml:service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}",
      section,
      more,
  };
  return pipeline::LoadConfig(sources, factories);
}

class ComponentTest : public testing::TestWithParam<Factory> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/clew-components-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<pipeline::Component> Create(const Factory& factory) {
    auto outcome = Load(factory, SettingsOf(factory, folder_), factories_);
    EXPECT_NE(outcome.config, nullptr) << pipeline::FormatProblems(outcome.problems);
    if (outcome.config == nullptr) {
      return nullptr;
    }
    const auto* component = outcome.config->Find(factory.kind, factory.type);
    configs_.push_back(outcome.config);
    return CreateFrom(factory, *component->section);
  }

  std::unique_ptr<pipeline::Component> CreateFrom(const Factory& factory,
                                                  const pipeline::Section& section) {
    const pipeline::CreateSettings settings{.id = factory.type, .host = host_};
    const auto take = [](auto created) -> std::unique_ptr<pipeline::Component> {
      EXPECT_TRUE(created.has_value()) << created.error().message;
      return created.has_value() ? std::move(*created) : nullptr;
    };
    switch (factory.kind) {
      case ComponentKind::kReceiver:
        return take(factory.create_receiver(settings, section, next_));
      case ComponentKind::kProcessor:
        return take(factory.create_processor(settings, section, next_));
      case ComponentKind::kExporter:
        return take(factory.create_exporter(settings, section));
      case ComponentKind::kExtension:
        return take(factory.create_extension(settings, section));
      case ComponentKind::kConnector:
        return take(
            factory.create_connector(settings, section, factory.connections.front(), next_));
    }
    return nullptr;
  }

  /// The storage that others may ask for.
  void StartStorage() {
    const auto factory =
        std::find_if(factories_.begin(), factories_.end(), [](const Factory& each) {
          return each.kind == ComponentKind::kExtension && each.type == "clew_storage";
        });
    storage_ = Create(*factory);
    ASSERT_TRUE(storage_->Start(host_).has_value());
    host_.extensions["clew_storage"] = dynamic_cast<pipeline::Extension*>(storage_.get());
  }

  std::string folder_;
  const std::vector<Factory> factories_ = ComponentFactories();
  std::vector<std::shared_ptr<const pipeline::Config>> configs_;
  pipeline::testing::FakeHost host_;
  pipeline::testing::RecordingConsumer next_;
  std::unique_ptr<pipeline::Component> storage_;
};

TEST_P(ComponentTest, SaysWhetherItTalksGrpc) {
  const auto outcome = Load(GetParam(), SettingsOf(GetParam(), folder_), factories_);
  ASSERT_NE(outcome.config, nullptr) << pipeline::FormatProblems(outcome.problems);
  const std::string name = NameOf(GetParam());

  EXPECT_EQ(outcome.config->Find(GetParam().kind, GetParam().type)->section->UsesGrpc(),
            name == "exporter_otlp_grpc");
}

TEST_P(ComponentTest, DefaultsAreValidOrSayWhatIsMissing) {
  const auto outcome = Load(GetParam(), "{}", factories_);

  for (const pipeline::Problem& problem : outcome.problems) {
    EXPECT_NE(problem.message.find(GetParam().type), std::string::npos) << problem.ToString();
  }
  EXPECT_EQ(outcome.config == nullptr, !outcome.problems.empty());
}

TEST_P(ComponentTest, ABadKeyIsRefusedByItsName) {
  const auto outcome = Load(GetParam(), "{no_such_key: 1}", factories_);

  EXPECT_EQ(outcome.config, nullptr);
  EXPECT_NE(pipeline::FormatProblems(outcome.problems).find("no_such_key"), std::string::npos);
}

/// Settings in MiB, which are multiplied: 2^44 of them are no bytes at all in 64 bits.
TEST_P(ComponentTest, SizesInMibHaveAnUpperBound) {
  const Factory& factory = GetParam();
  const auto section = factory.make_config();
  for (const pipeline::FieldInfo& field : pipeline::ListFields(*section)) {
    if (!field.path.ends_with("_mib") && !field.path.ends_with("megabytes")) continue;
    const auto outcome =
        Load(factory, "{}", factories_,
             fmt::format("yaml:{}s::{}::{}: 17592186044416", pipeline::KindName(factory.kind),
                         factory.type, field.path));

    EXPECT_EQ(outcome.config, nullptr) << field.path;
    EXPECT_NE(pipeline::FormatProblems(outcome.problems).find(field.path + ": "), std::string::npos)
        << field.path << ": " << pipeline::FormatProblems(outcome.problems);
  }
}

TEST_P(ComponentTest, IsCreatedStartedAndStoppedTwice) {
  const Factory& factory = GetParam();
  if (NameOf(factory) != "extension_clew_storage") {
    StartStorage();
  }
  const auto component = Create(factory);
  ASSERT_NE(component, nullptr);

  const Status started = component->Start(host_);

  ASSERT_TRUE(started.has_value()) << started.error().message;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  component->Stop(deadline);
  component->Stop(deadline);
  if (storage_ != nullptr) {
    storage_->Stop(deadline);
  }
  EXPECT_TRUE(host_.fatal_errors().empty());
}

TEST_P(ComponentTest, MayBeStoppedWithoutAStart) {
  const auto component = Create(GetParam());
  ASSERT_NE(component, nullptr);

  component->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(5));
}

TEST_P(ComponentTest, HasADescriptionAndAReadme) {
  const Factory& factory = GetParam();
  std::vector<std::string> names = factory.aliases;
  names.push_back(factory.type);

  const bool has_readme = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::filesystem::exists(
        fmt::format("src/pipeline/{}s/{}/README.md", pipeline::KindName(factory.kind), name));
  });

  EXPECT_TRUE(has_readme);
  EXPECT_TRUE(factory.description.ends_with('.')) << factory.description;
}

INSTANTIATE_TEST_SUITE_P(All, ComponentTest, testing::ValuesIn(ComponentFactories()),
                         [](const auto& one) { return NameOf(one.param); });

TEST(Components, AreListedByKindThenType) {
  const std::vector<Factory> factories = ComponentFactories();

  EXPECT_TRUE(
      std::is_sorted(factories.begin(), factories.end(), [](const Factory& a, const Factory& b) {
        return std::pair(a.kind, a.type) < std::pair(b.kind, b.type);
      }));
}

/// What is said of the built-in configuration with these changes.
std::vector<std::string> WarningsWith(std::vector<std::string> sets) {
  pipeline::ConfigSources sources;
  sources.built_in = DefaultConfig();
  sources.sets = std::move(sets);
  const std::vector<Factory> factories = ComponentFactories();
  const auto outcome = pipeline::LoadConfig(sources, factories);
  EXPECT_NE(outcome.config, nullptr) << pipeline::FormatProblems(outcome.problems);
  return outcome.warnings;
}

TEST(Components, SpansThatNoQueryFindsAreWarnedOf) {
  const std::string receiver = "receivers.otlp.tenancy.enabled=true";
  const std::string query = "extensions.clew_query.tenancy.enabled=true";
  // Another pipeline into the same store does not make it said twice.
  const std::string again =
      "service.pipelines={traces/2: {receivers: [otlp], exporters: [clew_storage]}}";
  const std::string elsewhere = "service.pipelines.traces.exporters=[nop]";

  EXPECT_EQ(WarningsWith({receiver, again}),
            std::vector<std::string>{
                "receivers::otlp::tenancy::enabled is true and "
                "extensions::clew_query::tenancy::enabled is false: queries find spans of the "
                "tenant single-tenant only, set both alike"});
  EXPECT_EQ(WarningsWith({query}),
            std::vector<std::string>{
                "receivers::otlp::tenancy::enabled is false and "
                "extensions::clew_query::tenancy::enabled is true: queries find those spans under "
                "the tenant single-tenant only, set both alike"});
  EXPECT_TRUE(WarningsWith({receiver, query}).empty());
  EXPECT_TRUE(WarningsWith({receiver, "exporters.nop={}", elsewhere}).empty());
  EXPECT_TRUE(WarningsWith({receiver, "service.extensions=[clew_storage]"}).empty());
}

TEST(Components, TheBuiltInConfigurationIsValid) {
  pipeline::ConfigSources sources;
  sources.built_in = DefaultConfig();
  const std::vector<Factory> factories = ComponentFactories();

  const auto outcome = pipeline::LoadConfig(sources, factories);

  EXPECT_NE(outcome.config, nullptr) << pipeline::FormatProblems(outcome.problems);
  EXPECT_TRUE(outcome.warnings.empty());
}

}  // namespace
}  // namespace clew::app
