#include "net/retry_info.h"

#include <gtest/gtest.h>

#include <random>

namespace clew::net {
namespace {

TEST(RetryInfo, RoundTripKeepsTheDelay) {
  for (const std::int64_t nanos : {0LL, 1LL, 999'999'999LL, 1'000'000'000LL, 2'500'000'001LL}) {
    const Error error{Code::kUnavailable, "busy", Nanos(nanos)};

    EXPECT_EQ(ParseRetryDelay(EncodeStatusDetails(error)), Nanos(nanos));
  }
}

TEST(RetryInfo, MatchesTheBytesOfGoogleRpcStatus) {
  const Error error{Code::kUnavailable, "m", std::chrono::seconds(3)};
  const std::string expected = std::string("\x08\x0e\x12\x01m\x1a\x30\x0a\x28", 9) +
                               "type.googleapis.com/google.rpc.RetryInfo" +
                               std::string("\x12\x04\x0a\x02\x08\x03", 6);

  EXPECT_EQ(EncodeStatusDetails(error), expected);
}

TEST(RetryInfo, AbsentWithoutADelay) {
  EXPECT_EQ(ParseRetryDelay(EncodeStatusDetails({Code::kInternal, "x"})), std::nullopt);
  EXPECT_EQ(ParseRetryDelay(""), std::nullopt);
}

TEST(RetryInfo, HugeAndNegativeDelaysAreClamped) {
  std::string bytes = std::string("\x1a\x38\x0a\x28", 4) +
                      "type.googleapis.com/google.rpc.RetryInfo" +
                      std::string("\x12\x0c\x0a\x0a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 14);
  const auto huge = ParseRetryDelay(bytes);
  ASSERT_TRUE(huge.has_value());
  EXPECT_GT(*huge, std::chrono::hours(1'000'000));
}

TEST(RetryInfo, RandomBytesDoNoHarm) {
  std::mt19937 random(7);
  const std::string valid = EncodeStatusDetails({Code::kUnavailable, "busy", Nanos(5)});
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = valid;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % (bytes.size() + 1));
    ParseRetryDelay(bytes);
  }
}

}  // namespace
}  // namespace clew::net
