#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "base/compression.h"
#include "net/http_server.h"
#include "pipeline/exporters/otlp_http/config.h"
#include "pipeline/exporters/otlp_http/factory.h"
#include "pipeline/exporters/otlp_http/http_sender.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "pipeline/testing/problem_lines.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/json.h"
#include "wire/otlp/response.h"
#include "wire/otlp/testing/signal_samples.h"

namespace clew::pipeline::exporters::otlp_http {
namespace {

using pipeline::testing::FakeHost;
using pipeline::testing::MakeOpaqueBatch;
using pipeline::testing::ProblemLines;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Config, SaysEveryProblem) {
  ProblemLines problems;
  Config config;
  config.encoding = "xml";
  config.sending.queue.num_consumers = 0;
  config.Validate(problems);
  ASSERT_EQ(problems.lines.size(), 3u);
  EXPECT_EQ(problems.lines[0], ": at least one endpoint must be specified");
  EXPECT_EQ(problems.lines[1], "encoding: invalid encoding type: xml; use proto or json");
}

TEST(Config, EndpointIsABaseAndTracesEndpointIsNot) {
  Config config;
  config.endpoint = "http://h:4318/base";
  EXPECT_EQ(*config.UrlOf(model::Signal::kTraces), "http://h:4318/base/v1/traces");
  config.endpoint = "http://h:4318/";
  EXPECT_EQ(*config.UrlOf(model::Signal::kTraces), "http://h:4318/v1/traces");
  config.traces_endpoint = "http://h:4318/x";
  EXPECT_EQ(*config.UrlOf(model::Signal::kTraces), "http://h:4318/x");
}

TEST(ParseRetryAfter, TakesSecondsAndDates) {
  const UnixNanos now = FakeHost::kStart;  // 2026-01-01T00:00:00Z
  EXPECT_EQ(ParseRetryAfter("7", now), seconds(7));
  EXPECT_EQ(ParseRetryAfter("Thu, 01 Jan 2026 00:00:09 GMT", now), seconds(9));
  EXPECT_EQ(ParseRetryAfter("Thu, 01 Jan 2025 00:00:00 GMT", now), seconds(0));
  EXPECT_EQ(ParseRetryAfter("100000000000", now), Nanos::max());
  EXPECT_EQ(ParseRetryAfter("-100000000000", now), seconds(0));
  EXPECT_EQ(ParseRetryAfter("soon", now), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("", now), std::nullopt);
}

/// An exporter towards a server of this test.
class OtlpHttpTest : public ::testing::Test {
 protected:
  OtlpHttpTest() {
    net::HttpServerOptions options;
    options.endpoint = "127.0.0.1:0";
    auto started = net::HttpServer::Start(
        options, host.loops(), host.workers(),
        [this](const net::HttpRequest& request) {
          const std::scoped_lock lock(mutex);
          bodies.emplace_back(request.body.view());
          last = request;
          return answer;
        },
        [](int status, const std::string&, const net::HttpRequest&) {
          net::HttpResponse response;
          response.status = status;
          return response;
        });
    EXPECT_TRUE(started.has_value());
    server = *std::move(started);
    config.endpoint = "http://127.0.0.1:" + std::to_string(server->port());
    config.compression = "none";
    config.sending.is_queue_enabled = false;
    config.sending.is_retry_enabled = false;
    answer.content_type = "application/x-protobuf";
  }
  ~OtlpHttpTest() override { server->Stop(std::chrono::steady_clock::now() + seconds(10)); }

  Result<Receipt> Export(const model::BatchPtr& batch) {
    auto exporter = OtlpHttpExporterFactory().create_exporter(
        {"otlphttp", host, model::SignalSet{batch->signal()}}, config);
    EXPECT_TRUE(exporter.has_value());
    EXPECT_TRUE((*exporter)->Start(host).has_value());
    Result<Receipt> result = (*exporter)->Consume(batch, {}).Wait();
    (*exporter)->Stop(std::chrono::steady_clock::now() + seconds(10));
    return result;
  }
  Error Refused(int status, const std::string& retry_after = "") {
    answer.status = status;
    answer.headers = {};
    if (!retry_after.empty()) {
      answer.headers.Add("Retry-After", retry_after);
    }
    const auto result = Export(MakeOpaqueBatch(1));
    EXPECT_FALSE(result.has_value());
    return result.has_value() ? Error{} : result.error();
  }

  FakeHost host;
  Config config;
  std::mutex mutex;
  net::HttpResponse answer;
  std::vector<std::string> bodies;
  net::HttpRequest last;
  std::unique_ptr<net::HttpServer> server;
};

TEST_F(OtlpHttpTest, PiecesArriveAsOneRequestByteForByte) {
  config.headers["x-team"].value = "a";
  const auto batch =
      model::Batch::Merge({MakeOpaqueBatch(1, "first "), MakeOpaqueBatch(2, "second")});

  ASSERT_TRUE(Export(batch).has_value());

  EXPECT_EQ(bodies, std::vector<std::string>{"first second"});
  EXPECT_EQ(last.path, "/v1/traces");
  EXPECT_EQ(last.headers.Get("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(last.headers.Get("x-team"), "a");
  EXPECT_FALSE(last.headers.Has("Content-Encoding"));
}

TEST_F(OtlpHttpTest, EachSignalHasItsPath) {
  config.encoding = "json";
  config.logs_endpoint = config.endpoint + "/elsewhere";
  answer.content_type = "application/json";
  const std::map<model::Signal, std::string> paths = {
      {model::Signal::kTraces, "/v1/traces"},
      {model::Signal::kMetrics, "/v1/metrics"},
      {model::Signal::kLogs, "/elsewhere"},
      {model::Signal::kProfiles, "/v1development/profiles"}};
  for (const auto& [signal, path] : paths) {
    const std::string_view json = wire::otlp::testing::SampleJson(signal);
    const std::string request = wire::otlp::RequestFromJson(signal, json).value();
    answer.body = wire::otlp::EncodeResponseJson(signal, {1, "old"});

    const auto receipt =
        Export(model::Batch::FromWire({Bytes(request)}, 3, wire::otlp::ItemCodecOf(signal)));

    ASSERT_TRUE(receipt.has_value());
    EXPECT_EQ(receipt->rejected_items, 1u);
    EXPECT_EQ(last.path, path);
    EXPECT_EQ(bodies.back(), json);
  }
}

TEST_F(OtlpHttpTest, ASignalWithoutAnEndpointIsRefused) {
  config.traces_endpoint = config.endpoint;
  config.endpoint = "";
  const auto exporter = OtlpHttpExporterFactory().create_exporter(
      {"otlphttp", host, {model::Signal::kMetrics}}, config);
  ASSERT_FALSE(exporter.has_value());
  EXPECT_EQ(exporter.error().message, "either endpoint or metrics_endpoint must be specified");
}

TEST_F(OtlpHttpTest, EveryCompressionCanBeUndone) {
  for (const char* name : {"gzip", "zstd", "zlib", "deflate", "snappy", "lz4"}) {
    config.compression = name;
    ASSERT_TRUE(Export(MakeOpaqueBatch(1, "some text")).has_value()) << name;
    EXPECT_EQ(last.headers.Get("Content-Encoding"), name);
    EXPECT_EQ(*base::Decompress(*base::ParseCompression(name), bodies.back(), 100), "some text");
  }
}

TEST_F(OtlpHttpTest, BodyThatCameCompressedAsWantedIsNotCompressedAnew) {
  config.compression = "zstd";
  const auto plain = MakeOpaqueBatch(1, "text");
  const auto batch = model::Batch::FromWire(
      plain->wire(), 1, plain->codec(),
      model::ReceivedBody{base::Compression::kZstd, Bytes(std::string("as it came"))});

  ASSERT_TRUE(Export(batch).has_value());

  EXPECT_EQ(bodies.back(), "as it came");
}

TEST_F(OtlpHttpTest, JsonIsWritten) {
  config.encoding = "json";
  answer.content_type = "application/json";
  answer.body = R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":"old"}})";

  const auto receipt = Export(MakeOpaqueBatch(2, ""));

  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->rejected_items, 1u);
  EXPECT_EQ(last.headers.Get("Content-Type"), "application/json");
  EXPECT_THAT(bodies.back(), ::testing::StartsWith("{"));
}

TEST_F(OtlpHttpTest, PartialSuccessReachesTheReceipt) {
  answer.body = wire::otlp::EncodeResponse({.rejected_items = 2, .error_message = "too old"});

  const auto receipt = Export(MakeOpaqueBatch(5));

  EXPECT_EQ(receipt->rejected_items, 2u);
  EXPECT_EQ(receipt->message, "too old");
}

TEST_F(OtlpHttpTest, AnAnswerOfAnotherServiceIsTold) {
  answer.body = "<!doctype html>";
  for (const char* type :
       {"text/html; charset=utf-8", "application/x-protobuf", "application/json", ""}) {
    answer.content_type = type;

    const auto receipt = Export(MakeOpaqueBatch(5));

    EXPECT_EQ(receipt->rejected_items, 0u);
    EXPECT_THAT(receipt->message, HasSubstr(std::string("(Content-Type '") + type)) << type;
    EXPECT_THAT(receipt->message,
                HasSubstr(*config.UrlOf(model::Signal::kTraces) + " the port of another service"));
  }
  answer.body = "";
  for (const char* type : {"text/plain", "application/json", ""}) {
    answer.content_type = type;
    EXPECT_EQ(Export(MakeOpaqueBatch(5))->message, "") << type;
  }
}

TEST_F(OtlpHttpTest, WhatAServerSaysIsQuotedInPart) {
  answer.body = wire::otlp::EncodeStatus({Code::kInvalidArgument, std::string(100'000, 'm')});

  EXPECT_LT(Refused(400).message.size(), 1000u);
}

TEST_F(OtlpHttpTest, OnlyFourStatusesAreRetried) {
  for (const int status : {429, 502, 503, 504}) {
    EXPECT_TRUE(Refused(status).is_retryable()) << status;
  }
  for (const int status : {400, 401, 404, 408, 413, 500, 501, 505}) {
    EXPECT_FALSE(Refused(status).is_retryable()) << status;
  }
}

TEST_F(OtlpHttpTest, DelayCountsFor429And503Only) {
  EXPECT_EQ(Refused(503, "4").retry_after, seconds(4));
  EXPECT_EQ(Refused(429, "5").retry_after, seconds(5));
  EXPECT_EQ(Refused(502, "6").retry_after, std::nullopt);
}

TEST_F(OtlpHttpTest, ErrorNamesUrlStatusAndMessage) {
  answer.body = wire::otlp::EncodeStatus({Code::kInvalidArgument, "bad span"});

  const Error error = Refused(400);

  EXPECT_EQ(error.code, Code::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr(*config.UrlOf(model::Signal::kTraces)));
  EXPECT_THAT(error.message, HasSubstr("400"));
  EXPECT_THAT(error.message, HasSubstr("bad span"));
}

TEST_F(OtlpHttpTest, NobodyThereIsRetryable) {
  server->Stop(std::chrono::steady_clock::now() + seconds(10));

  EXPECT_TRUE(Export(MakeOpaqueBatch(1)).error().is_retryable());
}

TEST_F(OtlpHttpTest, FactoryHasBothNames) {
  EXPECT_EQ(OtlpHttpExporterFactory().type, "otlp_http");
  EXPECT_THAT(OtlpHttpExporterFactory().aliases, ::testing::ElementsAre("otlphttp"));
}

}  // namespace
}  // namespace clew::pipeline::exporters::otlp_http
