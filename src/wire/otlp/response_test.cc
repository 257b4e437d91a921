#include "wire/otlp/response.h"

#include <gtest/gtest.h>

#include <limits>

namespace clew::wire::otlp {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(OtlpResponse, FullSuccessIsAnEmptyMessage) {
  EXPECT_EQ(EncodeResponse({}), "");
  EXPECT_EQ(EncodeResponseJson(model::Signal::kTraces, {}), "{}");
}

TEST(OtlpResponse, PartialSuccessGoesBothWays) {
  const PartialSuccess cases[] = {{3, "bad ids"}, {0, "a warning"}, {1, ""}};
  for (const PartialSuccess& partial : cases) {
    for (const auto& decoded :
         {DecodeResponse(EncodeResponse(partial)),
          DecodeResponseJson(model::Signal::kTraces,
                             EncodeResponseJson(model::Signal::kTraces, partial))}) {
      ASSERT_TRUE(decoded.has_value());
      EXPECT_EQ(decoded->rejected_items, partial.rejected_items);
      EXPECT_EQ(decoded->error_message, partial.error_message);
    }
  }
}

TEST(OtlpResponse, WireFormsAreAsTheSpecificationSays) {
  EXPECT_EQ(EncodeResponse({3, "bad"}),
            "\x0A\x07\x08\x03\x12\x03"
            "bad");
  EXPECT_EQ(EncodeResponseJson(model::Signal::kTraces, {3, "bad"}),
            R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"bad"}})");
}

TEST(OtlpResponse, ReadsWhatOthersWrite) {
  EXPECT_EQ(DecodeResponseJson(model::Signal::kTraces, R"({"partialSuccess":{"rejectedSpans":5}})")
                ->rejected_items,
            5);
  EXPECT_EQ(DecodeResponseJson(model::Signal::kTraces, R"({"partialSuccess":null,"more":[1]})")
                ->rejected_items,
            0);
  EXPECT_EQ(DecodeResponse("\x12\x01x\x0A\x02\x08\x05")->rejected_items, 5);
}

TEST(OtlpResponse, RefusesWhatIsNone) {
  EXPECT_EQ(DecodeResponse("<html>").error().code, Code::kInvalidArgument);
  EXPECT_EQ(DecodeResponseJson(model::Signal::kTraces, "<html>").error().code,
            Code::kInvalidArgument);
}

TEST(OtlpStatus, ErrorsGoBothWays) {
  const Error cases[] = {
      {Code::kInvalidArgument, "byte 12 is odd"},
      {Code::kResourceExhausted, "queue is full", 2s},
      {Code::kUnavailable, "", 1500ms},
      {Code::kUnavailable, "now", 0s},
      {Code::kUnavailable, "soon", Nanos(1)},
      {Code::kUnavailable, "never", Nanos(std::numeric_limits<std::int64_t>::max() - 1)},
      {Code::kOk, ""},
  };
  for (const Error& error : cases) {
    for (const auto& decoded :
         {DecodeStatus(EncodeStatus(error)), DecodeStatusJson(EncodeStatusJson(error))}) {
      ASSERT_TRUE(decoded.has_value());
      EXPECT_EQ(decoded->code, error.code);
      EXPECT_EQ(decoded->message, error.message);
      EXPECT_TRUE(decoded->retry_after == error.retry_after ||
                  decoded->retry_after == Nanos::max());
    }
  }
}

TEST(OtlpStatus, JsonFormIsAsProtobufSays) {
  EXPECT_EQ(EncodeStatusJson({Code::kUnavailable, "full", 1500ms}),
            R"({"code":14,"message":"full","details":[{"@type":)"
            R"("type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]})");
  EXPECT_EQ(EncodeStatusJson({Code::kInvalidArgument, "bad \xFF"}),
            "{\"code\":3,\"message\":\"bad \xEF\xBF\xBD\"}");
}

TEST(OtlpStatus, ForeignDetailsAndCodesDoNotHurt) {
  const auto status = DecodeStatusJson(
      R"({"code":99,"message":7,"details":[1,{"@type":"x/google.rpc.RetryInfo","retryDelay":"soon"},
          {"@type":"x/google.rpc.BadRequest","retryDelay":"9s"},
          {"@type":"x/google.rpc.RetryInfo","retryDelay":"3.25s"}]})");

  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->code, Code::kUnknown);
  EXPECT_EQ(status->message, "");
  EXPECT_EQ(status->retry_after, Nanos(3250ms));
}

TEST(OtlpStatus, OddDelaysAreBounded) {
  const std::pair<std::string_view, Nanos> cases[] = {
      {"-5s", 0s}, {"-0.5s", 0s}, {"99999999999s", Nanos::max()}, {"0.0000000019s", Nanos(1)}};
  for (const auto& [text, delay] : cases) {
    const auto status = DecodeStatusJson(fmt::format(
        R"({{"details":[{{"@type":"x/google.rpc.RetryInfo","retryDelay":"{}"}}]}})", text));
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->retry_after, delay) << text;
  }
}

TEST(OtlpStatus, RefusesWhatIsNone) {
  EXPECT_EQ(DecodeStatus("<html>").error().code, Code::kInvalidArgument);
  EXPECT_EQ(DecodeStatusJson("<html>").error().code, Code::kInvalidArgument);
  EXPECT_EQ(DecodeStatusJson("[]").error().code, Code::kInvalidArgument);
  EXPECT_EQ(DecodeStatusJson("").error().code, Code::kInvalidArgument);
}

TEST(OtlpStatus, CodesMapToHttpAsTheCollectorDoes) {
  const std::pair<Code, int> cases[] = {
      {Code::kInvalidArgument, 400},   {Code::kUnauthenticated, 401},
      {Code::kPermissionDenied, 403},  {Code::kUnimplemented, 404},
      {Code::kResourceExhausted, 429}, {Code::kCancelled, 503},
      {Code::kDeadlineExceeded, 503},  {Code::kAborted, 503},
      {Code::kOutOfRange, 503},        {Code::kUnavailable, 503},
      {Code::kDataLoss, 503},          {Code::kInternal, 500},
      {Code::kUnknown, 500},           {Code::kNotFound, 500},
      {Code::kAlreadyExists, 500},     {Code::kFailedPrecondition, 500},
  };
  for (const auto& [code, status] : cases) EXPECT_EQ(HttpStatusOf({code, ""}), status);
}

TEST(OtlpStatus, HttpMapsToCodesAsTheCollectorDoes) {
  const std::pair<int, Code> cases[] = {
      {200, Code::kOk},
      {202, Code::kOk},
      {400, Code::kInvalidArgument},
      {401, Code::kUnauthenticated},
      {403, Code::kPermissionDenied},
      {404, Code::kUnimplemented},
      {429, Code::kResourceExhausted},
      {502, Code::kUnavailable},
      {503, Code::kUnavailable},
      {504, Code::kUnavailable},
      {413, Code::kUnknown},
      {500, Code::kUnknown},
  };
  for (const auto& [status, code] : cases) EXPECT_EQ(CodeOfHttpStatus(status), code);
}

}  // namespace
}  // namespace clew::wire::otlp
