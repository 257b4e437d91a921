#include "net/connect_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// As they stand in messages of gRPC 1.51 and curl 7.88 with OpenSSL 3.
TEST(ConnectHint, SaysWhatToDo) {
  for (const char* reason :
       {"ipv4:127.0.0.1:4317: Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL "
        "routines::certificate verify failed",
        "SSL certificate problem: self-signed certificate",
        "SSL certificate problem: unable to get local issuer certificate"}) {
    EXPECT_THAT(ConnectHint(reason, true), HasSubstr("SSL_CERT_FILE")) << reason;
  }
  const char* version = "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number";
  EXPECT_THAT(ConnectHint(version, true), HasSubstr("write http://"));
  EXPECT_THAT(ConnectHint("Cannot check peer: missing selected ALPN property.", true),
              HasSubstr("OTLP/HTTP"));
  EXPECT_THAT(ConnectHint("Trying to connect an http1.x server", false), HasSubstr("OTLP/HTTP"));
  for (const char* reason :
       {"last error: UNAVAILABLE: ipv4:127.0.0.1:4317: Socket closed", "Empty reply from server"}) {
    EXPECT_THAT(ConnectHint(reason, false), StartsWith("; does the server want TLS")) << reason;
    EXPECT_EQ(ConnectHint(reason, true), "") << reason;
  }
}

TEST(ConnectHint, IsSilentWhereTheReasonIsClearOrUnknown) {
  for (const char* reason : {"Connection refused", "Socket closed", "",
                             "SSL certificate problem: certificate has expired"}) {
    EXPECT_EQ(ConnectHint(reason, false), "") << reason;
    EXPECT_EQ(ConnectHint(reason, true), "") << reason;
  }
}

}  // namespace
}  // namespace clew::net
