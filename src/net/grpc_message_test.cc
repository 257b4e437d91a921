#include "net/grpc_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/memory_budget.h"
#include "base/metrics.h"

namespace clew::net {
namespace {

using ::testing::HasSubstr;

TEST(GrpcMessageReader, TakesAMessageInPiecesOfAnySize) {
  const std::string message(1000, 'm');
  const std::string framed = FrameMessage(message);
  for (const std::size_t size : {1u, 2u, 5u, 7u, 2000u}) {
    RequestHold hold(nullptr);
    GrpcMessageReader reader(1000);
    for (std::size_t at = 0; at < framed.size(); at += size) {
      ASSERT_TRUE(reader.Put(framed.substr(at, size), hold).has_value());
    }
    ASSERT_TRUE(reader.End().has_value());
    EXPECT_FALSE(reader.is_compressed());
    EXPECT_EQ(reader.Take().view(), message);
  }
}

TEST(GrpcMessageReader, HoldsWhatHasComeAndWhatIsAnnouncedOnlyOfPlenty) {
  base::Metrics metrics;
  base::MemoryBudget budget(256u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kRequests);  // 64 MiB
  const std::string begin("\0\1\0\0\0a", 6);                                  // of 16 MiB
  RequestHold hold(&account);
  GrpcMessageReader reader(20u << 20);

  ASSERT_TRUE(reader.Put(begin.substr(0, 5), hold).has_value());
  EXPECT_EQ(account.used(), 0u);
  ASSERT_TRUE(reader.Put("a", hold).has_value());
  EXPECT_EQ(account.used(), 16u << 20);
  EXPECT_THAT(reader.End().error().message, HasSubstr("1 of 16777216 bytes"));

  RequestHold other_hold(&account);
  GrpcMessageReader other(20u << 20);
  ASSERT_TRUE(other.Put(begin, other_hold).has_value());
  EXPECT_EQ(other_hold.bytes(), other.capacity());
  EXPECT_LE(other_hold.bytes(), 16u << 10);
}

TEST(GrpcMessage, TextIsWrittenAsPercentEncodedAscii) {
  EXPECT_EQ(EncodeGrpcText("a b~"), "a b~");
  EXPECT_EQ(EncodeGrpcText("100%\né"), "100%25%0A%C3%A9");
}

TEST(GrpcMessage, BinaryHeadersAreBase64) {
  EXPECT_EQ(EncodeBinaryHeader("\1\2"), "AQI");
  EXPECT_EQ(DecodeBinaryHeader("AQI"), "\1\2");
  EXPECT_EQ(DecodeBinaryHeader("AQI="), "\1\2");
  EXPECT_EQ(DecodeBinaryHeader("!"), "!");
}

TEST(GrpcMessage, TimeoutsHaveAUnit) {
  using namespace std::chrono_literals;
  EXPECT_EQ(ParseGrpcTimeout("2H"), 2h);
  EXPECT_EQ(ParseGrpcTimeout("3M"), 3min);
  EXPECT_EQ(ParseGrpcTimeout("4S"), 4s);
  EXPECT_EQ(ParseGrpcTimeout("5m"), 5ms);
  EXPECT_EQ(ParseGrpcTimeout("6u"), 6us);
  EXPECT_EQ(ParseGrpcTimeout("7n"), 7ns);
  EXPECT_GT(ParseGrpcTimeout("99999999H").value(), 1'000h);  // and no overflow
  for (const char* text : {"", "S", "5", "5s", "-5S", "123456789S", "1 S"}) {
    EXPECT_EQ(ParseGrpcTimeout(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace clew::net
