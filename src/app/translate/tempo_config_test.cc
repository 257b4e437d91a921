#include "app/translate/tempo_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/components.h"
#include "pipeline/config/config.h"
#include "pipeline/config/yaml_reader.h"

namespace clew::app::translate {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Translation Translate(std::string_view yaml) {
  pipeline::ProblemList problems;
  const auto root =
      pipeline::ReadYaml(yaml, std::make_shared<const std::string>("tempo.yaml"), problems);
  EXPECT_THAT(problems, IsEmpty());
  return FromTempo(*root, [](std::string_view type) { return type == "otlp"; });
}

/// What is wrong with it as a configuration of clew; empty when nothing is.
std::string FaultsOf(const Translation& translation) {
  pipeline::ConfigSources sources;
  sources.uris = {"yaml:" + translation.yaml};
  const std::vector<pipeline::Factory> factories = ComponentFactories();
  return pipeline::FormatProblems(pipeline::LoadConfig(sources, factories).problems);
}

TEST(FromTempo, DoesWhatASmallConfigurationSays) {
  const Translation translation = Translate(R"(storage:
  trace:
    backend: s3
    s3:
      bucket: tempo-traces
      region: us-east-1
distributor:
  receivers:
    otlp:
      protocols:
        grpc:
          endpoint: 0.0.0.0:4317
)");
  EXPECT_EQ(translation.yaml, R"(receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:4317
processors:
  memory_limiter:
    check_interval: 1s
    limit_percentage: 75
    spike_limit_percentage: 15
exporters:
  clew_storage: {}
extensions:
  clew_storage:
    directory: clew-data
  clew_query:
    tempo:
      endpoint: 0.0.0.0:3200
  health_check: {}
service:
  extensions: [clew_storage, clew_query, health_check]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [clew_storage]
)");
  EXPECT_EQ(FaultsOf(translation), "");
  const std::string why =
      " is left out: clew keeps spans in a folder of this machine, in a format of its own\n";
  EXPECT_EQ(pipeline::FormatProblems(translation.left_out) + "\n",
            "tempo.yaml:3: storage.trace.backend" + why + "tempo.yaml:5: storage.trace.s3.bucket" +
                why + "tempo.yaml:6: storage.trace.s3.region" + why);
}

TEST(FromTempo, DoesWhatALongOneSays) {
  const Translation translation = Translate(R"(target: all
multitenancy_enabled: true
stream_over_http_enabled: true
http_api_prefix: /tempo
usage_report: {reporting_enabled: false}
server:
  http_listen_address: 127.0.0.1
  http_listen_port: 3100
  grpc_listen_port: 9096
  http_server_read_timeout: 2m
  log_level: warn
distributor:
  receivers:
    otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}
    zipkin:
    jaeger: {protocols: {thrift_http: {endpoint: "0.0.0.0:14268"}}}
storage:
  trace:
    backend: local
    local: {path: /var/tempo/blocks}
    wal: {path: /var/tempo/wal}
compactor: {compaction: {block_retention: 48h, max_block_bytes: 100}}
query_frontend:
  api_timeout: 20s
  search: {max_result_limit: 500, max_spans_per_span_set: 10}
metrics_generator: {storage: {path: /x}}
memberlist: {join_members: [a, b]}
)");
  EXPECT_EQ(FaultsOf(translation), "");
  for (const char* line :
       {"directory: /var/tempo/blocks/clew\n", "age: 48h\n", "endpoint: 127.0.0.1:3100\n",
        "endpoint: 0.0.0.0:9096\n", "read_timeout: 2m\n", "http_api_prefix: /tempo\n",
        "max_limit: 500\n", "timeout: 20s\n", "level: warn\n",
        "    tenancy:\n      enabled: true\n", "receivers: [otlp]\n"}) {
    EXPECT_THAT(translation.yaml, HasSubstr(line));
  }
  EXPECT_EQ(
      pipeline::FormatProblems(translation.left_out),
      R"(tempo.yaml:15: distributor.receivers.zipkin is left out: there is no such receiver in this version
tempo.yaml:16: distributor.receivers.jaeger.protocols.thrift_http.endpoint is left out: there is no such receiver in this version
tempo.yaml:20: storage.trace.local.path is left out: the folder of clew's own is below it, and what is in it is not read
tempo.yaml:21: storage.trace.wal.path is left out: clew's log lies in the folder of its storage
tempo.yaml:22: compactor.compaction.max_block_bytes is left out: clew has no compactor to set
tempo.yaml:25: query_frontend.search.max_spans_per_span_set is left out: clew has no setting for it
tempo.yaml:26: metrics_generator.storage.path is left out: no metrics are made of spans in this version
tempo.yaml:27: memberlist.join_members is left out: clew is one process, which is in no ring)");
}

TEST(FromTempo, WhatIsNotSaidIsAsTempoHasIt) {
  const Translation translation = Translate("{}");
  EXPECT_THAT(translation.yaml, HasSubstr("endpoint: localhost:4317\n"));
  EXPECT_THAT(translation.yaml, HasSubstr("endpoint: 0.0.0.0:3200\n"));
  EXPECT_THAT(translation.left_out, IsEmpty());
  EXPECT_EQ(FaultsOf(translation), "");
}

TEST(FromTempo, VariablesStayToBeExpanded) {
  const Translation translation =
      Translate("http_api_prefix: \"${env:PREFIX}\"\nserver: {http_listen_address: '::1'}");
  EXPECT_THAT(translation.yaml, HasSubstr("http_api_prefix: '${env:PREFIX}'\n"));
  EXPECT_THAT(translation.yaml, HasSubstr("[::1]:3200"));
}

}  // namespace
}  // namespace clew::app::translate
