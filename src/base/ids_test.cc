#include "base/ids.h"

#include <gtest/gtest.h>

#include <string>

namespace clew::base {
namespace {

TEST(TraceId, HexGoesBothWays) {
  const std::string hex = "4bf92f3577b34da6a3ce929d0e0e4736";

  const auto id = TraceId::FromHex(hex);

  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->bytes[0], 0x4b);
  EXPECT_EQ(id->bytes[15], 0x36);
  EXPECT_EQ(id->ToHex(), hex);
  EXPECT_EQ(TraceId::FromHex("4BF92F3577B34DA6A3CE929D0E0E4736"), id);
}

TEST(TraceId, ShortHexIsPaddedOnTheLeft) {
  EXPECT_EQ(TraceId::FromHex("abc")->ToHex(), "00000000000000000000000000000abc");
  EXPECT_EQ(TraceId::FromHex("a3ce929d0e0e4736")->ToHex(), "0000000000000000a3ce929d0e0e4736");
  EXPECT_TRUE(TraceId::FromHex("0")->is_zero());
}

TEST(TraceId, RefusesWhatIsNoHex) {
  EXPECT_EQ(TraceId::FromHex(""), std::nullopt);
  EXPECT_EQ(TraceId::FromHex("xyz"), std::nullopt);
  EXPECT_EQ(TraceId::FromHex(std::string(33, 'a')), std::nullopt);
}

TEST(SpanId, HexGoesBothWays) {
  EXPECT_EQ(SpanId::FromHex("00f067aa0ba902b7")->ToHex(), "00f067aa0ba902b7");
  EXPECT_EQ(SpanId::FromHex("1")->bytes[7], 1);
  EXPECT_EQ(SpanId::FromHex(std::string(17, 'a')), std::nullopt);
}

TEST(Ids, OrderIsThatOfTheBytes) {
  EXPECT_LT(TraceId::FromHex("01").value(), TraceId::FromHex("0100").value());
  EXPECT_LT(SpanId::FromHex("7f").value(), SpanId::FromHex("80").value());
}

TEST(TenantId, TakesTheNamesTempoTakes) {
  EXPECT_EQ(TenantId().name(), "single-tenant");
  EXPECT_EQ(TenantId::Parse("team-a_1.(x)*'!")->name(), "team-a_1.(x)*'!");
  EXPECT_TRUE(TenantId::Parse(std::string(150, 'a')).has_value());
}

TEST(TenantId, RefusesPathsAndOtherLetters) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
        std::string("a|b"), std::string("\u00e4"), std::string(151, 'a'), std::string("a\0b", 3)}) {
    EXPECT_EQ(TenantId::Parse(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace clew::base
