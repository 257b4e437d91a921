// What is written once for all signals: walking, cutting, JSON.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "wire/otlp/codec.h"
#include "wire/otlp/json.h"
#include "wire/otlp/testing/request_property.h"
#include "wire/otlp/testing/signal_samples.h"
#include "wire/otlp/walk_items.h"

namespace clew::wire::otlp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SignalsTest : public ::testing::TestWithParam<model::Signal> {
 protected:
  const SignalShape& shape() const { return ShapeOf(GetParam()); }
  std::string Sample() const {
    return RequestFromJson(GetParam(), testing::SampleJson(GetParam())).value();
  }
  Result<ItemCounts> Walk(std::string_view request) const {
    return WalkItems(shape(), request, WalkDepth::kEverything);
  }
  std::vector<std::size_t> SplitCounts(std::size_t item_count_max) const {
    const auto parts = ItemCodecOf(GetParam()).Split({Bytes(Sample())}, item_count_max).value();
    std::vector<std::size_t> counts;
    for (const model::CountedRequest& part : parts) {
      // It says what it holds, and can be read.
      EXPECT_EQ(Walk(part.request.view())->item_count(shape()), part.item_count);
      counts.push_back(part.item_count);
    }
    return counts;
  }
};

TEST_P(SignalsTest, JsonComesBackAsItWas) {
  const auto json = RequestToJson(GetParam(), Sample());
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(*json, testing::SampleJson(GetParam()));
}

TEST_P(SignalsTest, CountsItems) {
  const auto counts = Walk(Sample());
  ASSERT_TRUE(counts.has_value()) << counts.error().message;
  EXPECT_EQ(counts->item_count(shape()), testing::SampleItemCount(GetParam()));
  EXPECT_EQ(counts->resource_count(), 1u);
}

TEST_P(SignalsTest, ARequestThatBreaksOffIsMalformedOrLacksWhole) {
  const std::string sample = Sample();
  for (std::size_t size = 1; size < sample.size(); ++size) {
    const auto counts = Walk(sample.substr(0, size));
    // Only the end of a field of the request itself is no fault: of profiles, before the
    // dictionary.
    if (counts.has_value()) {
      EXPECT_EQ(GetParam(), model::Signal::kProfiles) << size;
    }
  }
}

TEST_P(SignalsTest, SplitsNothingThatFits) {
  EXPECT_THAT(SplitCounts(100), ElementsAre(testing::SampleItemCount(GetParam())));
}

TEST_P(SignalsTest, JoinedRequestsAreOne) {
  const model::BatchCodec& codec = ItemCodecOf(GetParam());
  if (codec.goes_whole()) GTEST_SKIP() << "their dictionaries are two";
  const auto batch =
      model::Batch::FromWire({Bytes(Sample())}, testing::SampleItemCount(GetParam()), codec);
  const auto joined = model::Batch::Merge({batch, batch});
  std::string whole;
  for (const Bytes& piece : joined->wire()) whole += piece.view();
  EXPECT_EQ(joined->signal(), GetParam());
  EXPECT_EQ(Walk(whole)->item_count(shape()), joined->item_count());
  EXPECT_EQ(joined->item_count(), 2 * testing::SampleItemCount(GetParam()));
}

/// A length-delimited field.
std::string Field(char tag, const std::string& value) {
  std::string field(1, tag);
  std::size_t rest = value.size();
  for (; rest > 0x7f; rest >>= 7) field += static_cast<char>((rest & 0x7f) | 0x80);
  return field + static_cast<char>(rest) + value;
}

TEST_P(SignalsTest, DoesNotFollowMessagesWithoutEnd) {
  // A list in a list in a list …, as the first attribute of a resource.
  std::string value;
  for (int i = 0; i < 2000; ++i) value = Field('\x2a', Field('\x0a', value));
  const std::string resource = Field('\x0a', Field('\x0a', Field('\x12', value)));
  const auto counts = Walk(Field('\x0a', resource));
  ASSERT_FALSE(counts.has_value());
  EXPECT_THAT(counts.error().message, HasSubstr("deep within each other"));
}

TEST_P(SignalsTest, AKnownFieldOfAnotherWireTypeIsRefused) {
  const std::string_view resources = shape().request.fields.front().proto_name;
  // A number where the resources are, behind the sample; one where their resource is.
  const auto number = Walk(Sample() + "\x08\x01");
  ASSERT_FALSE(number.has_value());
  EXPECT_EQ(number.error().code, Code::kInvalidArgument);
  EXPECT_EQ(number.error().message, fmt::format("at byte offset {} {} has wire type 0, expected 2",
                                                Sample().size(), resources));
  const auto within = Walk(Field('\x0a', std::string("\x0d\0\0\0\0", 5)));
  ASSERT_FALSE(within.has_value());
  EXPECT_EQ(within.error().message, "at byte offset 2 resource has wire type 5, expected 2");
  // Nobody knows what an unknown one is.
  EXPECT_TRUE(Walk(Sample() + "\x78\x01").has_value());
}

TEST_P(SignalsTest, WhateverIsTakenCanBeCutAndWritten) {
  std::mt19937 random(7);
  const std::string sample = Sample();
  EXPECT_EQ(testing::FaultOf(GetParam(), sample), "");
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = sample;
    for (std::size_t i = random() % 3 + 1; i > 0; --i) {
      const std::size_t place = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[place] = static_cast<char>(random());
          break;
        case 1:
          bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
          break;
        default:
          bytes += bytes.substr(place, random() % 20);
      }
    }
    EXPECT_EQ(testing::FaultOf(GetParam(), bytes), "") << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(All, SignalsTest, ::testing::ValuesIn(model::kSignals),
                         [](const auto& one) { return std::string(NameOf(one.param)); });

class MetricsTest : public SignalsTest {};
TEST_P(MetricsTest, AreCutBetweenDataPointsOfAMetric) {
  EXPECT_THAT(SplitCounts(1), ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_THAT(SplitCounts(4), ElementsAre(4, 2));
}
TEST_P(MetricsTest, APartHasItsMetricAndResource) {
  const auto parts = ItemCodecOf(GetParam()).Split({Bytes(Sample())}, 1).value();
  EXPECT_EQ(
      RequestToJson(GetParam(), parts[1].request.view()).value(),
      R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"scope":{"name":"lib"},"metrics":[{"name":"load","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"8","asInt":"-3","attributes":[{"key":"core","value":{"intValue":"1"}}]}]}}]}]}]})");
}
INSTANTIATE_TEST_SUITE_P(Signals, MetricsTest, ::testing::Values(model::Signal::kMetrics));

class LogsTest : public SignalsTest {};
TEST_P(LogsTest, AreCutBetweenRecords) { EXPECT_THAT(SplitCounts(2), ElementsAre(2, 1)); }
TEST_P(LogsTest, WhatHasNoRecordsIsInTheFirstPartOnly) {
  const std::string json =
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"flags":1},{"flags":2},{"flags":3}]},)"
      R"({"scope":{"name":"empty"}}]},{"resource":{"attributes":[{"key":"bare"}]}}]})";
  const std::string request = RequestFromJson(GetParam(), json).value();
  const auto parts = ItemCodecOf(GetParam()).Split({Bytes(request)}, 1).value();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(
      RequestToJson(GetParam(), parts[0].request.view()).value(),
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"flags":1}]},{"scope":{"name":"empty"}}]},)"
      R"({"resource":{"attributes":[{"key":"bare"}]}}]})");
  EXPECT_EQ(RequestToJson(GetParam(), parts[1].request.view()).value(),
            R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"flags":2}]}]}]})");
  EXPECT_EQ(RequestToJson(GetParam(), parts[2].request.view()).value(),
            R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"flags":3}]}]}]})");
}
TEST_P(LogsTest, AnIdOfAnotherLengthIsRefused) {
  const auto request = RequestFromJson(
      GetParam(), R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"0102"}]}]}]})");
  const auto counts = Walk(request.value());
  ASSERT_FALSE(counts.has_value());
  EXPECT_THAT(counts.error().message, HasSubstr("trace_id has 2 bytes, expected 16"));
}
INSTANTIATE_TEST_SUITE_P(Signals, LogsTest, ::testing::Values(model::Signal::kLogs));

class ProfilesTest : public SignalsTest {};
TEST_P(ProfilesTest, GoAsTheyCame) {
  const auto parts = ItemCodecOf(GetParam()).Split({Bytes(Sample())}, 1).value();
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts.front().request.view(), Sample());
  EXPECT_TRUE(ItemCodecOf(GetParam()).goes_whole());
}
INSTANTIATE_TEST_SUITE_P(Signals, ProfilesTest, ::testing::Values(model::Signal::kProfiles));

TEST(Numbers, OutOfTheirRangeAreRefused) {
  for (const char* point :
       {R"("scale":2147483648)", R"("scale":"x")", R"("positive":{"bucketCounts":["-1"]})"}) {
    const auto request = RequestFromJson(
        model::Signal::kMetrics,
        fmt::format(R"({{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{)"
                    R"("exponentialHistogram":{{"dataPoints":[{{{}}}]}}}}]}}]}}]}})",
                    point));
    EXPECT_FALSE(request.has_value()) << point;
  }
}

}  // namespace
}  // namespace clew::wire::otlp
