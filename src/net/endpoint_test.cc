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

TEST(PercentDecode, UndoesEscapesAndKeepsInvalidOnes) {
  EXPECT_EQ(PercentDecode("a%20b+c%2F", true), "a b c/");
  EXPECT_EQ(PercentDecode("a+b", false), "a+b");
  EXPECT_EQ(PercentDecode("100%", true), "100%");
  EXPECT_EQ(PercentDecode("%zz%4", true), "%zz%4");
  EXPECT_EQ(PercentDecode("%41", true), "A");
}

}  // namespace
}  // namespace clew::net
