#include "pipeline/receivers/otlp/http_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/compression.h"
#include "model/memory.h"
#include "pipeline/receiving/codecs.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/recording_consumer.h"
#include "wire/otlp/testing/sample_request.h"
#include "wire/otlp/value_writer.h"

namespace clew::pipeline::receivers::otlp {
namespace {

using ::testing::HasSubstr;
using wire::otlp::testing::Request;
using wire::otlp::testing::SpanMessage;

const std::string kTraceId(16, 'T');
const std::string kSpanId(8, 'S');
const std::string kOneSpan = Request({SpanMessage(kTraceId, kSpanId, "op")});

/// Sees what requests hold while one is consumed.
class WatchingConsumer final : public pipeline::testing::RecordingConsumer {
 public:
  explicit WatchingConsumer(base::MemoryAccount& account) : account_(account) {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override {
    held_bytes = account_.used();
    if (decodes) {
      EXPECT_TRUE(batch->columns().has_value());
      held_bytes_decoded = account_.used();
    }
    return RecordingConsumer::Consume(batch, context);
  }
  bool decodes = false;
  std::uint64_t held_bytes = 0;
  std::uint64_t held_bytes_decoded = 0;

 private:
  base::MemoryAccount& account_;
};

class HttpEndpointTest : public ::testing::Test {
 protected:
  net::HttpResponse Send(const net::HttpRequest& request) {
    receiving::Intake intake({"otlp", "http", applies_limits}, receiving::CodecOf("otlp", limits),
                             host, next);
    return HttpEndpoint(section, tenancy, intake).Handle(request).Wait();
  }
  static net::HttpRequest Post(std::string body,
                               const std::string& content_type = "application/x-protobuf") {
    net::HttpRequest request;
    request.method = "POST";
    request.path = "/v1/traces";
    request.headers.Add("Content-Type", content_type);
    request.body = Bytes(std::move(body));
    request.client_address = "10.0.0.1:99";
    return request;
  }
  net::HttpRequest Compressed(base::Compression compression, const std::string& body) {
    net::HttpRequest request = Post(*base::Compress(compression, body));
    request.headers.Add("Content-Encoding", std::string(base::CompressionName(compression)));
    return request;
  }
  base::MemoryAccount& requests() { return host.memory().account(base::MemoryUse::kRequests); }
  double Metric(const char* name) { return host.metrics().Sum(name); }

  pipeline::testing::FakeHost host;
  WatchingConsumer next{requests()};
  HttpSection section;
  receiving::TenancySection tenancy;
  bool applies_limits = false;
  wire::otlp::DecodeLimits limits;
};

TEST_F(HttpEndpointTest, ProtobufIsTakenUntouched) {
  const auto response = Send(Post(kOneSpan));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/x-protobuf");
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(next.batch_count(), 1u);
  const auto entry = next.entries()[0];
  EXPECT_EQ(entry.batch->item_count(), 1u);
  EXPECT_EQ(entry.batch->wire()[0].view(), kOneSpan);
  EXPECT_EQ(entry.batch->received()->bytes.view(), kOneSpan);
  EXPECT_EQ(entry.context.client_address, "10.0.0.1:99");
  EXPECT_TRUE(entry.context.metadata.empty());
  EXPECT_EQ(Metric("otelcol_receiver_accepted_spans"), 1);
}

TEST_F(HttpEndpointTest, CompressedBodyIsKeptAsItCame) {
  for (const auto compression :
       {base::Compression::kGzip, base::Compression::kZstd, base::Compression::kZlib,
        base::Compression::kSnappy, base::Compression::kLz4}) {
    const auto request = Compressed(compression, kOneSpan);
    EXPECT_EQ(Send(request).status, 200);
    const auto batch = next.entries().back().batch;
    EXPECT_EQ(batch->wire()[0].view(), kOneSpan);
    EXPECT_EQ(batch->received()->compression, compression);
    EXPECT_EQ(batch->received()->bytes.view(), request.body.view());
  }
}

TEST_F(HttpEndpointTest, BothFormsOfSnappyGoByOneName) {
  // The stream identifier and a chunk that holds an empty request: nothing.
  const std::string framed("\xff\x06\x00\x00sNaPpY", 10);
  auto request = Post(framed);
  request.headers.Add("Content-Encoding", "snappy");
  EXPECT_EQ(Send(request).status, 200);
}

TEST_F(HttpEndpointTest, JsonIsAnsweredInJson) {
  const auto response = Send(Post(
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",
          "spanId":"eee19b7ec3c1b174","name":"op"}]}]}]})",
      "application/json; charset=utf-8"));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(next.span_count(), 1u);
  EXPECT_FALSE(next.entries()[0].batch->received().has_value());
}

TEST_F(HttpEndpointTest, SpansWithBadIdsAreReportedWhileTheRestIsKept) {
  const std::string body =
      Request({SpanMessage(kTraceId, kSpanId, "good"), SpanMessage("short", kSpanId, "bad trace"),
               SpanMessage(kTraceId, std::string(8, '\0'), "bad span"),
               SpanMessage(kTraceId, kSpanId, "bad parent", "\x22\x03odd"),
               SpanMessage(kTraceId, kSpanId, "bad link", "\x6a\x05\x0a\x03odd")});

  const auto response = Send(Post(body));

  EXPECT_EQ(response.status, 200);
  const auto partial = wire::otlp::DecodeResponse(response.body);
  ASSERT_TRUE(partial.has_value());
  EXPECT_EQ(partial->rejected_items, 4);
  EXPECT_THAT(
      partial->error_message,
      HasSubstr("1 with an invalid trace id (16 bytes, not all zero), the first is number 2 "
                "of the request (trace id 73686f7274, span id "));
  EXPECT_THAT(partial->error_message, HasSubstr("1 with an invalid span id"));
  EXPECT_THAT(partial->error_message, HasSubstr("1 with an invalid parent span id"));
  EXPECT_THAT(partial->error_message, HasSubstr("1 with a link with an invalid trace id"));
  ASSERT_EQ(next.span_count(), 1u);
  EXPECT_FALSE(next.entries()[0].batch->received().has_value());
  EXPECT_EQ(Metric("clew_receiver_rejected_spans"), 4);
}

TEST_F(HttpEndpointTest, RequestOfOnlyBadSpansNeverReachesThePipeline) {
  const auto response = Send(Post(Request({SpanMessage("", "", "bad")})));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(wire::otlp::DecodeResponse(response.body)->rejected_items, 1);
  EXPECT_EQ(next.batch_count(), 0u);
}

TEST_F(HttpEndpointTest, EmptyRequestSucceeds) {
  EXPECT_EQ(Send(Post("")).status, 200);
  EXPECT_EQ(next.batch_count(), 0u);
}

TEST_F(HttpEndpointTest, UnknownFieldsAloneAreNoRequest) {
  const auto response = Send(Post("\x28\xb5\x2f"));  // field 5, as zstd's first bytes read

  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(wire::otlp::DecodeStatus(response.body)->message, HasSubstr("no resource spans"));
  EXPECT_EQ(Metric("clew_receiver_refused_requests_total"), 1);
}

TEST_F(HttpEndpointTest, SpansThatThePipelineRejectsAreReported) {
  next.Succeed({.rejected_items = 1, .message = "too old"});

  const auto partial = wire::otlp::DecodeResponse(Send(Post(kOneSpan)).body);

  EXPECT_EQ(partial->rejected_items, 1);
  EXPECT_EQ(partial->error_message, "too old");
  EXPECT_EQ(Metric("otelcol_receiver_accepted_spans"), 0);
}

TEST_F(HttpEndpointTest, MalformedBodiesNameThePlace) {
  const auto protobuf = Send(Post(kOneSpan.substr(0, kOneSpan.size() - 1)));
  EXPECT_EQ(protobuf.status, 400);
  const auto status = wire::otlp::DecodeStatus(protobuf.body);
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->code, Code::kInvalidArgument);
  EXPECT_THAT(status->message, HasSubstr("byte"));

  const auto json = Send(Post(
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]})", "application/json"));
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_THAT(wire::otlp::DecodeStatusJson(json.body)->message,
              HasSubstr("resourceSpans[0].scopeSpans[0].spans[0].traceId"));
  EXPECT_EQ(next.batch_count(), 0u);
  EXPECT_EQ(Metric("clew_receiver_refused_requests_total"), 2);
}

TEST_F(HttpEndpointTest, BodyOverTheLimitNamesTheLimit) {
  section.max_request_body_size = 1000;
  const auto sent = Send(Post(std::string(1001, 'x')));
  const auto bomb = Send(Compressed(base::Compression::kGzip, std::string(100'000, 'x')));

  for (const auto& response : {sent, bomb}) {
    EXPECT_EQ(response.status, 413);
    EXPECT_THAT(wire::otlp::DecodeStatus(response.body)->message, HasSubstr("1000 bytes"));
  }
}

TEST_F(HttpEndpointTest, WrongPathMethodAndTypeAreAnsweredInOtlpForm) {
  auto path = Post(kOneSpan);
  path.path = "/v1/metrics";
  const auto not_found = Send(path);
  EXPECT_EQ(not_found.status, 404);
  EXPECT_THAT(wire::otlp::DecodeStatus(not_found.body)->message, HasSubstr("/v1/traces"));

  auto method = Post(kOneSpan);
  method.method = "GET";
  const auto not_allowed = Send(method);
  EXPECT_EQ(not_allowed.status, 405);
  EXPECT_EQ(not_allowed.headers.Get("Allow"), "POST");
  EXPECT_EQ(wire::otlp::DecodeStatus(not_allowed.body)->message,
            "405 method not allowed, supported: [POST]");

  const auto unsupported = Send(Post(kOneSpan, "text/plain"));
  EXPECT_EQ(unsupported.status, 415);
  EXPECT_EQ(unsupported.content_type, "application/json");
  EXPECT_EQ(wire::otlp::DecodeStatusJson(unsupported.body)->message,
            "415 unsupported media type, supported: [application/json, application/x-protobuf]");
}

TEST_F(HttpEndpointTest, OfWhatWasSentOnlyTheBeginningIsQuoted) {
  const std::string text(60'000, 'x');
  auto path = Post(kOneSpan);
  path.path = "/" + text;
  auto coding = Post(kOneSpan);
  coding.headers.Add("Content-Encoding", text);
  for (const net::HttpRequest& request :
       {path, coding, Post(kOneSpan, "application/json; charset=" + text)}) {
    const net::HttpResponse response = Send(request);
    EXPECT_GE(response.status, 400);
    EXPECT_LT(response.body.size(), 300u);
  }
}

TEST_F(HttpEndpointTest, JsonInAnotherCharsetIsRefused) {
  const auto send = [this](const std::string& content_type) {
    return Send(Post("{}", content_type));
  };

  const auto refused = send("Application/JSON; a=b; Charset=\"UTF-16\"");
  EXPECT_EQ(refused.status, 415);
  EXPECT_EQ(wire::otlp::DecodeStatusJson(refused.body)->message,
            "415 unsupported charset of application/json: utf-16; send UTF-8");
  EXPECT_EQ(send("application/json;charset=ucs-2").status, 415);
  for (const char* taken :
       {"application/json", "application/json;charset=utf-8", "application/json; charset=\"UTF-8\"",
        "application/json; charset=us-ascii", "application/json;charset=iso-8859-1",
        "application/json;charset=", "application/json;", "application/json; x=charset=utf-16"}) {
    EXPECT_EQ(send(taken).status, 200) << taken;
  }
  EXPECT_EQ(Send(Post(kOneSpan, "application/x-protobuf; charset=utf-16")).status, 200);
}

TEST_F(HttpEndpointTest, EncodingsAreTakenByAllTheirNames) {
  for (const char* name : {"GZIP", "x-gzip"}) {
    auto request = Compressed(base::Compression::kGzip, kOneSpan);
    request.headers = {};
    request.headers.Add("Content-Type", "application/x-protobuf");
    request.headers.Add("Content-Encoding", name);
    EXPECT_EQ(Send(request).status, 200) << name;
  }
}

TEST_F(HttpEndpointTest, UnknownOrForbiddenEncodingIsRefused) {
  auto unknown = Post(kOneSpan);
  unknown.headers.Add("Content-Encoding", "br");
  EXPECT_EQ(
      wire::otlp::DecodeStatus(Send(unknown).body)->message,
      "unsupported Content-Encoding: br, supported: [identity, gzip, zstd, zlib, snappy, deflate, "
      "lz4, x-snappy-framed]");

  section.compression_algorithms = {"gzip"};
  EXPECT_EQ(Send(Compressed(base::Compression::kZstd, kOneSpan)).status, 400);
  EXPECT_EQ(Send(Compressed(base::Compression::kGzip, kOneSpan)).status, 200);
}

TEST_F(HttpEndpointTest, BrokenCompressionIsMalformed) {
  auto request = Post("no gzip at all");
  request.headers.Add("Content-Encoding", "gzip");

  EXPECT_EQ(Send(request).status, 400);
}

TEST_F(HttpEndpointTest, OverloadSaysWhenToComeBack) {
  next.FailAlways({Code::kUnavailable, "full", std::chrono::milliseconds(1500)});
  const auto unavailable = Send(Post(kOneSpan));
  EXPECT_EQ(unavailable.status, 503);
  EXPECT_EQ(unavailable.headers.Get("Retry-After"), "2");
  EXPECT_TRUE(wire::otlp::DecodeStatus(unavailable.body)->retry_after.has_value());

  next.FailAlways({Code::kResourceExhausted, "over the rate", std::chrono::seconds(3)});
  const auto exhausted = Send(Post(kOneSpan));
  EXPECT_EQ(exhausted.status, 429);
  EXPECT_EQ(exhausted.headers.Get("Retry-After"), "3");

  EXPECT_EQ(Metric("otelcol_receiver_refused_spans"), 2);
}

TEST_F(HttpEndpointTest, PipelineErrorsMapToStatusCodes) {
  const auto status_for = [&](Code code) {
    next.FailAlways({code, "no"});
    return Send(Post(kOneSpan)).status;
  };
  EXPECT_EQ(status_for(Code::kInvalidArgument), 400);
  EXPECT_EQ(status_for(Code::kUnauthenticated), 401);
  EXPECT_EQ(status_for(Code::kPermissionDenied), 403);
  EXPECT_EQ(status_for(Code::kInternal), 500);
  EXPECT_EQ(status_for(Code::kDeadlineExceeded), 503);
}

TEST_F(HttpEndpointTest, TenantComesFromTheHeaderWhenEnabled) {
  tenancy.enabled = true;
  EXPECT_EQ(Send(Post(kOneSpan)).status, 401);

  auto request = Post(kOneSpan);
  request.headers.Add("x-scope-orgid", "acme");
  EXPECT_EQ(Send(request).status, 200);
  EXPECT_EQ(next.entries().back().context.tenant.name(), "acme");

  auto invalid = Post(kOneSpan);
  invalid.headers.Add("X-Scope-OrgID", "a/b");
  EXPECT_EQ(Send(invalid).status, 400);
}

TEST_F(HttpEndpointTest, MetadataTravelsOnlyWhenAskedFor) {
  section.include_metadata = true;
  auto request = Post(kOneSpan);
  request.headers.Add("X-Team", "a");
  request.headers.Add("X-Team", "b");

  Send(request);

  EXPECT_EQ(next.entries()[0].context.metadata.at("x-team"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(HttpEndpointTest, GivenLimitsAreAppliedBeforeHandingOn) {
  applies_limits = true;
  limits.attribute_value_bytes_max = 2;

  ASSERT_EQ(Send(Post(kOneSpan)).status, 200);

  const auto batch = next.entries()[0].batch;
  EXPECT_THAT(std::string(batch->wire()[0].view()), HasSubstr("sh"));
  EXPECT_THAT(std::string(batch->wire()[0].view()), ::testing::Not(HasSubstr("shop")));
}

TEST_F(HttpEndpointTest, WhatDecodingCouldTakeIsHeldWhileTheRequestIsUnderWay) {
  EXPECT_EQ(Send(Compressed(base::Compression::kGzip, kOneSpan)).status, 200);

  EXPECT_GT(next.held_bytes, kOneSpan.size());
  EXPECT_EQ(requests().used(), 0u);
}

TEST_F(HttpEndpointTest, OnceItIsDecodedOnlyWhatTheColumnsTakeIsHeld) {
  std::string attributes;
  for (int i = 0; i < 200; ++i) {
    wire::otlp::WriteKeyValue(9, "key", model::Value{std::int64_t{i}}, &attributes);
  }
  const std::string body =
      Request(std::vector<std::string>(50, SpanMessage(kTraceId, kSpanId, "op", attributes)));
  next.decodes = true;

  EXPECT_EQ(Send(Post(body)).status, 200);
  const std::uint64_t columns = model::MemoryOf(**next.entries()[0].batch->columns());
  EXPECT_GT(next.held_bytes, 10 * columns);
  EXPECT_EQ(next.held_bytes_decoded, columns - body.size());

  // Whoever asks for the bytes of what was cut makes them anew.
  applies_limits = true;
  next.decodes = false;
  EXPECT_EQ(Send(Post(body)).status, 200);
  EXPECT_GT(next.held_bytes, columns + body.size());
  EXPECT_LT(next.held_bytes, 4 * columns);
  EXPECT_EQ(requests().used(), 0u);
}

/// Takes batches when told.
class LateConsumer final : public Consumer {
 public:
  LaterReceipt Consume(const model::BatchPtr& batch, const Context&) override {
    EXPECT_TRUE(batch->columns().has_value());
    batch_ = batch;
    auto [later, promise] = LaterReceipt::Promised();
    promise_.emplace(std::move(promise));
    return std::move(later);
  }
  void Give(Result<Receipt> receipt) { promise_->Keep(std::move(receipt)); }

 private:
  model::BatchPtr batch_;
  std::optional<LaterReceipt::Promise> promise_;
};

TEST_F(HttpEndpointTest, WhatIsTakenLaterIsHeldAndCountedWhenItIs) {
  for (const bool is_taken : {true, false}) {
    LateConsumer late;
    receiving::Intake intake({"otlp", "http", applies_limits}, receiving::CodecOf("otlp", limits),
                             host, late);
    HttpEndpoint endpoint(section, tenancy, intake);
    const double accepted = Metric("otelcol_receiver_accepted_spans");
    const double refused = Metric("otelcol_receiver_refused_spans");
    auto answer = endpoint.Handle(Post(kOneSpan));
    EXPECT_EQ(answer.now(), nullptr);
    EXPECT_GT(requests().used(), 0u);
    EXPECT_EQ(Metric("otelcol_receiver_accepted_spans"), accepted);
    int status = 0;
    std::move(answer).Then([&](const net::HttpResponse& response) {
      // When the sender hears, all of that is done.
      status = response.status;
      EXPECT_EQ(requests().used(), 0u);
      EXPECT_EQ(Metric("otelcol_receiver_accepted_spans"), accepted + (is_taken ? 1 : 0));
      EXPECT_EQ(Metric("otelcol_receiver_refused_spans"), refused + (is_taken ? 0 : 1));
    });
    EXPECT_EQ(status, 0);

    if (is_taken) {
      late.Give(Receipt{});
    } else {
      late.Give(std::unexpected(Error{Code::kUnavailable, "the disk is full"}));
    }

    EXPECT_EQ(status, is_taken ? 200 : 503);
  }
}

TEST_F(HttpEndpointTest, RequestForWhichThereIsNoRoomNowIsToldWhenToComeBack) {
  base::MemoryHold other(requests());
  ASSERT_TRUE(other.TryGrow(requests().limit() - 1000));

  for (const auto& request : {Post(kOneSpan), Compressed(base::Compression::kGzip, kOneSpan),
                              Post("{}", "application/json")}) {
    const auto response = Send(request);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.headers.Get("Retry-After"), "1");
  }
  EXPECT_EQ(Metric("clew_receiver_refused_requests_total"), 3);
  other.Release();
  EXPECT_EQ(Send(Post(kOneSpan)).status, 200);
}

TEST_F(HttpEndpointTest, RequestThatCouldNeverFitIsRefusedForGood) {
  const auto limit = host.memory().Limit(4u << 20);
  std::string events;
  for (int i = 0; i < 1000; ++i) events += std::string("\x5a\x00", 2);
  const std::string span = SpanMessage(kTraceId, kSpanId, "op", events);
  const std::string body = Request(std::vector<std::string>(60, span));

  const auto dense = Send(Post(body));
  const auto bomb = Send(Compressed(base::Compression::kZstd, std::string(2u << 20, '\0')));

  EXPECT_EQ(dense.status, 400);
  EXPECT_THAT(wire::otlp::DecodeStatus(dense.body)->message, HasSubstr("events: 60000"));
  EXPECT_THAT(wire::otlp::DecodeStatus(dense.body)->message, HasSubstr("send smaller requests"));
  EXPECT_EQ(bomb.status, 400);
  EXPECT_THAT(wire::otlp::DecodeStatus(bomb.body)->message, HasSubstr("unpacking the body"));
  EXPECT_EQ(next.batch_count(), 0u);
  EXPECT_EQ(Send(Post(Request({span}))).status, 200);
}

TEST_F(HttpEndpointTest, BodyThatFitsUnpackedIsTakenHoweverMuchWasGuessed) {
  const auto limit = host.memory().Limit(64u << 20);  // 12 MiB of requests that are handled
  std::minstd_rand random(1);
  std::string name(3'500'000, '\0');
  for (char& c : name) c = static_cast<char>('a' + (random() >> 8) % 16);
  const std::string body = Request({SpanMessage(kTraceId, kSpanId, name)});
  // The first frame says how large it is, which is a byte too little; four times that is too much.
  auto request = Compressed(base::Compression::kZstd, body.substr(0, body.size() - 1));
  const std::string rest = *base::Compress(base::Compression::kZstd, body.substr(body.size() - 1));
  request.body = Bytes(std::string(request.body.view()) + rest);

  EXPECT_EQ(Send(request).status, 200);
  EXPECT_EQ(next.batch_count(), 1u);
}

TEST_F(HttpEndpointTest, ServersOwnRefusalsAreAnsweredInOtlpForm) {
  receiving::Intake intake({.receiver_id = "otlp", .transport = "http"},
                           receiving::CodecOf("otlp", limits), host, next);
  HttpEndpoint endpoint(section, tenancy, intake);

  const auto too_large = endpoint.Refuse(413, "body too large", Post(""));
  EXPECT_EQ(too_large.status, 413);
  EXPECT_THAT(wire::otlp::DecodeStatus(too_large.body)->message, HasSubstr("20971520 bytes"));
  const auto busy = endpoint.Refuse(503, "busy", Post(""));
  EXPECT_EQ(wire::otlp::DecodeStatus(busy.body)->code, Code::kUnavailable);
  EXPECT_EQ(busy.headers.Get("Retry-After"), "1");
  const auto malformed = endpoint.Refuse(400, "bad head", net::HttpRequest());
  EXPECT_EQ(malformed.content_type, "application/json");
  EXPECT_EQ(wire::otlp::DecodeStatusJson(malformed.body)->message, "bad head");
}

}  // namespace
}  // namespace clew::pipeline::receivers::otlp
