#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/test_certificates.h"
#include "net/test_grpc.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using ::testing::HasSubstr;
using testing::kEcho;

class GrpcTlsTest : public testing::GrpcTest {
 protected:
  static TlsOptions ServerTls() {
    TlsOptions tls;
    tls.cert_pem = testing::Certificates().server_cert;
    tls.key_pem = testing::Certificates().server_key;
    return tls;
  }
  /// Nothing: without TLS. To one address: else the error may be that of another.
  Result<std::string> CallWith(std::optional<TlsOptions> tls) {
    GrpcClientOptions options;
    options.endpoint = "127.0.0.1:" + std::to_string(server_->port());
    options.tls = std::move(tls);
    return Client(options)->Call(kEcho, {Bytes(std::string("secret"))},
                                 std::chrono::steady_clock::now() + std::chrono::seconds(10));
  }
};

TEST_F(GrpcTlsTest, VerifiedServerAnswers) {
  GrpcServerOptions options;
  options.tls = ServerTls();
  Start(options, &EchoMessage);
  TlsOptions tls;
  tls.ca_pem = testing::Certificates().authority;

  const auto answer = CallWith(tls);

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(*answer, "secret");
}

TEST_F(GrpcTlsTest, UnknownAuthorityIsRefusedUnlessVerificationIsOff) {
  GrpcServerOptions options;
  options.tls = ServerTls();
  Start(options, &EchoMessage);
  TlsOptions skip;
  skip.insecure_skip_verify = true;

  const auto refused = CallWith(TlsOptions{});
  const auto skipped = CallWith(skip);

  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("SSL_CERT_FILE"));
  ASSERT_TRUE(skipped.has_value()) << skipped.error().message;
}

TEST_F(GrpcTlsTest, ServersThatSpeakSomethingElseAreTold) {
  GrpcServerOptions options;
  options.tls = ServerTls();
  Start(options, &EchoMessage);
  const auto plain = CallWith(std::nullopt);
  ASSERT_FALSE(plain.has_value());
  EXPECT_THAT(plain.error().message, HasSubstr("write https://"));

  Start({}, &EchoMessage);
  const auto encrypted = CallWith(TlsOptions{});
  ASSERT_FALSE(encrypted.has_value());
  EXPECT_THAT(encrypted.error().message, HasSubstr("write http://"));
}

TEST_F(GrpcTlsTest, MutualTlsNeedsAClientCertificate) {
  const testing::TemporaryFile authority(testing::Certificates().authority);
  GrpcServerOptions options;
  options.tls = ServerTls();
  options.tls->client_ca_file = authority.path();
  Start(options, &EchoMessage);
  TlsOptions without;
  without.ca_file = authority.path();
  TlsOptions with = without;
  with.cert_pem = testing::Certificates().client_cert;
  with.key_pem = testing::Certificates().client_key;

  const auto refused = CallWith(without);
  const auto answered = CallWith(with);

  EXPECT_FALSE(refused.has_value());
  ASSERT_TRUE(answered.has_value()) << answered.error().message;
}

TEST_F(GrpcTlsTest, VersionsAreLimitedOnBothSides) {
  TlsOptions any;
  any.ca_pem = testing::Certificates().authority;
  TlsOptions only_12 = any;
  only_12.max_version = "1.2";
  TlsOptions only_13 = any;
  only_13.min_version = "1.3";
  GrpcServerOptions server;
  server.tls = ServerTls();
  server.tls->min_version = "1.3";
  Start(server, &EchoMessage);
  EXPECT_TRUE(CallWith(only_13).has_value());
  EXPECT_TRUE(CallWith(any).has_value());
  EXPECT_FALSE(CallWith(only_12).has_value());

  server.tls->min_version = "1.2";
  server.tls->max_version = "1.2";
  Start(server, &EchoMessage);
  EXPECT_TRUE(CallWith(only_12).has_value());
  EXPECT_FALSE(CallWith(only_13).has_value());
}

TEST_F(GrpcTlsTest, BadOptionsAreNamed) {
  const auto start = [&](const TlsOptions& tls) {
    GrpcServerOptions options;
    options.endpoint = "127.0.0.1:0";
    options.tls = tls;
    return GrpcServer::Start(options, loops_, workers_, {}).error().message;
  };
  TlsOptions both = ServerTls();
  both.cert_file = "x";
  TlsOptions missing;
  missing.cert_file = "/nonexistent/cert.pem";
  missing.key_pem = ServerTls().key_pem;
  TlsOptions mismatched = ServerTls();
  mismatched.key_pem = testing::Certificates().client_key;
  TlsOptions version = ServerTls();
  version.min_version = "1.9";

  EXPECT_THAT(start(both), HasSubstr("but not both"));
  EXPECT_THAT(start(missing), HasSubstr("/nonexistent/cert.pem"));
  EXPECT_THAT(start(mismatched), HasSubstr("failed to load TLS cert and key"));
  EXPECT_EQ(start(version), "unsupported TLS version: \"1.9\"");
  EXPECT_THAT(start(TlsOptions{}), HasSubstr("both certificate and key"));
  TlsOptions old = ServerTls();
  old.min_version = "1.0";
  old.max_version = "1.1";
  EXPECT_EQ(start(old), "gRPC speaks TLS 1.2 and 1.3: set max_version to one of them");
}

}  // namespace
}  // namespace clew::net
