#include "net/connection_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/metrics.h"
#include "base/testing/test_folder.h"
#include "base/worker_pool.h"
#include "net/file_reserve.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/test_certificates.h"
#include "net/test_descriptors.h"
#include "net/test_grpc.h"
#include "net/test_http.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::AllFiles;
using testing::FileLimit;
using ::testing::HasSubstr;
using testing::kEcho;
using testing::kNeedsDescriptors;
using testing::TestSocket;

class GrpcConnectionTest : public ::testing::Test {
 protected:
  void Start(GrpcServerOptions options) {
    if (options.endpoint.empty()) options.endpoint = "127.0.0.1:0";
    options.metrics = &metrics_;
    options.name = "test";
    const auto echo = [](const GrpcRequest& request) -> Result<std::string> {
      return std::string(request.message.view()) + " " + request.client_address;
    };
    auto server = GrpcServer::Start(options, loops_, workers_, {{kEcho, echo}});
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }

  Result<std::string> Call(const std::string& endpoint = "",
                           const std::optional<TlsOptions>& tls = std::nullopt) {
    GrpcClientOptions options;
    options.endpoint = endpoint.empty() ? "localhost:" + std::to_string(server_->port()) : endpoint;
    options.tls = tls;
    auto client = GrpcClient::Create(options);
    EXPECT_TRUE(client.has_value());
    return (*client)->Call(kEcho, {Bytes(std::string("q"))}, testing::Soon());
  }

  prometheus::Counter& Refused(const char* reason) {
    return metrics_.Counter("clew_net_connections_refused_total", "",
                            {{"server", "test"}, {"reason", reason}});
  }

  static void WaitFor(const prometheus::Counter& counter) {
    const Deadline end = testing::Soon();
    while (counter.Value() == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::yield();
    }
  }

  base::Metrics metrics_;
  Loops loops_;
  base::WorkerPool workers_{"test", 2, 1000};
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcConnectionTest, ListensOnAfterDescriptorsRanOut) {
  if (kNeedsDescriptors) GTEST_SKIP();
  Start({});
  // Connected to the end: its descriptors must not become free when there are to be none.
  GrpcClientOptions options;
  options.endpoint = "127.0.0.1:" + std::to_string(server_->port());
  const auto client = std::move(*GrpcClient::Create(options));
  ASSERT_TRUE(client->Call(kEcho, {Bytes(std::string("q"))}, testing::Soon()).has_value());
  const auto& pauses = metrics_.Counter("clew_net_accept_pauses_total", "", {{"server", "test"}});
  {
    const FileLimit limit(256);
    const AllFiles all(1);
    const TestSocket last(server_->port());
    ASSERT_TRUE(last.is_connected());
    WaitFor(pauses);
  }

  const auto answer = Call();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_THAT(*answer, HasSubstr("q 127.0.0.1:"));
}

TEST_F(GrpcConnectionTest, ConnectionsOverTheLimitAreClosedUntilOthersHaveGone) {
  GrpcServerOptions options;
  options.connection_count_max = 10;
  Start(options);
  {
    std::vector<TestSocket> held;
    for (int i = 0; i < 10; ++i) held.emplace_back(server_->port());
    TestSocket over(server_->port());
    EXPECT_EQ(over.ReadAll(), "");
    WaitFor(Refused("connections"));
  }

  const auto answer = Call();  // tries again until the others are gone
  const Deadline end = testing::Soon();
  bool is_answered = answer.has_value();
  while (!is_answered && std::chrono::steady_clock::now() < end) is_answered = Call().has_value();
  EXPECT_TRUE(is_answered);
}

TEST_F(GrpcConnectionTest, LeavesDescriptorsToOthers) {
  const FileLimit limit(256);
  Start({});
  std::vector<TestSocket> held;
  for (int i = 0; i < 110; ++i) held.emplace_back(server_->port());
  WaitFor(Refused("descriptors"));

  // Those that are being refused have one until they are closed.
  const auto next_descriptor = [] {
    const int next = dup(STDERR_FILENO);
    close(next);
    return next;
  };
  const Deadline end = testing::Soon();
  while (next_descriptor() >= 256 - 64 + 8 && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_LT(next_descriptor(), 256 - 64 + 8);
}

TEST_F(GrpcConnectionTest, TakesTlsAndPaths) {
  GrpcServerOptions options;
  options.tls.emplace();
  options.tls->cert_pem = testing::Certificates().server_cert;
  options.tls->key_pem = testing::Certificates().server_key;
  Start(options);
  TlsOptions client;
  client.ca_pem = testing::Certificates().authority;
  EXPECT_TRUE(Call("", client).has_value());

  const std::string path = ::testing::TempDir() + "clew_net_test.socket";
  options.tls.reset();
  options.endpoint = "unix:" + path;
  Start(options);
  EXPECT_TRUE(Call("unix:" + path).has_value());
  server_->Stop(testing::Soon());
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST_F(GrpcConnectionTest, APathIsTakenOverOnlyWhenNobodyListensThere) {
  const base::testing::TestFolder folder;
  ASSERT_TRUE(base::MakeDirectories(folder.path()).has_value());
  const std::string path = folder.path() + "/socket";
  const std::string left = folder.path() + "/left";
  GrpcServerOptions options;
  options.endpoint = "unix:" + path;
  Start(options);

  HttpServerOptions second;
  second.endpoint = options.endpoint;
  const auto refused = HttpServer::Start(second, loops_, workers_, nullptr, nullptr);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message,
              HasSubstr("listen unix " + path + ": bind: address already in use"));
  EXPECT_TRUE(Call(options.endpoint).has_value());

  // As a process leaves it that was killed.
  ASSERT_EQ(link(path.c_str(), left.c_str()), 0);
  server_->Stop(testing::Soon());
  ASSERT_EQ(access(left.c_str(), F_OK), 0);
  options.endpoint = "unix:" + left;
  Start(options);
  EXPECT_TRUE(Call(options.endpoint).has_value());

  // Another process has its own there by now.
  ASSERT_EQ(unlink(left.c_str()), 0);
  second.endpoint = options.endpoint;
  const auto other = HttpServer::Start(second, loops_, workers_, nullptr, nullptr);
  ASSERT_TRUE(other.has_value()) << other.error().message;
  server_->Stop(testing::Soon());
  EXPECT_EQ(access(left.c_str(), F_OK), 0);
}

TEST_F(GrpcConnectionTest, APathThatCannotBeTriedIsNoListener) {
  const base::testing::TestFolder folder;
  ASSERT_TRUE(base::MakeDirectories(folder.path()).has_value());
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  const std::string path = folder.path() + "/socket";
  const std::string left = folder.path() + "/left";
  const auto refusal = [&] {
    HttpServerOptions options;
    options.endpoint = "unix:" + left;
    const auto server = HttpServer::Start(options, loops_, workers_, nullptr, nullptr);
    return server.has_value() ? "none" : server.error().message;
  };
  GrpcServerOptions options;
  options.endpoint = "unix:" + path;
  Start(options);
  ASSERT_EQ(link(path.c_str(), left.c_str()), 0);
  server_->Stop(testing::Soon());
  ASSERT_EQ(chmod(left.c_str(), 0), 0);

  const auto user = static_cast<uid_t>(setfsuid(65534));  // of this thread; root may everything
  const std::string of_another = refusal();
  setfsuid(user);
  ASSERT_EQ(chmod(left.c_str(), 0777), 0);
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  setfsuid(65534);
  const std::string abandoned = refusal();
  setfsuid(user);
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(unlink(left.c_str()), 0);
  ASSERT_TRUE(base::MakeDirectories(left).has_value());
  const std::string no_socket = refusal();

  EXPECT_EQ(of_another, "listen unix " + left +
                            ": a socket is there to which this user may not connect: remove it if "
                            "nobody listens there, or use another path");
  EXPECT_EQ(abandoned, "listen unix " + left +
                           ": a socket is there on which nobody listens, and this user may not "
                           "remove it: remove it, or use another path");
  EXPECT_EQ(no_socket,
            "listen unix " + left +
                ": something that is no socket is there: remove it, or use another path");
}

TEST_F(GrpcConnectionTest, TheClientTakesAddressesAsGrpcNamesThem) {
  GrpcServerOptions options;
  options.endpoint = "[::]:0";
  Start(options);
  const std::string port = std::to_string(server_->port());
  for (const std::string& endpoint :
       {"ipv4:127.0.0.1:" + port, "ipv4:127.0.0.2:" + port + ",127.0.0.1:" + port,
        "DNS:///localhost:" + port, "ipv6:[::1]:" + port}) {
    if (endpoint.starts_with("ipv6") && access("/proc/net/if_inet6", F_OK) != 0) continue;
    const auto answer = Call(endpoint);
    EXPECT_TRUE(answer.has_value()) << endpoint << ": " << answer.error().message;
  }
}

using HttpConnectionTest = testing::HttpTest;

TEST_F(HttpConnectionTest, ListensOnAfterDescriptorsRanOut) {
  if (kNeedsDescriptors) GTEST_SKIP();
  base::Metrics metrics;
  HttpServerOptions options;
  options.metrics = &metrics;
  options.name = "test";
  Start(options);
  const auto& pauses = metrics.Counter("clew_net_accept_pauses_total", "", {{"server", "test"}});
  {
    // The first connection of each network thread needs no more than its own descriptor.
    const FileLimit limit(256);
    const AllFiles all(5);
    const TestSocket first(server_->port());
    const TestSocket second(server_->port());
    const Deadline end = testing::Soon();
    while (server_->counts().connections < 2) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::yield();
    }
    const TestSocket third(server_->port());
    ASSERT_TRUE(third.is_connected());
    while (pauses.Value() == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::yield();
    }
  }

  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(Exchange("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                HasSubstr("200 OK"));
  }
}

/// The socket of this process that listens there; -1 when there is none.
int ListeningSocket(std::uint16_t port) {
  for (int file = 0; file < 1024; ++file) {
    int listens = 0;
    socklen_t size = sizeof(listens);
    sockaddr_in address{};
    socklen_t address_size = sizeof(address);
    if (getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0 &&
        getsockname(file, reinterpret_cast<sockaddr*>(&address), &address_size) == 0 &&
        address.sin_family == AF_INET && ntohs(address.sin_port) == port) {
      return file;
    }
  }
  return -1;
}

TEST_F(HttpConnectionTest, AnAcceptErrorThatLastsIsWaitedForAndLoggedOnce) {
  base::Metrics metrics;
  HttpServerOptions options;
  options.metrics = &metrics;
  options.name = "test";
  Start(options);
  const auto& pauses = metrics.Counter("clew_net_accept_pauses_total", "", {{"server", "test"}});
  ::testing::internal::CaptureStderr();
  ASSERT_EQ(shutdown(ListeningSocket(server_->port()), SHUT_RD), 0);  // EINVAL from now on
  const Deadline end = testing::Soon();
  while (pauses.Value() < 3 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_GE(pauses.Value(), 3);
  const std::string text = "no connection can be accepted";
  EXPECT_THAT(log, HasSubstr(text));
  EXPECT_EQ(log.find(text), log.rfind(text)) << log;
}

/// Runs on one thread with its clients.
class ConnectionListenerTest : public ::testing::Test {
 protected:
  void Listen(const ListenOptions& options) {
    auto listener = ConnectionListener::Listen(context_, options);
    ASSERT_TRUE(listener.has_value()) << listener.error().message;
    listener_ = std::move(*listener);
    listener_->Start(
        {.count = [] { return 0u; },
         .take = [this](base::FileDescriptor socket) { taken_.push_back(std::move(socket)); },
         .make_room = [this](std::size_t count) { room_ += count; }});
  }

  ListenOptions Options() {
    return {.endpoint = "127.0.0.1:0", .metrics = &metrics_, .name = "test"};
  }

  void RunUntilPauses(double count) {
    const auto& pauses = metrics_.Counter("clew_net_accept_pauses_total", "", {{"server", "test"}});
    const Deadline end = testing::Soon();
    while (pauses.Value() < count && std::chrono::steady_clock::now() < end) {
      context_.run_one_until(end);
    }
    EXPECT_GE(pauses.Value(), count);
  }

  base::Metrics metrics_;
  boost::asio::io_context context_;
  std::unique_ptr<ConnectionListener> listener_;
  std::vector<base::FileDescriptor> taken_;
  std::size_t room_ = 0;
};

TEST_F(ConnectionListenerTest, NobodyGoesForAnErrorThatRoomDoesNotMend) {
  Listen(Options());
  ASSERT_EQ(shutdown(ListeningSocket(listener_->port()), SHUT_RD), 0);  // EINVAL from now on
  RunUntilPauses(2);

  EXPECT_EQ(room_, 0u);
}

TEST_F(ConnectionListenerTest, ALackThatLastsIsLoggedOnceThoughSomeAreAccepted) {
  if (kNeedsDescriptors) GTEST_SKIP();
  Listen(Options());
  ::testing::internal::CaptureStderr();
  {
    const FileLimit limit(256);
    std::vector<TestSocket> clients;
    for (int i = 0; i < 3; ++i) clients.emplace_back(listener_->port());
    const AllFiles all(1);
    for (int i = 1; i <= 2; ++i) {
      RunUntilPauses(i);
      taken_.clear();
    }
  }
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_GT(room_, 0u);
  const std::string text = "no connection can be accepted";
  EXPECT_THAT(log, HasSubstr(text));
  EXPECT_EQ(log.find(text), log.rfind(text)) << log;
}

TEST_F(ConnectionListenerTest, TransportTcp6LeavesIpv4ToOthers) {
  if (access("/proc/net/if_inet6", F_OK) != 0) GTEST_SKIP() << "this machine has no IPv6";
  ListenOptions options = Options();
  options.endpoint = "[::]:0";
  options.family = AddressFamily::kIpv6;
  Listen(options);
  EXPECT_FALSE(TestSocket(listener_->port()).is_connected());

  options.endpoint = "0.0.0.0:" + std::to_string(listener_->port());
  options.family = AddressFamily::kIpv4;
  const auto other = ConnectionListener::Listen(context_, options);
  EXPECT_TRUE(other.has_value()) << other.error().message;
}

TEST(ConnectionListener, ConnectionsThatCannotBeTakenAreClosed) {
  boost::asio::io_context context;
  auto listener = ConnectionListener::Listen(
      context, {.endpoint = "127.0.0.1:0", .metrics = nullptr, .name = "test"});
  ASSERT_TRUE(listener.has_value());
  (*listener)->Start({.count = [] { return 0u; },
                      .take = [](const base::FileDescriptor&) { throw std::bad_alloc(); }});
  TestSocket socket((*listener)->port());
  context.run_one_for(std::chrono::seconds(20));

  EXPECT_EQ(socket.ReadAll(), "");
}

}  // namespace
}  // namespace clew::net
