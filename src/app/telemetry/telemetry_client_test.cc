#include "app/telemetry/telemetry_client.h"

#include <gtest/gtest.h>

#include "base/worker_pool.h"
#include "net/http_server.h"

namespace clew::app::telemetry {
namespace {

TEST(ParseSamples, NamesLabelsAndValues) {
  const auto samples = ParseSamples(
      "# HELP a Things\n# TYPE a counter\n"
      "a{x=\"1\",y=\"q\\\"\\\\\\n\"} 5\n"
      "b 2.5e3\n"
      "nonsense\n"
      "c{x=\"1\" 5\n");

  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].name, "a");
  EXPECT_EQ(samples[0].Label("x"), "1");
  EXPECT_EQ(samples[0].Label("y"), "q\"\\\n");
  EXPECT_EQ(samples[0].Label("z"), "");
  EXPECT_EQ(samples[0].value, 5);
  EXPECT_EQ(samples[1].value, 2500);
}

/// A server that gives `body` to whatever is asked.
std::unique_ptr<net::HttpServer> Answering(net::Loops& loops, base::WorkerPool& workers,
                                           const std::string& body) {
  net::HttpServerOptions options;
  options.endpoint = "localhost:0";
  auto server = net::HttpServer::Start(
      options, loops, workers,
      [body](const net::HttpRequest&) {
        return net::HttpResponse{
            .status = 200, .content_type = "text/html", .body = body, .headers = {}};
      },
      [](int status, const std::string&, const net::HttpRequest&) {
        return net::HttpResponse{.status = status, .content_type = {}, .body = {}, .headers = {}};
      });
  EXPECT_TRUE(server.has_value());
  return std::move(*server);
}

TEST(TelemetryClient, AnotherServerIsNotTakenForAClew) {
  net::Loops loops;
  base::WorkerPool workers("test", 1, 8);
  const auto server = Answering(loops, workers, "<!doctype html>\nsome_metric 5\n");
  const auto client = TelemetryClient::Create(fmt::format("localhost:{}", server->port()));
  ASSERT_TRUE(client.has_value());

  const auto metrics = (*client)->Metrics();
  const Status order = (*client)->Order("reload", std::chrono::seconds(10));

  ASSERT_FALSE(metrics.has_value());
  EXPECT_EQ(metrics.error().code, Code::kNotFound);
  EXPECT_NE(metrics.error().message.find("is not the telemetry address of a clew"),
            std::string::npos)
      << metrics.error().message;
  ASSERT_FALSE(order.has_value());
  EXPECT_EQ(order.error().code, Code::kNotFound);
  server->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(5));
}

}  // namespace
}  // namespace clew::app::telemetry
