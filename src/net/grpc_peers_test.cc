#include "net/grpc_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/worker_pool.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/test_descriptors.h"
#include "net/test_grpc.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using testing::kEcho;
using testing::Soon;

constexpr const char* kClosed = "clew_net_connections_closed_total";
/// A quarter of it, for requests, is what 64 calls count.
constexpr std::uint64_t kSmallBudget = 16u << 20;

// Frames of HTTP/2.
constexpr char kData = 0;
constexpr char kHeaders = 1;
constexpr char kReset = 3;
constexpr char kSettings = 4;
constexpr char kContinuation = 9;
constexpr char kEndStream = 1;
constexpr char kEndHeaders = 4;

void AppendNumber(std::string& text, std::uint32_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(number >> (8 * i)));
}

std::string Frame(char type, char flags, std::uint32_t stream, std::string_view payload) {
  std::string frame;
  AppendNumber(frame, static_cast<std::uint32_t>(payload.size()), 3);
  frame.push_back(type);
  frame.push_back(flags);
  AppendNumber(frame, stream, 4);
  return frame.append(payload);
}

std::string Field(std::string_view name, std::string_view value) {
  std::string field(1, '\0');
  field.push_back(static_cast<char>(name.size()));
  field.append(name);
  field.push_back(static_cast<char>(value.size()));
  return field.append(value);
}

std::string HeadersOfCall() {
  return Field(":method", "POST") + Field(":scheme", "http") + Field(":path", kEcho) +
         Field(":authority", "test") + Field("te", "trailers") +
         Field("content-type", "application/grpc");
}

/// Headers and message, which is empty.
std::string WholeCall(std::uint32_t stream) {
  return Frame(kHeaders, kEndHeaders, stream, HeadersOfCall()) +
         Frame(kData, kEndStream, stream, std::string(5, '\0'));
}

std::string CancelledCall(std::uint32_t stream) {
  return Frame(kHeaders, kEndHeaders, stream, HeadersOfCall()) +
         Frame(kReset, 0, stream, std::string_view("\0\0\0\x8", 4));
}

/// SETTINGS_INITIAL_WINDOW_SIZE: the client takes no answers.
constexpr std::string_view kNoWindow("\0\4\0\0\0\0", 6);

/// A client that never acknowledges the server's settings.
std::string Preface(std::string_view settings = "") {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, settings);
}

class GrpcPeersTest : public ::testing::Test {
 protected:
  void Start(GrpcServerOptions options = {}, GrpcHandler handler = &EchoMessage) {
    options.endpoint = "127.0.0.1:0";
    options.metrics = &metrics_;
    options.request_memory = &budget_.account(base::MemoryUse::kRequests);
    options.name = "test";
    auto server = GrpcServer::Start(options, workers_, {{kEcho, std::move(handler)}});
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
    GrpcClientOptions client;
    client.endpoint = "127.0.0.1:" + std::to_string(server_->port());
    client_ = std::move(*GrpcClient::Create(client));
    ExpectService();
  }

  void ExpectService() {
    EXPECT_EQ(client_->Call(kEcho, {Bytes(std::string("q"))}, Soon()).value_or(""), "q");
  }

  double Closed(const char* reason) {
    return metrics_.Counter(kClosed, "", {{"server", "test"}, {"reason", reason}}).Value();
  }

  base::Metrics metrics_;
  // A quarter is for requests.
  base::MemoryBudget budget_{512u << 20, metrics_};
  base::WorkerPool workers_{"test", 4, 1000};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<GrpcClient> client_;
};

TEST_F(GrpcPeersTest, HeadersWithoutEndCloseTheConnection) {
  Start();
  testing::TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface() + Frame(kHeaders, 0, 1, HeadersOfCall())));

  const std::string more = Frame(kContinuation, 0, 1, Field("name", std::string(100, 'v')));
  std::string many;
  for (int i = 0; i < 200; ++i) many += more;
  int sent = 0;
  while (sent < 20'000 && socket.Send(many)) ++sent;

  EXPECT_LT(sent, 20'000);
  EXPECT_EQ(Closed("unanswered"), 1);
  ExpectService();
  EXPECT_EQ(metrics_.Sum(kClosed), 1);
}

TEST_F(GrpcPeersTest, AConnectionIsClosedAlsoWhenNoDescriptorIsFree) {
  if (testing::kNeedsDescriptors) GTEST_SKIP();
  Start();
  testing::TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface() + Frame(kHeaders, 0, 1, HeadersOfCall())));
  const std::string taken = Frame(kSettings, 1, 0, "");
  ASSERT_TRUE(socket.ReadUntil(taken).ends_with(taken));
  const std::string more = Frame(kContinuation, 0, 1, Field("name", std::string(100, 'v')));
  std::string many;
  for (int i = 0; i < 200; ++i) many += more;
  int sent = 0;
  {
    const testing::FileLimit limit(512);
    const testing::AllFiles all(0);
    while (sent < 20'000 && socket.Send(many)) ++sent;
  }

  EXPECT_LT(sent, 20'000);
  EXPECT_EQ(Closed("unanswered"), 1);
  ExpectService();
}

TEST_F(GrpcPeersTest, CallsWhoseAnswersAreNotTakenCloseTheConnection) {
  GrpcServerOptions options;
  options.concurrent_streams_max = 100;
  Start(options);
  testing::TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface(kNoWindow)));

  std::uint32_t stream = 1;
  while (stream < 1'000'000 && socket.Send(WholeCall(stream))) stream += 2;

  EXPECT_LT(stream, 1'000'000u);
  EXPECT_EQ(Closed("calls"), 1);
  ExpectService();
  EXPECT_EQ(metrics_.Sum(kClosed), 1);
}

/// Each keeps to the number of calls that it may have.
TEST_F(GrpcPeersTest, AnswersThatAreNotTakenCloseOneOfManyConnections) {
  const std::shared_ptr<void> limit = budget_.Limit(kSmallBudget);
  GrpcServerOptions options;
  options.concurrent_streams_max = 10;
  Start(options);
  std::vector<testing::TestSocket> sockets;
  for (int i = 0; i < 20; ++i) {
    std::string calls = Preface(kNoWindow);
    for (std::uint32_t stream = 1; stream < 20; stream += 2) calls += WholeCall(stream);
    sockets.emplace_back(server_->port());
    ASSERT_TRUE(sockets.back().Send(calls));
  }

  const Deadline end = Soon();
  while (Closed("calls") == 0 && std::chrono::steady_clock::now() < end) ExpectService();
  EXPECT_GT(Closed("calls"), 0);
  ExpectService();
  EXPECT_LT(metrics_.Sum(kClosed), 20);
}

/// Until it has seen the server's settings a client may open any number of calls, and proxies do.
TEST_F(GrpcPeersTest, ABurstOfCallsOnANewConnectionDoesNot) {
  const std::shared_ptr<void> limit = budget_.Limit(kSmallBudget);
  GrpcServerOptions options;
  options.concurrent_streams_max = 10;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<std::uint32_t> waiting = 0;
  Start(options, [&](const GrpcRequest& request) -> Result<std::string> {
    if (request.message.size() == 1) return EchoMessage(request);
    const base::WorkerPool::BlockingScope blocking;
    ++waiting;
    released.wait();
    return EchoMessage(request);
  });
  testing::TestSocket socket(server_->port());
  const std::string message = std::string("\0\0\0\0\2", 5) + "ab";
  std::string burst = Preface();
  constexpr std::uint32_t kCalls = 50;  // at once; twice as many are more than anybody may hold
  for (const std::uint32_t wanted : {kCalls, 2 * kCalls}) {
    for (std::uint32_t call = waiting; call < wanted; ++call) {
      burst += Frame(kHeaders, kEndHeaders, 2 * call + 1, HeadersOfCall()) +
               Frame(kData, kEndStream, 2 * call + 1, message);
    }
    ASSERT_TRUE(socket.Send(burst));
    burst.clear();
    const Deadline end = Soon();
    while (waiting < wanted && std::chrono::steady_clock::now() < end) ExpectService();
    ASSERT_EQ(waiting, wanted);
  }
  release.set_value();
  // Longer than what was worked on is remembered: the last count of the calls has them all open.
  const Deadline later = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
  while (std::chrono::steady_clock::now() < later) ExpectService();

  server_.reset();  // before what its handler uses
  EXPECT_EQ(metrics_.Sum(kClosed), 0);
}

TEST_F(GrpcPeersTest, CallsThatAreCancelledByTheThousandCloseTheConnection) {
  GrpcServerOptions options;
  options.concurrent_streams_max = 100;
  Start(options);
  testing::TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface()));

  std::uint32_t stream = 1;
  while (stream < 2'000'000 && socket.Send(CancelledCall(stream))) stream += 2;

  EXPECT_LT(stream, 2'000'000u);
  EXPECT_EQ(Closed("cancelled") + Closed("calls"), 1);
  ExpectService();
}

/// gRPC is slower at ending calls than at reading more of them.
TEST_F(GrpcPeersTest, CallsOfClosedConnectionsCountUntilTheyEnd) {
  const std::shared_ptr<void> limit = budget_.Limit(kSmallBudget);
  Start();
  std::string calls = Preface();
  for (std::uint32_t stream = 1; stream < 20'000; stream += 2) calls += CancelledCall(stream);
  constexpr int kConnections = 50;
  // How far gRPC is behind is the machine's; some time it is too far.
  const Deadline end = Soon();
  while (Closed("overload") == 0 && std::chrono::steady_clock::now() < end) {
    std::vector<testing::TestSocket> sockets;
    for (int i = 0; i < kConnections; ++i) sockets.emplace_back(server_->port());
    ExpectService();  // all were accepted
    const double closed_before = metrics_.Sum(kClosed);
    std::vector<std::thread> senders;
    for (testing::TestSocket& socket : sockets) senders.emplace_back([&] { socket.Send(calls); });
    for (std::thread& sender : senders) sender.join();
    while (metrics_.Sum(kClosed) < closed_before + kConnections &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    EXPECT_EQ(metrics_.Sum(kClosed), closed_before + kConnections);
  }
  EXPECT_GT(Closed("overload"), 0);  // before anything of them was read
  ExpectService();
}

/// Deadlines that pass while the server is slow, as with a slow disk: gRPC has the cancelled calls
/// until the work on them ends, which it then does for all at once.
TEST_F(GrpcPeersTest, CallsThatAreCancelledWhileTheyAreWorkedOnDoNot) {
  const std::shared_ptr<void> limit = budget_.Limit(kSmallBudget);
  constexpr int kThreads = 10;
  GrpcServerOptions options;
  options.concurrent_streams_max = kThreads;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> slow = 0;
  Start(options, [&](const GrpcRequest& request) -> Result<std::string> {
    if (request.message.size() > 1) {
      released.wait();
      ++slow;
    }
    return EchoMessage(request);
  });
  std::vector<std::thread> threads;
  std::atomic<int> late = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
        const auto answer = client_->Call(kEcho, {Bytes(std::string(1000, 's'))}, deadline);
        if (!answer.has_value() && answer.error().code == Code::kDeadlineExceeded) ++late;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(late, 20 * kThreads);  // more than anybody may hold
  EXPECT_EQ(metrics_.Sum(kClosed), 0);

  release.set_value();
  // Several looks' worth: the ends are seen by those.
  for (int n = 0; n < 50; ++n) ExpectService();
  EXPECT_EQ(client_->Call(kEcho, {Bytes(std::string(1u << 20, 'l'))}, Soon()).value_or("").size(),
            1u << 20);
  server_.reset();  // before what its handler uses
  EXPECT_GT(slow, 2 * kThreads);
  EXPECT_EQ(metrics_.Sum(kClosed), 0);
}

TEST_F(GrpcPeersTest, ManyLargeMessagesOfOneConnectionDoNot) {
  Start();
  const std::string large(3u << 20, 'm');
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 4; ++n) {
        const auto answer = client_->Call(kEcho, {Bytes(large)}, Soon());
        if (answer.has_value() && answer->size() == large.size()) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(good, 64);
  EXPECT_EQ(metrics_.Sum(kClosed), 0);
}

TEST(GrpcPeers, CountsThoseThatAreOpen) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  GrpcPeers peers({});
  peers.Start();
  const auto wait_for = [&](std::size_t count) {
    const Deadline end = Soon();
    while (peers.Count() != count && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    EXPECT_EQ(peers.Count(), count);
  };
  peers.Add(pair[0]);
  peers.Add(pair[1]);
  EXPECT_EQ(peers.Count(), 2u);
  close(pair[0]);
  const int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(other, pair[0]);

  wait_for(1);
  close(pair[1]);
  wait_for(0);
  peers.Add(other);
  EXPECT_EQ(peers.Count(), 1u);
  close(other);
  wait_for(0);
}

}  // namespace
}  // namespace clew::net
