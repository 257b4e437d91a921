#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/test_certificates.h"
#include "net/test_http.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::Soon;
using testing::TestSocket;

/// The first bytes of what a client says to begin: its record has 512.
constexpr std::string_view kHalfHello("\x16\x03\x01\x02\0\1\0\1\xfc\3\3", 11);

/// Servers with TLS, and clients that never finish its handshake.
class HttpHandshakeTest : public testing::HttpTest {
 protected:
  /// Without `timeout` nobody is closed for lack of time.
  void StartTls(std::uint64_t connection_count_max, Nanos handshake_timeout = Nanos(0)) {
    HttpServerOptions options;
    options.tls.emplace();
    options.tls->cert_pem = testing::Certificates().server_cert;
    options.tls->key_pem = testing::Certificates().server_key;
    options.connection_count_max = connection_count_max;
    options.idle_time_min = Nanos(0);
    options.handshake_timeout = handshake_timeout;
    Start(options);
  }

  /// Half of them begin.
  std::vector<TestSocket> Silent(std::size_t count) {
    std::vector<TestSocket> sockets;
    for (std::size_t i = 0; i < count; ++i) {
      sockets.emplace_back(server_->port());
      EXPECT_TRUE(i % 2 == 0 || sockets.back().Send(kHalfHello));
    }
    return sockets;
  }

  /// The status of the answer to a client with a connection of its own; 0 when there is none.
  int StatusOfGet() {
    HttpClientOptions options;
    options.tls.emplace();
    options.tls->ca_pem = testing::Certificates().authority;
    const auto answer = (*HttpClient::Create(options))
                            ->Get("https://127.0.0.1:" + std::to_string(server_->port()) + "/x");
    return answer.has_value() ? answer->status : 0;
  }

  template <typename Condition>
  static bool BecomesTrue(const Condition& condition) {
    for (const Deadline end = Soon(); std::chrono::steady_clock::now() < end;) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

TEST_F(HttpHandshakeTest, HandshakesThatDoNotEndInTimeCloseTheConnection) {
  StartTls(2, std::chrono::seconds(3));
  // Over the limit are two, or one, when that has made room before the next came.
  const std::vector<TestSocket> silent = Silent(4);

  EXPECT_TRUE(BecomesTrue([&] { return server_->counts().connections_refused > 0; }));
  EXPECT_TRUE(BecomesTrue([&] { return server_->counts().connections == 0; }));
}

TEST_F(HttpHandshakeTest, ClientsThatAreConnectedOutliveTheHandshakeTimeout) {
  StartTls(10, std::chrono::seconds(10));
  EXPECT_EQ(StatusOfGet(), 200);
}

TEST_F(HttpHandshakeTest, HandshakesThatDoNotEndGiveWayToThoseWhoCome) {
  StartTls(2);
  const std::vector<TestSocket> silent = Silent(2);
  ASSERT_TRUE(BecomesTrue([&] { return server_->counts().connections == 2; }));

  EXPECT_TRUE(BecomesTrue([&] { return StatusOfGet() == 200; }));
}

/// Some clients send an empty line behind a body: it is no request.
TEST_F(HttpHandshakeTest, WhoSentOnlyAnEmptyLineGivesWayToThoseWhoCome) {
  constexpr std::string_view kPost = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nb";
  HttpServerOptions options;
  options.connection_count_max = 4;
  options.idle_time_min = Nanos(0);
  options.read_timeout = options.read_header_timeout = std::chrono::hours(1);
  Start(options);
  std::vector<TestSocket> idle;
  for (const std::string_view behind : {"\r\n", "\r", "\r\n\r\n", ""}) {
    idle.emplace_back(server_->port());
    idle.back().Send(std::string(kPost) + std::string(behind));
    EXPECT_THAT(idle.back().ReadUntil("POST /x b"), ::testing::StartsWith("HTTP/1.1 200"));
  }
  idle.back().Send("\r\n");
  std::vector<TestSocket> busy;

  for (std::size_t i = 0; i < idle.size(); ++i) {
    std::vector<TestSocket> taken;
    EXPECT_TRUE(BecomesTrue([&] {
      taken.clear();
      taken.emplace_back(server_->port());
      taken.back().Send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
      return taken.back().ReadUntil("GET /x ").starts_with("HTTP/1.1 200");
    }));
    // Its next request is under way: the others have to go.
    taken.back().Send("GET /x HTTP/1.1\r\n");
    busy.push_back(std::move(taken.back()));
  }
  for (TestSocket& socket : idle) EXPECT_EQ(socket.ReadAll(), "");
}

TEST_F(HttpHandshakeTest, StopDoesNotWaitForHandshakes) {
  StartTls(2);
  // Over the limit are two, or one, when that has made room before the next came.
  const std::vector<TestSocket> silent = Silent(4);
  ASSERT_TRUE(BecomesTrue([&] { return server_->counts().connections_refused > 0; }));
  ASSERT_TRUE(BecomesTrue([&] { return server_->counts().connections > 0; }));

  const auto begin = std::chrono::steady_clock::now();
  server_->Stop(begin + std::chrono::minutes(1));

  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace clew::net
