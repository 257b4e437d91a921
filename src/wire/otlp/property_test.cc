#include <gtest/gtest.h>

#include <limits>

#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/canonical_json.h"
#include "wire/otlp/testing/describe.h"
#include "wire/otlp/testing/random_request.h"

/// Round trips lose nothing. Each property holds for every seed; a failure names its seed.
namespace clew::wire::otlp {
namespace {

using testing::CanonicalSpans;
using testing::DescribeSpans;
using testing::RandomRequest;
using testing::RandomTraceData;
using testing::TextKind;

constexpr std::uint64_t kSeedCount = 300;

model::SpanColumnsPtr Decode(std::string protobuf) {
  DecodeLimits limits = kNothingCut;
  limits.nesting_depth_max = 200;
  DecodeCounts counts;
  auto columns = DecodeRequest({Bytes(std::move(protobuf))}, limits, counts);
  EXPECT_TRUE(columns.has_value()) << columns.error().message;
  return columns.value_or(std::make_shared<model::SpanColumns>());
}

std::vector<std::string> Describe(std::string protobuf) {
  return DescribeSpans(MaterializeSpans(*Decode(std::move(protobuf))));
}

std::string Json(std::string_view protobuf) {
  const auto json = TracesToJson(protobuf, JsonDialect::kOtlp);
  EXPECT_TRUE(json.has_value()) << json.error().message;
  return json.value_or("");
}

std::string FromJson(std::string_view json) {
  const auto protobuf = TracesFromJson(json);
  EXPECT_TRUE(protobuf.has_value()) << protobuf.error().message;
  return protobuf.value_or("");
}

TEST(OtlpProperty, ObjectsSurviveWireAndColumns) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    const model::TraceData data = RandomTraceData(seed, TextKind::kAnyOctets);

    ASSERT_EQ(Describe(EncodeRequest(data)), DescribeSpans(data)) << "seed " << seed;
  }
}

TEST(OtlpProperty, ObjectsSurviveJson) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    const model::TraceData data = RandomTraceData(seed, TextKind::kUtf8);

    ASSERT_EQ(Describe(FromJson(Json(EncodeRequest(data)))), DescribeSpans(data))
        << "seed " << seed;
  }
}

TEST(OtlpProperty, ListsAsDeepAsLimitsAllowSurviveJson) {
  model::Value value{std::string("leaf")};
  for (int depth = 0; depth < 128; ++depth) value = {model::Value::KvList{{"k", value}}};
  model::TraceData data = RandomTraceData(1, TextKind::kUtf8);
  ASSERT_FALSE(data.spans.empty());
  data.spans[0].events.push_back({.time = 1, .name = "deep", .attributes = {{"deep", value}}});

  EXPECT_EQ(Describe(FromJson(Json(EncodeRequest(data)))), DescribeSpans(data));
}

// The judge is the JSON writer, which knows neither columns nor the encoder.
TEST(OtlpProperty, OddRequestsSurviveColumns) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    const std::string request = RandomRequest(seed, TextKind::kAnyOctets);

    ASSERT_EQ(CanonicalSpans(Json(EncodeRequest(*Decode(request)))), CanonicalSpans(Json(request)))
        << "seed " << seed;
  }
}

TEST(OtlpProperty, OddRequestsSurviveJson) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    const std::string request = RandomRequest(seed, TextKind::kUtf8);
    const std::string json = Json(request);
    const std::string back = FromJson(json);

    ASSERT_EQ(Json(back), json) << "seed " << seed;
    ASSERT_EQ(Describe(back), Describe(request)) << "seed " << seed;
  }
}

TEST(OtlpProperty, InspectorDecoderAndRemoverAgree) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    const std::string request = RandomRequest(seed, TextKind::kAnyOctets);
    const auto facts = InspectRequest(request);
    ASSERT_TRUE(facts.has_value()) << "seed " << seed;
    const std::string kept = RemoveRejectedSpans(request);
    const auto kept_facts = InspectRequest(kept);
    ASSERT_TRUE(kept_facts.has_value()) << "seed " << seed;

    ASSERT_EQ(kept_facts->rejected_count(), 0u) << "seed " << seed;
    ASSERT_EQ(kept_facts->span_count, facts->span_count - facts->rejected_count())
        << "seed " << seed;
    ASSERT_EQ(Decode(request)->span_count(), kept_facts->span_count) << "seed " << seed;
    ASSERT_EQ(Describe(kept), Describe(request)) << "seed " << seed;
  }
}

TEST(OtlpProperty, BytesCutShortAreRefusedOrStillARequest) {
  for (std::uint64_t seed = 0; seed < kSeedCount / 10; ++seed) {
    const std::string request = RandomRequest(seed, TextKind::kAnyOctets);
    for (std::size_t size = 0; size < request.size(); size += 1 + size / 16) {
      const std::string part = request.substr(0, size);
      const auto facts = InspectRequest(part);
      if (facts.has_value()) continue;
      ASSERT_EQ(facts.error().code, Code::kInvalidArgument) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace clew::wire::otlp
