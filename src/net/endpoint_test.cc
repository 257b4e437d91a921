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

TEST(Endpoint, SaysTheRightForm) {
  const auto hint = [](std::string_view text) {
    const auto parsed = ParseHostPort(text);
    return parsed.has_value() ? std::string("fine") : parsed.error().message;
  };
  EXPECT_EQ(hint("http://u:secret@localhost:4317/v1"),
            "invalid endpoint \"http://[REDACTED]@localhost:4317/v1\": write host:port alone, "
            "\"localhost:4317\"");
  EXPECT_EQ(hint("u:secret@h:1"),
            "invalid endpoint \"[REDACTED]@h:1\": write host:port alone, \"h:1\"");
  EXPECT_EQ(hint("::1:4317"),
            "invalid endpoint \"::1:4317\": put the IPv6 address into brackets, \"[::1]:4317\"");
  EXPECT_EQ(hint("fe80::1%eth0:4317"),
            "invalid endpoint \"fe80::1%eth0:4317\": put the IPv6 address into brackets, "
            "\"[fe80::1%eth0]:4317\"");
  EXPECT_EQ(hint("localhost"),
            "invalid endpoint \"localhost\": missing port in address, write host:port, such as "
            "\"localhost:4317\"");
  EXPECT_EQ(hint("::1"), hint("[::1]").replace(18, 5, "::1"));
  EXPECT_EQ(hint("unix:///tmp/x"),
            "invalid endpoint \"unix:///tmp/x\": a path is for a gRPC server with transport: unix, "
            "write host:port, such as localhost:4317");
  EXPECT_EQ(hint("http://"),
            "invalid endpoint \"http://\": write host:port alone, \"localhost:4317\"");
  for (const char* open : {"[::1", "[::1:4317", "["}) {
    EXPECT_TRUE(
        hint(open).ends_with("the bracket of the address is not closed, write "
                             "[address]:port, such as [::1]:4317"))
        << hint(open);
  }
  EXPECT_EQ(hint("[::1]4317"),
            "invalid endpoint \"[::1]4317\": a colon and a port follow the bracket, not \"4317\"");
  EXPECT_EQ(hint("4317"),
            "invalid endpoint \"4317\": a port alone, write host:port, such as "
            "\"localhost:4317\"");
  EXPECT_EQ(hint(""),
            "invalid endpoint \"\": missing port in address, write host:port, such as "
            "\"localhost:4317\"");
  EXPECT_LT(hint(std::string(60'000, 'a')).size(), 400u);
  EXPECT_EQ(hint("h:http"),
            "invalid endpoint \"h:http\": invalid port \"http\", write a number from 0 to 65535");
  EXPECT_EQ(hint("[localhost]:1"),
            "invalid endpoint \"[localhost]:1\": \"localhost\" is no IPv6 address, and only those "
            "have brackets");
  for (const char* bad : {"1.2.3.4.5:1", "256.0.0.1:1", "a/b:1", "a b:1"}) {
    EXPECT_TRUE(hint(bad).contains("is neither a host name nor an address")) << hint(bad);
  }
  for (const char* good : {"my_host.example-1:1", "[fe80::1%eth0]:1", "127.0.0.1:1"}) {
    EXPECT_EQ(hint(good), "fine");
  }
}

TEST(Endpoint, GrpcEndpointsBecomeTargets) {
  const std::pair<const char*, const char*> cases[] = {
      {"localhost:4317", "localhost:4317"},
      {"http://h:4317", "h:4317"},
      {"https://h:4317/", "h:4317"},
      {"dns:///h:4317", "dns:///h:4317"},
      {"dns:h:4317", "dns:h:4317"},
      {"dns://8.8.8.8/h:4317", "dns://8.8.8.8/h:4317"},
      {":4317", "localhost:4317"},
      {"unix:/run/s", "unix:/run/s"},
      {"[::1]:4317", "[::1]:4317"},
      {"DNS:///h:4317", "dns:///h:4317"},
      {"Unix:/run/S", "unix:/run/S"},
      {"ipv4:10.0.0.1:4317", "ipv4:10.0.0.1:4317"},
      {"IPV4:10.0.0.1:1,10.0.0.2:2", "ipv4:10.0.0.1:1,10.0.0.2:2"},
      {"ipv4:///10.0.0.1:1", "ipv4:///10.0.0.1:1"},
      {"ipv6:[::1]:4317", "ipv6:[::1]:4317"},
      {"ipv6:[::1]:1,[fe80::1%eth0]:2", "ipv6:[::1]:1,[fe80::1%eth0]:2"},
  };
  for (const auto& [endpoint, target] : cases) EXPECT_EQ(ParseGrpcEndpoint(endpoint), target);
  EXPECT_EQ(ParseGrpcEndpoint("ftp://x:1").error().message,
            "invalid endpoint \"ftp://x:1\": the scheme \"ftp\" is unknown here, write host:port, "
            "or http:// or https:// in front of it");
  EXPECT_EQ(ParseGrpcEndpoint("ipv4:10.0.0.1:1,10.0.0.2:99999").error().message,
            "invalid endpoint \"ipv4:10.0.0.1:1,10.0.0.2:99999\": invalid port \"99999\", write a "
            "number from 1 to 65535");
  EXPECT_EQ(ParseGrpcEndpoint("ipv4:h:1").error().message,
            "invalid endpoint \"ipv4:h:1\": \"h\" is no IPv4 address");
  for (const char* bad : {"unix:", "unix://"}) {
    EXPECT_TRUE(ParseGrpcEndpoint(bad).error().message.contains("write unix:/path/of/socket"))
        << bad;
  }
  EXPECT_TRUE(ParseGrpcEndpoint("h\r\n:1").error().message.contains("\"h\\x0d\\x0a:1\""));
  EXPECT_TRUE(ParseHttpEndpoint("http://h\n:1").error().message.contains("\"http://h\\x0a:1\""));
  EXPECT_TRUE(ParseGrpcEndpoint("unix-abstract:x").error().message.contains("abstract sockets"));
  for (const char* bad : {"ipv4:", "ipv4:4317", "ipv4:1.2.3.4", "ipv4:1.2.3.4:1,", "ipv4:[::1]:1",
                          "ipv6:::1:1", "ipv6:1.2.3.4:1", "ipv6:[::1]:0", "dns:4317", "DNS:///"}) {
    EXPECT_FALSE(ParseGrpcEndpoint(bad).has_value()) << bad;
  }
}

TEST(Endpoint, HttpEndpointsBecomeUrls) {
  EXPECT_EQ(ParseHttpEndpoint("h:1"), "http://h:1");
  EXPECT_EQ(ParseHttpEndpoint("https://h/base//"), "https://h/base");
  EXPECT_EQ(ParseHttpEndpoint("h:99999").error().message,
            "invalid port \"99999\" in \"http://h:99999\", write a number from 1 to 65535");
  EXPECT_EQ(ParseHttpEndpoint("http://").error().message, "\"http://\" names no host");
  for (const char* bad : {"", "ftp://x", "[::1", "h:0", "http://", "4317", "a b"}) {
    EXPECT_FALSE(ParseHttpEndpoint(bad).has_value()) << bad;
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

TEST(Endpoint, PathsOfSockets) {
  const std::string longest = "/" + std::string(106, 'x');
  EXPECT_EQ(ParseSocketPath("/run/s"), "/run/s");
  EXPECT_EQ(ParseSocketPath("unix:run/s"), "run/s");
  EXPECT_EQ(ParseSocketPath("unix:///run/s"), "/run/s");
  EXPECT_EQ(ParseSocketPath("unix://" + longest), longest);
  EXPECT_EQ(ParseSocketPath("unix:").error().message,
            "invalid endpoint \"unix:\": the path of the socket is missing, write "
            "unix:/path/of/socket");
  EXPECT_TRUE(
      ParseSocketPath(longest + "x")
          .error()
          .message.ends_with(
              "the path of a socket has at most 107 bytes, this one 108: write a shorter one"));
  EXPECT_FALSE(ParseSocketPath(std::string("/run/s\0x", 8)).has_value());
  EXPECT_FALSE(ParseGrpcEndpoint("unix:" + longest + "x").has_value());
}

}  // namespace
}  // namespace clew::net
