#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing/test_folder.h"
#include "pipeline/config/config.h"
#include "pipeline/testing/fake_components.h"

namespace clew::pipeline {
namespace {

constexpr std::string_view kGood = R"(receivers:
  fake:
processors:
  fake_batch:
exporters:
  fake:
    token: hush
extensions:
  fake:
service:
  extensions: [fake]
  pipelines:
    traces:
      receivers: [fake]
      processors: [fake_batch]
      exporters: [fake]
)";

class LoadConfigTest : public ::testing::Test {
 protected:
  /// `yaml` as the file a.yaml.
  LoadOutcome Load(std::string_view yaml, std::vector<std::string> sets = {}) {
    std::filesystem::create_directories(folder_.path());
    const std::string path = folder_.path() + "/a.yaml";
    std::ofstream(path) << yaml;
    ConfigSources sources;
    sources.uris = {path};
    sources.sets = std::move(sets);
    sources.environment = [](const std::string&) { return std::nullopt; };
    return LoadConfig(sources, factories_);
  }

  std::string ProblemsOf(std::string_view yaml, std::vector<std::string> sets = {}) {
    const LoadOutcome outcome = Load(yaml, std::move(sets));
    EXPECT_EQ(outcome.config == nullptr, !outcome.problems.empty());
    std::string text = FormatProblems(outcome.problems);
    const std::string directory = folder_.path() + "/";
    for (std::size_t at = text.find(directory); at != std::string::npos;
         at = text.find(directory)) {
      text.erase(at, directory.size());
    }
    return text;
  }

  /// kGood with its service replaced.
  std::string WithService(std::string_view service) {
    return std::string(kGood.substr(0, kGood.find("service:"))) + std::string(service);
  }

  base::testing::TestFolder folder_;
  testing::FakeWorld world_;
  std::vector<Factory> factories_ = testing::MakeFakeFactories(world_);
};

TEST_F(LoadConfigTest, ReadsComponentsAndPipelines) {
  const LoadOutcome outcome = Load(kGood);

  ASSERT_TRUE(outcome.config) << FormatProblems(outcome.problems);
  EXPECT_EQ(outcome.config->components.size(), 4u);
  EXPECT_EQ(outcome.config->extensions, std::vector<std::string>({"fake"}));
  const PipelineConfig& pipeline = outcome.config->pipelines.at(0);
  EXPECT_EQ(pipeline.id, "traces");
  EXPECT_EQ(pipeline.processors, std::vector<std::string>({"fake_batch"}));
  EXPECT_EQ(outcome.config->telemetry.prometheus_port, 8888);
  EXPECT_TRUE(outcome.warnings.empty());
}

TEST_F(LoadConfigTest, PrintsTheEffectiveConfiguration) {
  const LoadOutcome outcome = Load(kGood, {"receivers.fake.queue.enabled=false"});

  ASSERT_TRUE(outcome.config);
  EXPECT_EQ(EmitConfig(*outcome.config, Secrecy::kRedacted), R"(receivers:
  fake:
    endpoint: localhost:0
    token: ""
    timeout: 5s
    fail_start: false
    with_thread: false
    uses_grpc: false
    needs: ""
    queue:
      enabled: false
processors:
  fake_batch:
    endpoint: localhost:0
    token: ""
    timeout: 5s
    fail_start: false
    with_thread: false
    uses_grpc: false
    needs: ""
    queue:
      size: 10
exporters:
  fake:
    endpoint: localhost:0
    token: "[REDACTED]"
    timeout: 5s
    fail_start: false
    with_thread: false
    uses_grpc: false
    needs: ""
    queue:
      size: 10
extensions:
  fake:
    endpoint: localhost:0
    token: ""
    timeout: 5s
    fail_start: false
    with_thread: false
    uses_grpc: false
    needs: ""
    queue:
      size: 10
service:
  extensions: [fake]
  pipelines:
    traces:
      receivers: [fake]
      processors: [fake_batch]
      exporters: [fake]
  telemetry:
    logs:
      level: info
      encoding: console
    metrics:
      level: normal
      readers:
        - pull:
            exporter:
              prometheus:
                host: localhost
                port: 8888
)");
}

TEST_F(LoadConfigTest, AllProblemsOfAFileAreShownByLine) {
  EXPECT_EQ(ProblemsOf(R"(receivers:
  fake:
    endpoit: x
  fake/two: {queue: {size: 0}}
  fake/two: {}
processor:
exporters:
  fkae:
  fake: {timeout: 5, endpoint: ""}
  logging:
service:
  pipelines:
    traces:
      receivers: [fake, faek]
      exporters: [fkae, fake]
      processor: []
    metrics: {receivers: [fake], exporters: [fake]}
    spans: {}
)"),
            R"(a.yaml:3: 'receivers::fake' has invalid keys: endpoit (did you mean "endpoint"?)
a.yaml:4: receivers::fake/two::queue::size: must be positive
a.yaml:5: mapping key "fake/two" already defined at line 4
a.yaml:6: '' has invalid keys: processor (did you mean "processors"?)
a.yaml:8: 'exporters' unknown type: "fkae" for id: "fkae" (valid values: [fake fake_store]) (did you mean "fake"?)
a.yaml:9: 'exporters::fake::timeout' expected a duration with its unit, e.g. 5s, got the integer 5
a.yaml:9: exporters::fake: requires a non-empty "endpoint"
a.yaml:10: 'exporters' the logging exporter has been deprecated, use the debug exporter instead
a.yaml:13: service::pipelines::traces: references receiver "faek" which is not configured (did you mean "fake"?)
a.yaml:16: 'service::pipelines::traces' has invalid keys: processor (did you mean "processors"?)
a.yaml:18: 'service::pipelines' unknown pipeline signal: "spans" (valid values: [traces metrics logs profiles]))");
}

TEST_F(LoadConfigTest, APipelineTakesWhatItsComponentsTake) {
  factories_.push_back(factories_.front());
  factories_.back().type = "narrow";
  factories_.back().aliases = {};
  factories_.back().signals = {model::Signal::kTraces, model::Signal::kLogs};
  EXPECT_EQ(
      ProblemsOf(R"(receivers: {fake: , narrow: }
exporters: {fake: , fake_store: }
service:
  pipelines:
    traces: {receivers: [fake, narrow], exporters: [fake_store]}
    logs: {receivers: [fake, narrow], exporters: [fake]}
    profiles/p: {receivers: [narrow], exporters: [fake]}
    metrics: {receivers: [fake], exporters: [fake_store]}
)"),
      "a.yaml:7: service::pipelines::profiles/p: receiver \"narrow\" does not take profiles (it "
      "takes traces, logs): take it out of this pipeline\n"
      "a.yaml:8: service::pipelines::metrics: metrics cannot be stored yet: take exporter "
      "\"fake_store\" out of this pipeline, and export them, e.g. with otlp_grpc or file");
}

TEST_F(LoadConfigTest, SectionsThatAreMissing) {
  EXPECT_EQ(ProblemsOf(""), "a.yaml: empty configuration file");
  ConfigSources sources;
  sources.uris = {"yaml:", "env:EMPTY"};
  sources.environment = [](const std::string&) { return ""; };
  EXPECT_EQ(FormatProblems(LoadConfig(sources, factories_).problems),
            "yaml:: empty configuration file\nenv:EMPTY: empty configuration file");
  EXPECT_EQ(ProblemsOf("receivers: {fake: }\n"),
            "no exporter configuration specified in config: nothing is built into a "
            "configuration of one's own, begin with what `clew config print` gives, or change the "
            "built-in one with --set\n"
            "service::pipelines: service must have at least one pipeline");
  EXPECT_EQ(ProblemsOf("exporters: {fake: }\nservice: {pipelines: }\n"),
            "no receiver configuration specified in config: nothing is built into a "
            "configuration of one's own, begin with what `clew config print` gives, or change the "
            "built-in one with --set\n"
            "a.yaml:2: service::pipelines: service must have at least one pipeline");
  EXPECT_EQ(ProblemsOf("- a\n"),
            "a.yaml:1: a configuration must be a map with keys such as receivers and service");
}

TEST_F(LoadConfigTest, ReferencesThatLeadNowhere) {
  EXPECT_EQ(ProblemsOf(WithService(R"(service:
  extensions: [fake, fake, none]
  pipelines:
    traces: {receivers: [none], processors: [fake_batch, fake_batch, p], exporters: [e]}
    traces/empty: {processors: [fake_batch]}
)")),
            R"(a.yaml:11: service::extensions: references extension "fake" multiple times
a.yaml:11: service::extensions: references extension "none" which is not configured
a.yaml:13: service::pipelines::traces: references receiver "none" which is not configured
a.yaml:13: service::pipelines::traces: references processor "fake_batch" multiple times
a.yaml:13: service::pipelines::traces: references processor "p" which is not configured
a.yaml:13: service::pipelines::traces: references exporter "e" which is not configured
a.yaml:14: service::pipelines::traces/empty: must have at least one receiver
a.yaml:14: service::pipelines::traces/empty: must have at least one exporter)");
}

TEST_F(LoadConfigTest, IdsThatCollapseOrAreNone) {
  EXPECT_EQ(ProblemsOf(std::string(kGood) + R"(connectors:
processors/x:
)"),
            "a.yaml:18: '' has invalid keys: processors/x (did you mean \"processors\"?)");
  EXPECT_EQ(ProblemsOf(R"(receivers:
  fake/a:
  fake / a:
  fake/:
exporters: {fake: }
service: {pipelines: {traces: {receivers: [fake/a, 5, a/], exporters: fake}}}
)"),
            R"(a.yaml:3: 'receivers' duplicate name "fake/a" after unmarshaling
a.yaml:4: 'receivers' in "fake/" id: the part after / should not be empty
a.yaml:6: 'service::pipelines::traces::receivers' expected the id of a component, got the integer 5
a.yaml:6: 'service::pipelines::traces::receivers' in "a/" id: the part after / should not be empty
a.yaml:6: 'service::pipelines::traces::exporters' expected a list, got the text "fake"
a.yaml:6: service::pipelines::traces: must have at least one exporter)");
}

TEST_F(LoadConfigTest, AListIsSetAsAWhole) {
  const std::string key = "service.telemetry.metrics.readers";
  const LoadOutcome outcome =
      Load(kGood, {key + "=[{pull: {exporter: {prometheus: {port: 18888}}}}]"});

  ASSERT_NE(outcome.config, nullptr) << FormatProblems(outcome.problems);
  EXPECT_EQ(outcome.config->telemetry.prometheus_port, 18888);
  EXPECT_EQ(ProblemsOf(kGood, {key + ".0.pull.exporter.prometheus.port=18888"}),
            "--set " + key +
                ".0.pull.exporter.prometheus.port: 'service::telemetry::metrics::readers' expected "
                "a list, got a map: write all of it, [{pull: {exporter: {prometheus: {host: "
                "localhost, port: 8888}}}}]");
}

TEST_F(LoadConfigTest, WhatALoggedPipelineMayHold) {
  EXPECT_EQ(
      ProblemsOf(R"(receivers: {fake: }
processors: {fake_sampler: , fake_batch: }
exporters: {fake_store: , fake_store/b: , fake: }
service:
  pipelines:
    traces/sampled: {receivers: [fake], processors: [fake_sampler], exporters: [fake, fake_store]}
    traces/twice: {receivers: [fake], exporters: [fake_store/b, fake_store]}
    traces/good: {receivers: [fake], processors: [fake_batch], exporters: [fake, fake_store]}
    traces/forward: {receivers: [fake], processors: [fake_sampler], exporters: [fake]}
)"),
      R"(a.yaml:7: service::pipelines::traces/twice: stores in "fake_store/b" and in "fake_store", name one of them)");
}

TEST_F(LoadConfigTest, WarnsOfProcessorsThatRunBeforeThoseThatTheyAreNamedAfter) {
  const auto warnings = [&](const std::string& processors, const std::string& exporters) {
    return Load(
               "receivers: {fake: }\n"
               "processors: {fake: , fake_batch: , fake_sampler: }\n"
               "exporters: {fake: , fake_store: {needs: fake/x}}\n"
               "extensions: {fake/x: }\n"
               "service: {extensions: [fake/x], pipelines: {traces: {receivers: [fake], "
               "processors: [" +
               processors + "], exporters: [" + exporters + "]}}}\n")
        .warnings;
  };

  EXPECT_EQ(
      warnings("fake_batch, fake", "fake_store"),
      std::vector<std::string>{
          "service::pipelines::traces: processor \"fake\" runs before \"fake_batch\", although "
          "it is named after it: spans are stored before they are regrouped; name it first, "
          "which does the same"});
  EXPECT_TRUE(warnings("fake, fake_batch", "fake_store, fake").empty());
  EXPECT_TRUE(warnings("fake_sampler, fake", "fake_store").empty()) << "it is not moved";
  EXPECT_TRUE(warnings("fake_batch, fake", "fake").empty()) << "nothing is stored";
}

TEST_F(LoadConfigTest, WhoNeedsAStorageNamesOneThatRuns) {
  const auto problems = [&](const std::string& running) {
    return ProblemsOf(
        "receivers: {fake: }\n"
        "exporters:\n"
        "  fake: {needs: fake/store}\n"
        "  fake/unused: {needs: fake/nowhere}\n"
        "extensions:\n"
        "  fake/store:\n"
        "  fake/query: {needs: fake/stroe}\n"
        "service:\n"
        "  extensions: [" +
        running +
        "]\n"
        "  pipelines: {traces: {receivers: [fake], exporters: [fake]}}\n");
  };

  EXPECT_EQ(problems("fake/store"), "");
  EXPECT_EQ(problems(""),
            "a.yaml:3: exporters::fake: references extension \"fake/store\" which does not run: "
            "list it under service::extensions");
  EXPECT_EQ(problems("fake/query, fake/store"),
            "a.yaml:7: extensions::fake/query: references extension \"fake/stroe\" which is not "
            "configured (did you mean \"fake/store\"?)");
}

TEST_F(LoadConfigTest, IdsOfStoringPipelinesFitIntoTheLog) {
  const auto problems = [&](std::size_t bytes, std::string_view exporters) {
    const std::string id = "traces/" + std::string(bytes - 7, 'x');
    return ProblemsOf(
        "receivers: {fake: }\nexporters: {fake_store: , fake: }\nservice:\n  pipelines:"
        "\n    " +
        id + ": {receivers: [fake], exporters: [" + std::string(exporters) + "]}\n");
  };
  EXPECT_EQ(problems(kStoringPipelineBytesMax, "fake, fake_store"), "");
  EXPECT_EQ(problems(900, "fake"), "");
  EXPECT_TRUE(problems(kStoringPipelineBytesMax + 1, "fake_store")
                  .ends_with("the id of a pipeline that stores in \"fake_store\" has at most 255 "
                             "bytes, this one has 256: shorten it"));
}

TEST_F(LoadConfigTest, LevelsAreTakenInAnyCase) {
  const LoadOutcome outcome = Load(
      kGood, {"service.telemetry.logs.level=DEBUG", "service.telemetry.logs.encoding=JSON",
              "service.telemetry.metrics.level=Detailed", "service.telemetry.traces.level=None"});

  ASSERT_TRUE(outcome.config) << FormatProblems(outcome.problems);
  EXPECT_EQ(outcome.config->telemetry.log_level, "debug");
  EXPECT_EQ(outcome.config->telemetry.log_encoding, "json");
  EXPECT_EQ(outcome.config->telemetry.metrics_level, "detailed");
}

TEST_F(LoadConfigTest, HostOfMetricsIsAHost) {
  const auto problems = [&](const std::string& host) {
    return ProblemsOf(kGood, {"service.telemetry.metrics.readers=[{pull: {exporter: {prometheus: "
                              "{host: '" +
                              host + "'}}}}]"});
  };
  EXPECT_EQ(problems("localhost"), "");
  EXPECT_EQ(problems("::1"), "");
  for (const char* bad : {"localhost:8888", "http://u:secret@localhost", "[::1]", "a b"}) {
    EXPECT_TRUE(problems(bad).contains("is not a host, write its name or address alone")) << bad;
    EXPECT_FALSE(problems(bad).contains("secret")) << bad;
  }
}

TEST_F(LoadConfigTest, AliasesLoadWithAWarning) {
  const LoadOutcome outcome = Load(R"(receivers: {old_fake/x: }
exporters: {fake: }
service: {pipelines: {traces: {receivers: [old_fake/x], exporters: [fake]}}}
)");

  ASSERT_TRUE(outcome.config) << FormatProblems(outcome.problems);
  EXPECT_EQ(outcome.warnings,
            std::vector<std::string>({"receiver type \"old_fake\" is a deprecated alias of "
                                      "\"fake\": old_fake/x"}));
}

TEST_F(LoadConfigTest, LaterSourcesWin) {
  ConfigSources sources;
  sources.built_in = std::string(kGood);
  sources.uris = {"yaml:exporters::fake::timeout: 7s", "env:MORE"};
  sources.sets = {"exporters.fake.endpoint=host:5", "service.pipelines.traces.processors=[]",
                  "processors=null"};
  sources.environment = [](const std::string& name) {
    return name == "MORE" ? std::optional<std::string>("exporters: {fake: {token: new}}")
                          : std::nullopt;
  };

  const LoadOutcome outcome = LoadConfig(sources, factories_);

  ASSERT_TRUE(outcome.config) << FormatProblems(outcome.problems);
  const auto& settings = static_cast<const testing::FakeSettings&>(
      *outcome.config->Find(ComponentKind::kExporter, "fake")->section);
  EXPECT_EQ(settings.timeout, std::chrono::seconds(7));
  EXPECT_EQ(settings.endpoint, "host:5");
  EXPECT_EQ(settings.token.value, "new");
  EXPECT_TRUE(outcome.config->pipelines.at(0).processors.empty());
  EXPECT_EQ(outcome.config->Find(ComponentKind::kProcessor, "fake_batch"), nullptr);
}

TEST_F(LoadConfigTest, ASettingWithoutANameIsRefused) {
  for (const std::string key : {"", ".a", "a.", "a..b"}) {
    EXPECT_EQ(ProblemsOf(kGood, {key + "=1"}),
              "--set " + key + ": \"" + key + "\" names no setting, write --set a.b.c=value");
  }
}

TEST_F(LoadConfigTest, ProblemsOfOtherSourcesNameThem) {
  EXPECT_EQ(
      ProblemsOf(kGood, {"exporters.fake.timeout=soon"}),
      "--set exporters.fake.timeout: 'exporters::fake::timeout' invalid duration \"soon\": write a "
      "number with a unit, such as 500ms, 2s or 1h30m");
  EXPECT_EQ(ProblemsOf(kGood, {"exporters"}),
            "--set exporters: missing equal sign, write --set a.b.c=value");

  ConfigSources sources;
  sources.uris = {"https://example.org/a.yaml"};
  EXPECT_EQ(FormatProblems(LoadConfig(sources, factories_).problems),
            "cannot resolve the configuration: scheme \"https\" is not supported, clew reads no "
            "configuration over the network, save it to a file");
  sources.uris = {"/does/not/exist.yaml"};
  EXPECT_EQ(FormatProblems(LoadConfig(sources, factories_).problems),
            "cannot resolve the configuration: unable to read the file /does/not/exist.yaml: check "
            "that it exists");
  sources.uris.clear();
  EXPECT_EQ(FormatProblems(LoadConfig(sources, factories_).problems),
            "at least one config flag must be provided");
}

TEST_F(LoadConfigTest, TelemetryIsRead) {
  const LoadOutcome outcome = Load(std::string(kGood) + R"(  telemetry:
    logs: {level: warn, encoding: json, sampling: {enabled: false}, development: false}
    metrics:
      level: detailed
      readers:
        - pull: {exporter: {prometheus: {host: 0.0.0.0, port: 9464, without_units: true}}}
    traces: {level: none}
    resource: {service.name: shop, shard: 3, gone: null}
)");

  ASSERT_TRUE(outcome.config) << FormatProblems(outcome.problems);
  const TelemetryConfig& telemetry = outcome.config->telemetry;
  EXPECT_EQ(telemetry.log_level, "warn");
  EXPECT_EQ(telemetry.log_encoding, "json");
  EXPECT_EQ(telemetry.metrics_level, "detailed");
  EXPECT_EQ(telemetry.prometheus_host, "0.0.0.0");
  EXPECT_EQ(telemetry.prometheus_port, 9464);
  EXPECT_EQ(telemetry.resource,
            (std::map<std::string, std::string>{{"service.name", "shop"}, {"shard", "3"}}));
}

TEST_F(LoadConfigTest, TelemetryThatClewDoesNotDoIsRefused) {
  EXPECT_EQ(ProblemsOf(std::string(kGood) + R"(  telemetry:
    logs:
      sampling: {initial: 5}
      levle: info
      output_paths: [/var/log/clew]
    metrics:
      address: 0.0.0.0:8888
      views: [{}]
      readers:
        - periodic: {interval: 1000}
        - pull: {exporter: {prometheus: {port: 70000, without_units: false}}}
    traces: {processors: [{batch: }]}
    resource: {detectors: {}, attributes: [{name: a, value: b}]}
    spans: {}
)"),
            R"(a.yaml:19: service::telemetry::logs::sampling: not supported by clew, remove it
a.yaml:20: 'service::telemetry::logs' has invalid keys: levle (did you mean "level"?)
a.yaml:21: service::telemetry::logs::output_paths: clew logs to stderr only, write [stderr] or leave it out
a.yaml:23: service::telemetry::metrics::address: was removed, set host and port in readers: [{pull: {exporter: {prometheus: {host, port}}}}]
a.yaml:24: service::telemetry::metrics::views: not supported by clew, remove it
a.yaml:26: service::telemetry::metrics::readers[0]::periodic: not supported by clew, use pull::exporter::prometheus
a.yaml:27: service::telemetry::metrics::readers[1]::pull::exporter::prometheus::port: 70000 is not a port
a.yaml:27: service::telemetry::metrics::readers[1]::pull::exporter::prometheus::without_units: clew always names its metrics without, leave it out
a.yaml:28: service::telemetry::traces::processors: not supported by clew, remove it
a.yaml:29: service::telemetry::resource::detectors: not supported by clew, remove it
a.yaml:30: 'service::telemetry' has invalid keys: spans)");
}

/// A gateway as users run it today: only its component types may be unknown.
TEST_F(LoadConfigTest, TheCollectorsStructureIsTaken) {
  EXPECT_EQ(ProblemsOf(R"(receivers:
  otlp:
    protocols:
      grpc: {endpoint: 0.0.0.0:4317}
processors:
  tail_sampling:
    policies:
      - {name: sample-errors, type: status_code, config: {status_code: ERROR}}
exporters:
  datadog:
    api: {key: "${DD_API_KEY}"}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [tail_sampling]
      exporters: [datadog]
)"),
            R"(a.yaml:2: 'receivers' unknown type: "otlp" for id: "otlp" (valid values: [fake])
a.yaml:6: 'processors' unknown type: "tail_sampling" for id: "tail_sampling" (valid values: [fake fake_batch fake_keeper fake_sampler])
a.yaml:10: 'exporters' unknown type: "datadog" for id: "datadog" (valid values: [fake fake_store]))");
}

TEST_F(LoadConfigTest, NoTextHoldsANulByte) {
  EXPECT_EQ(ProblemsOf(std::string(kGood) + R"(  telemetry:
    resource: {"key": "a\0b"}
)",
                       {R"(exporters.fake.token="hu\0sh")", R"(exporters.fake.lost=["x", "\0"])",
                        R"(exporters.fake.headers={"a\0": b, c: "\0"})"}),
            R"(--set exporters.fake.token: 'exporters::fake::token' holds a NUL byte, leave it out
--set exporters.fake.lost: 'exporters::fake::lost[1]' holds a NUL byte, leave it out
--set exporters.fake.lost: 'exporters::fake' has invalid keys: lost
--set exporters.fake.headers: 'exporters::fake::headers' has a key with a NUL byte, leave it out
--set exporters.fake.headers: 'exporters::fake::headers::c' holds a NUL byte, leave it out
--set exporters.fake.headers: 'exporters::fake' has invalid keys: headers
a.yaml:18: 'service::telemetry::resource::key' holds a NUL byte, leave it out)");
}

}  // namespace
}  // namespace clew::pipeline
