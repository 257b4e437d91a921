#include "pipeline/receivers/otlp/otlp_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>

#include "base/compression.h"
#include "net/grpc_client.h"
#include "net/http_client.h"
#include "pipeline/item_counter.h"
#include "pipeline/receivers/otlp/factory.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/recording_consumer.h"
#include "wire/otlp/json.h"
#include "wire/otlp/response.h"
#include "wire/otlp/signal_shape.h"
#include "wire/otlp/testing/sample_request.h"
#include "wire/otlp/testing/signal_samples.h"

namespace clew::pipeline::receivers::otlp {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using wire::otlp::testing::Request;
using wire::otlp::testing::SpanMessage;

const std::string kSpan = SpanMessage(std::string(16, 'T'), std::string(8, 'S'), "op");
const std::string kOneSpan = Request({kSpan});
const std::string kExportTraces(wire::otlp::ShapeOf(model::Signal::kTraces).grpc_method);

Deadline Soon() { return std::chrono::steady_clock::now() + seconds(20); }

/// The receiver on free ports, and real clients.
class OtlpReceiverTest : public ::testing::Test {
 protected:
  OtlpReceiverTest() {
    host.time = &base::SystemTime();
    config.protocols.has_grpc = true;
    config.protocols.grpc.endpoint = "127.0.0.1:0";
    config.protocols.has_http = true;
    config.protocols.http.endpoint = "127.0.0.1:0";
  }
  ~OtlpReceiverTest() override {
    if (receiver != nullptr) {
      receiver->Stop(Soon());
    }
  }
  void Start() {
    receiver = std::make_unique<OtlpReceiver>(
        CreateSettings{.id = "otlp", .host = host, .signals = signals}, config, next);
    ASSERT_TRUE(receiver->Start(host).has_value());
  }
  Result<std::string> Call(const std::string& body,
                           const std::map<std::string, std::string>& metadata = {},
                           const std::string& method = kExportTraces) {
    net::GrpcClientOptions options;
    options.endpoint =
        "127.0.0.1:" + std::to_string(are_swapped ? receiver->http_port() : receiver->grpc_port());
    options.headers = metadata;
    options.compression = compression;
    return (*net::GrpcClient::Create(options))->Call(method, {Bytes(body)}, Soon());
  }
  net::HttpClientResponse Post(const std::string& body,
                               std::map<std::string, std::string> headers = {},
                               const std::string& path = "/v1/traces") {
    headers.emplace("Content-Type", "application/x-protobuf");
    auto client = net::HttpClient::Create({});
    EXPECT_TRUE(client.has_value());
    auto response = (*client)->Post(Url(path), body, headers);
    EXPECT_TRUE(response.has_value());
    return response.value_or(net::HttpClientResponse{});
  }
  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" +
           std::to_string(are_swapped ? receiver->grpc_port() : receiver->http_port()) + path;
  }
  static std::string MessageOf(const net::HttpClientResponse& response) {
    const auto status = response.content_type == "application/json"
                            ? wire::otlp::DecodeStatusJson(response.body)
                            : wire::otlp::DecodeStatus(response.body);
    return status.has_value() ? status->message : "no google.rpc.Status: " + response.body;
  }

  pipeline::testing::FakeHost host;
  pipeline::testing::RecordingConsumer next;
  Config config;
  model::SignalSet signals = {model::Signal::kTraces};
  base::Compression compression = base::Compression::kNone;
  bool are_swapped = false;  // clients use the port of the other protocol
  std::unique_ptr<OtlpReceiver> receiver;
};

TEST_F(OtlpReceiverTest, TakesSpansOverGrpcPlainAndCompressed) {
  Start();

  EXPECT_TRUE(Call(kOneSpan).has_value());
  compression = base::Compression::kGzip;
  EXPECT_TRUE(Call(kOneSpan).has_value());

  EXPECT_TRUE(Call("").has_value());

  ASSERT_EQ(next.batch_count(), 2u);
  EXPECT_EQ(next.entries()[1].batch->wire()[0].view(), kOneSpan);
  EXPECT_THAT(next.entries()[0].context.client_address, HasSubstr("127.0.0.1:"));
}

TEST_F(OtlpReceiverTest, TakesSpansOverHttp) {
  Start();

  EXPECT_EQ(Post(kOneSpan).status, 200);
  EXPECT_EQ(
      Post(*base::Compress(base::Compression::kGzip, kOneSpan), {{"Content-Encoding", "gzip"}})
          .status,
      200);

  EXPECT_EQ(next.span_count(), 2u);
}

TEST_F(OtlpReceiverTest, EachPortTakesBothProtocols) {
  Start();
  are_swapped = true;

  EXPECT_TRUE(Call(kOneSpan).has_value());
  EXPECT_EQ(Post(kOneSpan).status, 200);
  EXPECT_EQ(next.span_count(), 2u);
}

TEST_F(OtlpReceiverTest, AProtocolThatIsNotConfiguredIsTakenNowhere) {
  config.protocols.has_http = false;
  Start();
  are_swapped = true;
  EXPECT_EQ(Post(kOneSpan).status, 505);

  receiver->Stop(Soon());
  std::swap(config.protocols.has_http, config.protocols.has_grpc);
  Start();
  EXPECT_FALSE(Call(kOneSpan).has_value());
  EXPECT_EQ(next.span_count(), 0u);
}

/// Of each signal but traces a request, as both protocols take it.
class OtlpSignalsTest : public OtlpReceiverTest,
                        public ::testing::WithParamInterface<model::Signal> {
 protected:
  OtlpSignalsTest() { signals = {GetParam()}; }
  const wire::otlp::SignalShape& shape() const { return wire::otlp::ShapeOf(GetParam()); }
  std::string method() const { return std::string(shape().grpc_method); }
  std::string path() const { return std::string(shape().http_path); }
  std::string json() const { return std::string(wire::otlp::testing::SampleJson(GetParam())); }
  std::string body() const { return wire::otlp::RequestFromJson(GetParam(), json()).value(); }
};

TEST_P(OtlpSignalsTest, IsTakenOverGrpcAndHttpAndCounted) {
  Start();
  compression = base::Compression::kGzip;

  EXPECT_EQ(Call(body(), {}, method()).value(), "");
  EXPECT_EQ(Post(body(), {}, path()).status, 200);
  const auto answer = Post(json(), {{"Content-Type", "application/json"}}, path());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{}");

  const std::size_t item_count = wire::otlp::testing::SampleItemCount(GetParam());
  ASSERT_EQ(next.batch_count(), 3u);
  for (const auto& entry : next.entries()) {
    EXPECT_EQ(entry.batch->signal(), GetParam());
    EXPECT_EQ(entry.batch->item_count(), item_count);
    EXPECT_EQ(entry.batch->wire().front().view(), body());
  }
  const std::string items(ItemsMetricName(GetParam()));
  EXPECT_EQ(host.metrics().Sum("otelcol_receiver_accepted_" + items), 3.0 * double(item_count));
  EXPECT_THAT(host.metrics().Expose(), Not(HasSubstr("otelcol_receiver_accepted_spans")));
}

TEST_P(OtlpSignalsTest, WhatNoPipelineTakesIsUnknown) {
  Start();

  const auto refused = Call(kOneSpan);
  EXPECT_EQ(refused.error().code, Code::kUnimplemented);
  EXPECT_EQ(refused.error().message,
            "unknown service opentelemetry.proto.collector.trace.v1.TraceService: name this "
            "receiver in a pipeline of traces");
  const auto answer = Post(kOneSpan);
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(MessageOf(answer),
              HasSubstr(std::string(ItemsName(GetParam())) + " are taken at " + path()));
  EXPECT_EQ(next.batch_count(), 0u);
}

TEST_P(OtlpSignalsTest, NothingMalformedIsTaken) {
  Start();
  const std::string whole = body();

  const auto cut = Call(whole.substr(0, whole.size() / 2), {}, method());
  EXPECT_EQ(cut.error().code, Code::kInvalidArgument);
  EXPECT_THAT(cut.error().message, HasSubstr("malformed protobuf at byte offset"));
  EXPECT_EQ(Post(R"({"resourceLogs":)", {{"Content-Type", "application/json"}}, path()).status,
            400);
  const auto other = Call("\x1a\x01x", {}, method());
  EXPECT_THAT(other.error().message, HasSubstr(std::string(shape().request_name)));

  EXPECT_TRUE(Call("", {}, method()).has_value());
  EXPECT_EQ(next.batch_count(), 0u);
}

TEST_P(OtlpSignalsTest, ErrorsAndPartialSuccessReachTheSender) {
  Start();
  const std::string items(ItemsMetricName(GetParam()));
  next.FailNext(1, Error{Code::kUnavailable, "later"});
  EXPECT_EQ(Call(body(), {}, method()).error().code, Code::kUnavailable);
  EXPECT_EQ(host.metrics().Sum("otelcol_receiver_refused_" + items),
            double(wire::otlp::testing::SampleItemCount(GetParam())));

  next.Succeed({.rejected_items = 1, .message = "one is old"});
  const auto answer = Post(json(), {{"Content-Type", "application/json"}}, path());
  const auto partial = wire::otlp::DecodeResponseJson(GetParam(), answer.body);
  EXPECT_EQ(partial->rejected_items, 1) << answer.body;
  EXPECT_EQ(partial->error_message, "one is old");
  EXPECT_EQ(host.metrics().Sum("clew_receiver_rejected_" + items), 1);
}

INSTANTIATE_TEST_SUITE_P(Signals, OtlpSignalsTest,
                         ::testing::Values(model::Signal::kMetrics, model::Signal::kLogs,
                                           model::Signal::kProfiles),
                         [](const auto& one) { return std::string(NameOf(one.param)); });

TEST_F(OtlpReceiverTest, OnlyProtocolsThatRunHaveMetrics) {
  config.protocols.has_http = false;
  Start();
  EXPECT_THAT(host.metrics().Expose(), HasSubstr("transport=\"grpc\""));
  EXPECT_THAT(host.metrics().Expose(), Not(HasSubstr("transport=\"http\"")));

  std::swap(config.protocols.has_http, config.protocols.has_grpc);
  pipeline::testing::FakeHost other;
  OtlpReceiver only_http({.id = "otlp", .host = other}, config, next);
  EXPECT_THAT(other.metrics().Expose(), HasSubstr("transport=\"http\""));
  EXPECT_THAT(other.metrics().Expose(), Not(HasSubstr("transport=\"grpc\"")));
}

TEST_F(OtlpReceiverTest, GrpcReportsPartialSuccess) {
  Start();

  const auto answer = Call(Request({kSpan, SpanMessage("", "", "bad")}));

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(wire::otlp::DecodeResponse(*answer)->rejected_items, 1);
  EXPECT_EQ(next.span_count(), 1u);
}

TEST_F(OtlpReceiverTest, GrpcErrorsHaveTheirCodes) {
  config.protocols.grpc.max_recv_msg_size_mib = 1;
  config.tenancy.enabled = true;
  Start();
  const std::map<std::string, std::string> tenant = {{"x-scope-orgid", "acme"}};

  EXPECT_EQ(Call(kOneSpan).error().code, Code::kUnauthenticated);
  EXPECT_EQ(Call(kOneSpan, {{"x-scope-orgid", "a/b"}}).error().code, Code::kInvalidArgument);
  const auto malformed = Call("\x0a\x7f", tenant);
  EXPECT_EQ(malformed.error().code, Code::kInvalidArgument);
  EXPECT_THAT(malformed.error().message, HasSubstr("byte"));
  EXPECT_EQ(Call(kOneSpan, tenant, "/opentelemetry.proto.collector.logs.v1.LogsService/Export")
                .error()
                .code,
            Code::kUnimplemented);
  const auto large = Call(std::string((1 << 20) + 1, 'x'), tenant);
  EXPECT_EQ(large.error().code, Code::kResourceExhausted);
  EXPECT_FALSE(large.error().is_retryable());
  EXPECT_TRUE(Call(kOneSpan, tenant).has_value());
  EXPECT_EQ(next.entries()[0].context.tenant.name(), "acme");
}

TEST_F(OtlpReceiverTest, GrpcBombIsRefusedWithTheLimitAndCounted) {
  Start();
  compression = base::Compression::kGzip;

  const auto bomb = Call(std::string(64 << 20, '\0'));

  EXPECT_EQ(bomb.error().code, Code::kResourceExhausted);
  EXPECT_THAT(bomb.error().message, HasSubstr("4194304"));
  EXPECT_THAT(host.metrics().Expose(), HasSubstr("reason=\"too_large\""));
}

TEST_F(OtlpReceiverTest, PressureReachesTheSenderWithADelay) {
  Start();
  next.FailAlways({Code::kUnavailable, "full", seconds(3)});

  const auto grpc = Call(kOneSpan);
  const auto http = Post(kOneSpan);

  EXPECT_EQ(grpc.error().code, Code::kUnavailable);
  EXPECT_EQ(grpc.error().retry_after, seconds(3));
  EXPECT_EQ(http.status, 503);
  EXPECT_EQ(http.retry_after, "3");
  EXPECT_EQ(MessageOf(http), "full");
}

TEST_F(OtlpReceiverTest, HttpErrorsHaveOtlpForm) {
  config.protocols.http.max_request_body_size = 10'000;
  Start();

  const auto large = Post(std::string(10'001, 'x'));
  EXPECT_EQ(large.status, 413);
  EXPECT_THAT(MessageOf(large), HasSubstr("10000 bytes"));

  const auto bomb = Post(*base::Compress(base::Compression::kGzip, std::string(1 << 20, 'x')),
                         {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(bomb.status, 413);
  EXPECT_THAT(MessageOf(bomb), HasSubstr("10000 bytes"));

  const auto path = Post(kOneSpan, {}, "/v1/logs");
  EXPECT_EQ(path.status, 404);
  EXPECT_THAT(MessageOf(path), HasSubstr("/v1/traces"));

  const auto type = Post(kOneSpan, {{"Content-Type", "text/plain"}});
  EXPECT_EQ(type.status, 415);
  EXPECT_THAT(MessageOf(type), HasSubstr("unsupported media type"));

  const auto coding = Post(kOneSpan, {{"Content-Encoding", "br"}});
  EXPECT_EQ(coding.status, 400);

  const auto malformed = Post("{", {{"Content-Type", "application/json"}});
  EXPECT_EQ(malformed.status, 400);
  EXPECT_EQ(malformed.content_type, "application/json");

  const auto method = (*net::HttpClient::Create({}))->Get(Url("/v1/traces"));
  ASSERT_TRUE(method.has_value());
  EXPECT_EQ(method->status, 405);
  EXPECT_EQ(MessageOf(*method), "405 method not allowed, supported: [POST]");

  EXPECT_EQ(Post(kOneSpan).status, 200);
}

TEST_F(OtlpReceiverTest, TakenPortIsAStartErrorThatLeavesNothingBehind) {
  Start();
  Config second = config;
  second.protocols.http.endpoint = "127.0.0.1:" + std::to_string(receiver->http_port());
  OtlpReceiver other({.id = "otlp/2", .host = host}, second, next);

  const Status started = other.Start(host);

  ASSERT_FALSE(started.has_value());
  EXPECT_THAT(started.error().message, HasSubstr("address already in use"));
  EXPECT_EQ(other.grpc_port(), 0);
}

TEST_F(OtlpReceiverTest, StopsTwiceAndStartsWithoutOneProtocol) {
  config.protocols.has_http = false;
  Start();
  EXPECT_EQ(receiver->http_port(), 0);
  receiver->Stop(Soon());
  receiver->Stop(Soon());
  EXPECT_EQ(receiver->grpc_port(), 0);
}

TEST_F(OtlpReceiverTest, FactoryMakesOneThatListens) {
  const Factory factory = OtlpReceiverFactory();
  auto made = factory.create_receiver({.id = "otlp", .host = host}, config, next);

  ASSERT_TRUE(made.has_value());
  EXPECT_TRUE((*made)->Start(host).has_value());
  (*made)->Stop(Soon());
}

}  // namespace
}  // namespace clew::pipeline::receivers::otlp
