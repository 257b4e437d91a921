#include "app/serve/server.h"

#include <gtest/gtest.h>

#include "app/components.h"
#include "net/http_client.h"
#include "pipeline/service/listeners.h"

namespace clew::app::serve {
namespace {

TEST(Server, ABadConfigurationIsRefusedWithAllItsProblems) {
  pipeline::ConfigSources sources;
  sources.uris = {"yaml:receivers: {otpl: {}}", "yaml:exportres: {}"};
  Server server(sources);

  const Status status = server.Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_NE(status.error().message.find("otpl"), std::string::npos) << status.error().message;
  EXPECT_NE(status.error().message.find("exportres"), std::string::npos) << status.error().message;
}

TEST(ListeningAddresses, AreThoseOfWhatRuns) {
  pipeline::ConfigSources sources;
  sources.built_in = R"(
receivers:
  otlp: {protocols: {http: {endpoint: "localhost:1"}}}
  otlp/unused: {protocols: {http: {endpoint: "localhost:2"}}}
exporters: {nop: }
extensions: {health_check: {endpoint: "localhost:3"}, health_check/unused: }
service:
  extensions: [health_check]
  pipelines: {traces: {receivers: [otlp], exporters: [nop]}}
  telemetry: {metrics: {level: none}}
)";
  const std::vector<pipeline::Factory> factories = ComponentFactories();
  const auto outcome = pipeline::LoadConfig(sources, factories);
  ASSERT_NE(outcome.config, nullptr) << pipeline::FormatProblems(outcome.problems);

  std::string text;
  for (const pipeline::ListeningAddress& address : pipeline::ListeningAddresses(*outcome.config)) {
    text += address.what + " " + address.where + "\n";
  }

  EXPECT_EQ(text, "receiver otlp http localhost:1\nextension health_check localhost:3\n");
}

TEST(ListeningAddresses, SayWhetherTheyNeedMoreThanTheirName) {
  const std::vector<pipeline::Factory> factories = ComponentFactories();
  const std::pair<const char*, std::vector<bool>> cases[] = {
      {"protocols: {grpc: {endpoint: 'localhost:1'}, http: {endpoint: 'localhost:2'}}",
       {false, false}},
      {"tenancy: {enabled: true}, protocols: {http: {endpoint: 'localhost:2'}}", {true}},
  };
  for (const auto& [receiver, expected] : cases) {
    pipeline::ConfigSources sources;
    sources.built_in = std::string("{receivers: {otlp: {") + receiver +
                       "}}, exporters: {nop: }, service: {pipelines: {traces: {receivers: [otlp], "
                       "exporters: [nop]}}, telemetry: {metrics: {level: none}}}}";
    const auto outcome = pipeline::LoadConfig(sources, factories);
    ASSERT_NE(outcome.config, nullptr) << pipeline::FormatProblems(outcome.problems);
    std::vector<bool> found;
    for (const auto& address : pipeline::ListeningAddresses(*outcome.config)) {
      found.push_back(address.needs_options);
    }
    EXPECT_EQ(found, expected) << receiver;
  }
}

TEST(Server, TheResourceOfTheProcessMayHaveAnyName) {
  pipeline::ConfigSources sources;
  sources.uris = {
      "yaml:{receivers: {otlp: {protocols: {http: {endpoint: 'localhost:0'}}}}, exporters: {nop: "
      "}, "
      "service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}, telemetry: {"
      "logs: {level: error}, metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, "
      "port: 0}}}}]}, resource: {service.name: gate, 1st: a, ä: b, __x: c}}}}"};
  Server server(sources);

  const Status status = server.Start();

  ASSERT_TRUE(status.has_value()) << status.error().message;
  const auto http = net::HttpClient::Create({});
  const auto answer =
      (*http)->Get(fmt::format("http://127.0.0.1:{}/metrics", server.telemetry_port()));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_NE(answer->body.find("service_name=\"gate\""), std::string::npos) << answer->body;
  server.Shutdown(std::chrono::seconds(5));
}

TEST(Server, FlushBeforeTheStartIsRefused) {
  Server server({});

  const Status status = server.Flush();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kUnavailable);
}

TEST(Server, StopMayBeRequestedBeforeWaiting) {
  Server server({});

  server.RequestStop();

  EXPECT_TRUE(server.Wait().has_value());
}

}  // namespace
}  // namespace clew::app::serve
