#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "net/grpc_server.h"
#include "pipeline/exporters/otlp_grpc/config.h"
#include "pipeline/exporters/otlp_grpc/factory.h"
#include "pipeline/item_counter.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "pipeline/testing/problem_lines.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/response.h"
#include "wire/otlp/signal_shape.h"

namespace clew::pipeline::exporters::otlp_grpc {
namespace {

using pipeline::testing::FakeHost;
using pipeline::testing::MakeOpaqueBatch;
using pipeline::testing::ProblemLines;
using std::chrono::seconds;

TEST(Config, EndpointIsRequired) {
  ProblemLines problems;
  Config().Validate(problems);
  EXPECT_EQ(problems.lines, std::vector<std::string>{": requires a non-empty \"endpoint\""});
}

TEST(Config, DefaultsAreTheCollectors) {
  const Config config;
  EXPECT_EQ(config.compression, "gzip");
  EXPECT_EQ(config.timeout, seconds(5));
  EXPECT_FALSE(config.has_keepalive);
}

/// An exporter towards a server of this test.
class OtlpGrpcTest : public ::testing::Test {
 protected:
  OtlpGrpcTest() {
    net::GrpcServerOptions options;
    options.endpoint = "127.0.0.1:0";
    auto started = net::GrpcServer::Start(options, host.loops(), host.workers(), Handlers());
    EXPECT_TRUE(started.has_value());
    server = *std::move(started);
    config.endpoint = "http://127.0.0.1:" + std::to_string(server->port());
    config.tls.insecure = true;
    config.sending.is_queue_enabled = false;
    config.sending.is_retry_enabled = false;
  }
  ~OtlpGrpcTest() override { server->Stop(std::chrono::steady_clock::now() + seconds(10)); }

  std::map<std::string, net::GrpcHandler> Handlers() {
    std::map<std::string, net::GrpcHandler> handlers;
    for (const model::Signal signal : model::kSignals) {
      handlers.emplace(wire::otlp::ShapeOf(signal).grpc_method,
                       [this, signal](const net::GrpcRequest& request) {
                         const std::scoped_lock lock(mutex);
                         last_signal = signal;
                         bodies.emplace_back(request.message.view());
                         const auto team = request.metadata.find("x-team");
                         teams.push_back(team == request.metadata.end() ? "" : team->second);
                         return answer;
                       });
    }
    return handlers;
  }

  Result<Receipt> Export(const model::BatchPtr& batch) {
    auto exporter = OtlpGrpcExporterFactory().create_exporter(
        {"otlp", host, model::SignalSet{batch->signal()}}, config);
    EXPECT_TRUE(exporter.has_value());
    EXPECT_TRUE((*exporter)->Start(host).has_value());
    Result<Receipt> result = (*exporter)->Consume(batch, {}).Wait();
    (*exporter)->Stop(std::chrono::steady_clock::now() + seconds(10));
    return result;
  }

  FakeHost host;
  Config config;
  std::mutex mutex;
  Result<std::string> answer = std::string();
  std::optional<model::Signal> last_signal;
  std::vector<std::string> bodies;
  std::vector<std::string> teams;
  std::unique_ptr<net::GrpcServer> server;
};

TEST_F(OtlpGrpcTest, PiecesArriveAsOneRequestByteForByte) {
  config.headers["x-team"].value = "a";
  const auto batch =
      model::Batch::Merge({MakeOpaqueBatch(1, "first "), MakeOpaqueBatch(2, "second")});

  ASSERT_TRUE(Export(batch).has_value());

  EXPECT_EQ(bodies, std::vector<std::string>{"first second"});
  EXPECT_EQ(teams, std::vector<std::string>{"a"});
  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_spans"), 3);
}

TEST_F(OtlpGrpcTest, EachSignalHasItsMethodAndCounters) {
  for (const model::Signal signal : model::kSignals) {
    const auto batch = model::Batch::FromWire({Bytes(std::string(NameOf(signal)))}, 4,
                                              wire::otlp::ItemCodecOf(signal));
    answer = wire::otlp::EncodeResponse({.rejected_items = 1, .error_message = "old"});

    const auto receipt = Export(batch);

    ASSERT_TRUE(receipt.has_value());
    EXPECT_EQ(receipt->rejected_items, 1u);
    EXPECT_EQ(last_signal, signal);
    EXPECT_EQ(bodies.back(), NameOf(signal));
    const std::string items(ItemsMetricName(signal));
    EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_" + items), 3) << items;
    EXPECT_EQ(host.metrics().Sum("clew_exporter_rejected_" + items), 1) << items;
  }
}

TEST_F(OtlpGrpcTest, PartialSuccessReachesTheReceipt) {
  answer = wire::otlp::EncodeResponse({.rejected_items = 2, .error_message = "too old"});

  const auto receipt = Export(MakeOpaqueBatch(5));

  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->rejected_items, 2u);
  EXPECT_EQ(receipt->message, "too old");
}

TEST_F(OtlpGrpcTest, DelayOfTheServerArrives) {
  answer = std::unexpected(Error{Code::kResourceExhausted, "slow down", seconds(7)});

  const auto refused = Export(MakeOpaqueBatch(5));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_EQ(refused.error().retry_after, seconds(7));
  EXPECT_TRUE(refused.error().is_retryable());
}

TEST_F(OtlpGrpcTest, PermanentErrorArrives) {
  answer = base::InvalidArgument("bad");

  EXPECT_EQ(Export(MakeOpaqueBatch(5)).error().code, Code::kInvalidArgument);
}

TEST_F(OtlpGrpcTest, NobodyThereIsRetryable) {
  server->Stop(std::chrono::steady_clock::now() + seconds(10));

  const auto refused = Export(MakeOpaqueBatch(5));

  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is_retryable());
}

TEST_F(OtlpGrpcTest, FactoryHasBothNames) {
  const Factory factory = OtlpGrpcExporterFactory();
  EXPECT_EQ(factory.type, "otlp_grpc");
  EXPECT_THAT(factory.aliases, ::testing::ElementsAre("otlp"));
}

}  // namespace
}  // namespace clew::pipeline::exporters::otlp_grpc
