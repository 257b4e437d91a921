#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/worker_pool.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/test_certificates.h"
#include "net/test_deadline.h"
#include "net/test_grpc.h"
#include "net/test_http.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using ::testing::HasSubstr;
using testing::kEcho;
using testing::Soon;
using ::testing::StartsWith;
using testing::TestSocket;

/// Servers that are mainly for one protocol and take the other, too.
class GrpcAndHttpPortTest : public ::testing::Test {
 protected:
  void Start(bool has_tls = false) {
    if (has_tls) {
      grpc_.options.tls.emplace();
      grpc_.options.tls->cert_pem = testing::Certificates().server_cert;
      grpc_.options.tls->key_pem = testing::Certificates().server_key;
      http_.options.tls = grpc_.options.tls;
    }
    grpc_.options.endpoint = http_.options.endpoint = "127.0.0.1:0";
    grpc_.options.metrics = http_.options.metrics = &metrics_;
    auto grpc = GrpcServer::Start(grpc_.options, loops_, workers_, grpc_.handlers, &http_);
    ASSERT_TRUE(grpc.has_value()) << grpc.error().message;
    mainly_grpc_ = *std::move(grpc);
    auto http = HttpServer::Start(http_.options, loops_, workers_, http_.handler,
                                  http_.error_handler, &grpc_);
    ASSERT_TRUE(http.has_value()) << http.error().message;
    mainly_http_ = *std::move(http);
  }

  std::vector<std::uint16_t> ports() const { return {mainly_grpc_->port(), mainly_http_->port()}; }

  static TlsOptions ClientTls() {
    TlsOptions tls;
    tls.ca_pem = testing::Certificates().authority;
    return tls;
  }

  /// The answer to a message "q".
  static std::string Call(std::uint16_t port, bool has_tls = false) {
    GrpcClientOptions options;
    options.endpoint = "127.0.0.1:" + std::to_string(port);
    if (has_tls) options.tls = ClientTls();
    const auto answer =
        (*GrpcClient::Create(options))->Call(kEcho, {Bytes(std::string("q"))}, Soon());
    return answer.has_value() ? *answer : answer.error().message;
  }

  /// The answer to a GET of "/x".
  static std::string Get(std::uint16_t port, bool has_tls = false) {
    HttpClientOptions options;
    if (has_tls) options.tls = ClientTls();
    const auto answer = (*HttpClient::Create(options))
                            ->Get((has_tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
                                  std::to_string(port) + "/x");
    return answer.has_value() ? std::string(answer->body) : answer.error().message;
  }

  using TlsSocket = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

  /// A client that offers the protocols of this list, each behind its length.
  struct TlsClient {
    TlsClient(std::uint16_t port, std::string_view offered) {
      SSL_set_alpn_protos(stream.native_handle(),
                          reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned>(offered.size()));
      stream.next_layer().connect({boost::asio::ip::address_v4::loopback(), port});
      stream.handshake(boost::asio::ssl::stream_base::client);
    }

    boost::asio::io_context io;
    boost::asio::ssl::context tls{boost::asio::ssl::context::tls_client};
    TlsSocket stream{io, tls};
  };

  /// What the server selects.
  static std::string AlpnOf(std::uint16_t port, std::string_view offered) {
    TlsClient client(port, offered);
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.stream.native_handle(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  static std::string GetOverTls(std::uint16_t port, std::string_view offered) {
    TlsClient client(port, offered);
    const std::string_view request = "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    boost::asio::write(client.stream, boost::asio::buffer(request));
    std::string answer;
    boost::system::error_code ignored;
    boost::asio::read(client.stream, boost::asio::dynamic_buffer(answer), ignored);
    return answer;
  }

  /// All that comes until the server closes: reading gives up after ten seconds otherwise.
  static std::string ReadUntilClosed(TestSocket& socket) {
    const auto begin = std::chrono::steady_clock::now();
    std::string answer = socket.ReadAll();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9));
    return answer;
  }

  base::Metrics metrics_;
  Loops loops_;
  base::WorkerPool workers_{"test", 4, 1000};
  GrpcService grpc_{{}, {{kEcho, &EchoMessage}}};
  HttpService http_{{}, &testing::Echo, &testing::PlainError};
  std::unique_ptr<GrpcServer> mainly_grpc_;
  std::unique_ptr<HttpServer> mainly_http_;
};

TEST_F(GrpcAndHttpPortTest, EachPortTakesBoth) {
  Start();
  for (const std::uint16_t port : ports()) {
    EXPECT_EQ(Call(port), "q");
    EXPECT_EQ(Get(port), "GET /x ");
  }
}

TEST_F(GrpcAndHttpPortTest, WithTlsTheyAreToldApartByAlpn) {
  Start(true);
  // The client of gRPC offers h2 only.
  for (const std::uint16_t port : ports()) {
    EXPECT_EQ(Call(port, true), "q");
    EXPECT_THAT(GetOverTls(port, "\x08http/1.1"), HasSubstr("GET /x "));
  }
  EXPECT_THAT(GetOverTls(mainly_http_->port(), ""), HasSubstr("GET /x "));
}

TEST_F(GrpcAndHttpPortTest, WithTlsWhoOffersBothGetsWhatThePortIsMainlyFor) {
  Start(true);
  EXPECT_EQ(AlpnOf(mainly_grpc_->port(), "\x02h2\x08http/1.1"), "h2");
  EXPECT_EQ(AlpnOf(mainly_http_->port(), "\x02h2\x08http/1.1"), "http/1.1");
  for (const std::uint16_t port : ports()) {
    EXPECT_EQ(AlpnOf(port, "\x08http/1.1"), "http/1.1");
    EXPECT_EQ(AlpnOf(port, "\x02h2"), "h2");
    EXPECT_EQ(AlpnOf(port, ""), "");
  }
}

TEST_F(GrpcAndHttpPortTest, FirstBytesMayComeOneByOne) {
  Start();
  for (const std::uint16_t port : ports()) {
    TestSocket grpc(port);
    for (const char byte : testing::Preface()) ASSERT_TRUE(grpc.Send(std::string(1, byte)));
    ASSERT_TRUE(grpc.Send(testing::WholeCall(1)));
    EXPECT_TRUE(testing::ReadAnswer(grpc).is_ended);

    TestSocket http(port);
    // Begins as HTTP/2 does.
    for (const char byte : std::string_view("PRINT /x HTTP/1.1\r\nHost: x\r\n\r\n")) {
      ASSERT_TRUE(http.Send(std::string(1, byte)));
    }
    EXPECT_THAT(http.ReadUntil("PRINT /x"), StartsWith("HTTP/1.1 200"));
  }
}

TEST_F(GrpcAndHttpPortTest, WhoeverSaysNothingIsClosed) {
  grpc_.options.handshake_timeout = std::chrono::milliseconds(20);
  http_.options.read_header_timeout = std::chrono::milliseconds(20);
  Start();
  for (const std::string_view begin : {"", "P", "PRI"}) {
    for (const std::uint16_t port : ports()) {
      TestSocket socket(port);
      ASSERT_TRUE(socket.Send(begin));
      EXPECT_EQ(ReadUntilClosed(socket), "");
    }
  }
  EXPECT_EQ(metrics_.Sum("clew_net_connections_closed_total"), 3);  // of the port of gRPC
}

TEST_F(GrpcAndHttpPortTest, WhoeverLeavesIsClosedWithoutATimeout) {
  grpc_.options.handshake_timeout = Nanos(0);
  http_.options.read_header_timeout = http_.options.read_timeout = Nanos(0);
  Start();
  for (const std::string_view begin : {"", "P", "PRI"}) {
    for (const std::uint16_t port : ports()) {
      TestSocket socket(port);
      ASSERT_TRUE(socket.Send(begin));
      socket.FinishSending();
      EXPECT_THAT(ReadUntilClosed(socket), StartsWith(begin.empty() ? "" : "HTTP/1.1 400"));
    }
  }
}

TEST_F(GrpcAndHttpPortTest, ThoseThatSaidNothingDoNotKeepAStopWaiting) {
  Start();
  std::vector<TestSocket> silent;
  for (const std::uint16_t port : ports()) {
    silent.emplace_back(port);
    silent.emplace_back(port);
    ASSERT_TRUE(silent.back().Send("PR"));
    EXPECT_EQ(Get(port), "GET /x ");  // so that they have been accepted
  }
  const auto begin = std::chrono::steady_clock::now();
  mainly_grpc_->Stop(begin + std::chrono::minutes(1));
  mainly_http_->Stop(begin + std::chrono::minutes(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(GrpcAndHttpPortTest, ConnectionsCountOnceWhateverTheyBecome) {
  http_.options.connection_count_max = 2;
  http_.options.idle_time_min = std::chrono::hours(1);
  Start();
  const std::uint16_t port = mainly_http_->port();
  TestSocket grpc(port);
  ASSERT_TRUE(grpc.Send(testing::Preface() + testing::WholeCall(1)));
  EXPECT_TRUE(testing::ReadAnswer(grpc).is_ended);
  TestSocket http(port);
  ASSERT_TRUE(http.Send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(http.ReadUntil("GET /x "), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(mainly_http_->counts().connections, 2U);
  EXPECT_EQ(mainly_http_->counts().connections_refused, 0U);

  TestSocket third(port);
  EXPECT_THAT(third.ReadAll(), StartsWith("HTTP/1.1 503"));
}

/// A port without the other service.
TEST_F(GrpcAndHttpPortTest, APortOfGrpcAloneTellsWhatItIsFor) {
  Start();
  mainly_grpc_ = *GrpcServer::Start(grpc_.options, loops_, workers_, grpc_.handlers);
  const std::uint16_t port = mainly_grpc_->port();

  EXPECT_EQ(Call(port), "q");
  for (const std::string_view request :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n",
        "nonsense\r\n\r\n"}) {
    TestSocket socket(port);
    ASSERT_TRUE(socket.Send(request));
    socket.FinishSending();
    const std::string answer = socket.ReadAll();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 505 HTTP Version Not Supported\r\n"));
    EXPECT_THAT(answer, HasSubstr("this port takes gRPC"));
  }
}

}  // namespace
}  // namespace clew::net
