#include "net/endpoint.h"

#include <gtest/gtest.h>

#include "net/http_server.h"

namespace clew::net {
namespace {

TEST(Endpoint, ReadsHostsAndPorts) {
  EXPECT_EQ(ParseHostPort("localhost:4317")->ToString(), "localhost:4317");
  EXPECT_EQ(ParseHostPort("0.0.0.0:0")->ToString(), "0.0.0.0:0");
  EXPECT_EQ(ParseHostPort(":4318")->ToString(), "[::]:4318");
  EXPECT_EQ(ParseHostPort("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseHostPort("[::1]:80")->ToString(), "[::1]:80");
}

TEST(Endpoint, RefusesWhatIsNotAnEndpoint) {
  for (const char* text : {"", "localhost", "::1:80", "a:b", "a:70000", "http://a:1", "a:1x"}) {
    const auto parsed = ParseHostPort(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Code::kInvalidArgument);
  }
}

TEST(Endpoint, ANameIsRestrictedToAFamily) {
  const HostPort local{"localhost", 80};

  EXPECT_EQ(RestrictTo(AddressFamily::kAny, local)->ToString(), "localhost:80");
  EXPECT_EQ(RestrictTo(AddressFamily::kIpv4, local)->ToString(), "127.0.0.1:80");
  EXPECT_EQ(RestrictTo(AddressFamily::kIpv4, {"", 80})->ToString(), "0.0.0.0:80");
  EXPECT_EQ(RestrictTo(AddressFamily::kIpv6, {"", 80})->ToString(), "[::]:80");
  EXPECT_EQ(RestrictTo(AddressFamily::kIpv6, {"::1", 80})->ToString(), "[::1]:80");
  const auto none = RestrictTo(AddressFamily::kIpv6, {"127.0.0.1", 80});
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().message, "listen tcp6 127.0.0.1:80: the host has no address of this kind");
}

TEST(PercentDecode, UndoesEscapesAndKeepsInvalidOnes) {
  EXPECT_EQ(PercentDecode("a%20b+c%2F", true), "a b c/");
  EXPECT_EQ(PercentDecode("a+b", false), "a+b");
  EXPECT_EQ(PercentDecode("100%", true), "100%");
  EXPECT_EQ(PercentDecode("%zz%4", true), "%zz%4");
  EXPECT_EQ(PercentDecode("%41", true), "A");
}

}  // namespace
}  // namespace clew::net
