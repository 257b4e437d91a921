#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
#include "net/test_grpc.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using testing::Frame;
using testing::HeaderField;
using testing::HeadersOfCall;
using testing::kEcho;
using testing::Preface;
using testing::Soon;
using testing::TestSocket;
using testing::WholeCall;

constexpr const char* kClosed = "clew_net_connections_closed_total";

/// What clients do that no library of gRPC does, and what they do that looks like it.
class GrpcAbuseTest : public ::testing::Test {
 protected:
  /// Without a client: for limits of time that one would not keep, either.
  void StartServer(GrpcServerOptions options, GrpcHandler handler = &EchoMessage) {
    options.endpoint = "127.0.0.1:0";
    options.metrics = &metrics_;
    options.request_memory = &account_;
    options.name = "test";
    auto server = GrpcServer::Start(options, loops_, workers_, {{kEcho, std::move(handler)}});
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }

  void Start(const GrpcServerOptions& options = {}, GrpcHandler handler = &EchoMessage) {
    StartServer(options, std::move(handler));
    MakeClient();
    ExpectService();
  }

  void MakeClient() {
    GrpcClientOptions client;
    client.endpoint = "127.0.0.1:" + std::to_string(server_->port());
    client_ = std::move(*GrpcClient::Create(client));
  }

  void ExpectService() {
    EXPECT_EQ(client_->Call(kEcho, {Bytes(std::string("q"))}, Soon()).value_or(""), "q");
  }

  double Closed(const char* reason) {
    return metrics_.Counter(kClosed, "", {{"server", "test"}, {"reason", reason}}).Value();
  }

  bool WaitUntilClosed(const char* reason) {
    const Deadline end = Soon();
    while (Closed(reason) == 0 && std::chrono::steady_clock::now() < end) ExpectService();
    return Closed(reason) > 0;
  }

  base::Metrics metrics_;
  // A quarter is for requests.
  base::MemoryBudget budget_{512u << 20, metrics_};
  base::MemoryAccount& account_ = budget_.account(base::MemoryUse::kRequests);
  Loops loops_;
  base::WorkerPool workers_{"test", 4, 1000};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<GrpcClient> client_;
};

/// So many bytes of a list of headers.
std::string MuchHeader(std::size_t bytes) {
  std::string fields;
  while (fields.size() < bytes) fields += HeaderField("name", std::string(100, 'v'));
  return fields;
}

TEST_F(GrpcAbuseTest, HeadersWithoutEndCloseTheConnection) {
  Start();
  TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface() + Frame(testing::kHeadersFrame, 0, 1, HeadersOfCall())));

  const std::string more = Frame(testing::kContinuationFrame, 0, 1, MuchHeader(100));
  int sent = 0;
  while (sent < 20'000 && socket.Send(more)) ++sent;

  EXPECT_LT(sent, 20'000);
  EXPECT_EQ(Closed("protocol"), 1);
  ExpectService();
  EXPECT_EQ(metrics_.Sum(kClosed), 1);
}

TEST_F(GrpcAbuseTest, HeadersCountAsTheyComeAndGiveWayWhenMemoryIsShort) {
  const std::shared_ptr<void> limit = budget_.Limit(16u << 20);  // 4 MiB of requests
  Start();
  std::vector<TestSocket> sockets;
  for (int i = 0; i < 60; ++i) {
    sockets.emplace_back(server_->port());
    ASSERT_TRUE(
        sockets.back().Send(Preface() + Frame(testing::kHeadersFrame, 0, 1, MuchHeader(16'000))));
    for (int n = 0; n < 5; ++n) {
      sockets.back().Send(Frame(testing::kContinuationFrame, 0, 1, MuchHeader(16'000)));
    }
  }

  const Deadline end = Soon();
  while (account_.used() < account_.limit() / 2 && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_GE(account_.used(), account_.limit() / 2);
  while (Closed("slow") == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_GT(Closed("slow"), 0);
  ExpectService();
}

TEST_F(GrpcAbuseTest, WhoeverDoesNotTakeAnswersIsNotReadFromForLong) {
  const std::shared_ptr<void> limit = budget_.Limit(2u << 20);  // 512 KiB of requests
  GrpcServerOptions options;
  options.concurrent_streams_max = 100;
  Start(options);
  TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface(testing::kNoWindow)));

  std::uint32_t stream = 1;
  while (stream < 1'000'000 && socket.Send(WholeCall(stream))) stream += 2;

  EXPECT_LT(stream, 1'000'000u);
  EXPECT_EQ(Closed("unread"), 1);
  ExpectService();
  EXPECT_EQ(metrics_.Sum(kClosed), 1);
}

/// Each keeps to the number of calls that it may have.
TEST_F(GrpcAbuseTest, AnswersThatAreNotTakenCloseSomeOfManyConnections) {
  const std::shared_ptr<void> limit = budget_.Limit(4u << 20);  // 1 MiB of requests
  GrpcServerOptions options;
  options.concurrent_streams_max = 10;
  Start(options);
  std::vector<TestSocket> sockets;
  for (int i = 0; i < 20; ++i) {
    std::string calls = Preface(testing::kNoWindow);
    for (std::uint32_t stream = 1; stream < 20; stream += 2) calls += WholeCall(stream);
    sockets.emplace_back(server_->port());
    ASSERT_TRUE(sockets.back().Send(calls));
  }

  EXPECT_TRUE(WaitUntilClosed("unread"));
  ExpectService();
  EXPECT_LT(metrics_.Sum(kClosed), 20);
}

/// Until it has seen the server's settings a client may open any number of calls, and proxies do.
TEST_F(GrpcAbuseTest, OfABurstOnANewConnectionThoseThatAreTooManyAreToBeRepeated) {
  GrpcServerOptions options;
  options.concurrent_streams_max = 10;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> waiting = 0;
  Start(options, [&](const GrpcRequest& request) -> Result<std::string> {
    if (request.message.size() == 1) return EchoMessage(request);
    const base::WorkerPool::BlockingScope blocking;
    ++waiting;
    released.wait();
    return EchoMessage(request);
  });
  TestSocket socket(server_->port());
  std::string burst = Preface();
  for (std::uint32_t stream = 1; stream < 100; stream += 2) burst += WholeCall(stream);
  ASSERT_TRUE(socket.Send(burst));

  const auto refused = testing::ReadAnswer(socket, 99);
  EXPECT_FALSE(refused.is_ended);
  EXPECT_EQ(refused.reset_code, 7u);  // REFUSED_STREAM
  const Deadline end = Soon();
  while (waiting < 10 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(waiting, 10);
  release.set_value();
  EXPECT_EQ(testing::ReadAnswer(socket, 19).data, testing::Message(""));
  ASSERT_TRUE(socket.Send(WholeCall(101)));
  EXPECT_EQ(testing::ReadAnswer(socket, 101).data, testing::Message(""));
  server_.reset();  // before what its handler uses
  EXPECT_EQ(metrics_.Sum(kClosed), 0);
}

TEST_F(GrpcAbuseTest, CallsThatAreCancelledByTheThousandCloseTheConnection) {
  Start();
  TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface()));

  std::uint32_t stream = 1;
  while (stream < 2'000'000 && socket.Send(testing::CancelledCall(stream))) stream += 2;

  EXPECT_LT(stream, 2'000'000u);
  EXPECT_EQ(Closed("protocol"), 1);
  ExpectService();
}

/// Deadlines that pass while the server is slow, as with a slow disk.
TEST_F(GrpcAbuseTest, CallsThatAreCancelledWhileTheyAreWorkedOnDoNot) {
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
  EXPECT_EQ(late, 20 * kThreads);

  release.set_value();
  ExpectService();
  EXPECT_EQ(client_->Call(kEcho, {Bytes(std::string(1u << 20, 'l'))}, Soon()).value_or("").size(),
            1u << 20);
  server_.reset();                 // before what its handler uses
  EXPECT_LT(slow, 20 * kThreads);  // nobody waits for those that had not begun
  EXPECT_EQ(metrics_.Sum(kClosed), 0);
  EXPECT_EQ(account_.used(), 0u);
}

TEST_F(GrpcAbuseTest, ManyLargeMessagesOfOneConnectionDoNot) {
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

TEST_F(GrpcAbuseTest, PingsThatComeTooOftenAreRefused) {
  Start();
  TestSocket socket(server_->port());
  std::string pings = Preface();
  for (int i = 0; i < 4; ++i) pings += Frame(testing::kPingFrame, 0, 0, "12345678");
  ASSERT_TRUE(socket.Send(pings));

  EXPECT_THAT(socket.ReadAll(), ::testing::HasSubstr("too_many_pings"));
  EXPECT_EQ(Closed("protocol"), 1);
}

TEST_F(GrpcAbuseTest, WhoeverDoesNotBeginIsClosed) {
  GrpcServerOptions options;
  options.handshake_timeout = std::chrono::milliseconds(20);
  StartServer(options);
  TestSocket socket(server_->port());

  socket.ReadAll();  // until it is closed
  EXPECT_EQ(Closed("silent"), 1);
}

TEST_F(GrpcAbuseTest, WhoeverDoesNotAnswerAPingIsClosed) {
  GrpcServerOptions options;
  options.keepalive_time = std::chrono::milliseconds(20);
  options.keepalive_timeout = std::chrono::milliseconds(20);
  StartServer(options);
  TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface()));

  socket.ReadAll();
  EXPECT_GE(Closed("silent"), 1);
}

TEST_F(GrpcAbuseTest, IdleAndOldConnectionsAreToldToGo) {
  GrpcServerOptions idle;
  idle.connection_idle_max = std::chrono::milliseconds(20);
  GrpcServerOptions old;
  old.connection_age_max = std::chrono::milliseconds(20);
  for (const GrpcServerOptions& options : {idle, old}) {
    StartServer(options);
    TestSocket socket(server_->port());
    ASSERT_TRUE(socket.Send(Preface()));

    // Frames of 9 bytes and what is in them; the last says that the connection ends, without error.
    const std::string told = socket.ReadAll();
    const std::string farewell = Frame(testing::kGoAwayFrame, 0, 0, std::string(8, '\0'));
    EXPECT_TRUE(told.ends_with(farewell));
    EXPECT_EQ(metrics_.Sum(kClosed), 0);
  }
}

TEST_F(GrpcAbuseTest, NoCallIsLostWhenItsConnectionIsOld) {
  GrpcServerOptions options;
  options.connection_age_max = std::chrono::milliseconds(5);
  StartServer(options);
  MakeClient();

  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    const auto answer = client_->Call(kEcho, {Bytes(std::string("q"))}, Soon());
    if (answer.has_value()) continue;
    // Its library, which repeats nothing here, may have it ready when it hears of the end.
    ASSERT_EQ(answer.error().message, "GOAWAY received");
    ++refused;
  }
  EXPECT_LT(refused, 30);
}

TEST_F(GrpcAbuseTest, WithoutMemoryCallsAreToldToComeAgain) {
  std::atomic<int> refused = 0;
  GrpcServerOptions options;
  options.on_refused = [&](const Error& error) { refused += error.code == Code::kUnavailable; };
  Start(options);
  ASSERT_TRUE(account_.TryTake(account_.limit() - account_.used()));

  const auto answer = client_->Call(kEcho, {Bytes(std::string("q"))}, Soon());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_TRUE(answer.error().retry_after.has_value());
  EXPECT_EQ(refused, 1);
  account_.GiveBack(account_.limit());
  ExpectService();
}

TEST_F(GrpcAbuseTest, TooMuchMetadataIsToldWhereverItStands) {
  Start();
  TestSocket socket(server_->port());
  const std::string call = HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
                           HeaderField(":path", kEcho) + HeaderField(":authority", "test");
  std::string begin = Preface() + Frame(testing::kHeadersFrame, 0, 1, call);
  for (int i = 0; i < 10; ++i)
    begin += Frame(testing::kContinuationFrame, 0, 1, MuchHeader(15'000));
  begin += Frame(testing::kContinuationFrame, testing::kEndHeaders, 1,
                 HeaderField("content-type", "application/grpc"));
  ASSERT_TRUE(socket.Send(begin));

  EXPECT_EQ(testing::ReadAnswer(socket).fields["grpc-status"], "8");
}

/// What is kept of a call is counted while its answer waits for the client.
TEST_F(GrpcAbuseTest, FieldsCountByTheMemoryThatTheyTake) {
  Start();
  const std::uint64_t before = account_.used();
  TestSocket many(server_->port());
  TestSocket unfinished(server_->port());
  std::string fields;
  while (fields.size() < 12'000) fields += HeaderField("x", "");  // 4 bytes each
  ASSERT_TRUE(many.Send(Preface() + Frame(testing::kHeadersFrame, testing::kEndHeaders, 1,
                                          HeadersOfCall() + fields)));
  const Deadline end = Soon();
  while (account_.used() < before + 3'000 * 112 && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  const std::uint64_t with_many = account_.used();
  EXPECT_GE(with_many, before + 3'000 * 112);

  // A literal name of 60,000 bytes, of which 16,000 come.
  const std::string begin("\0\x7f\xe1\xd3\x03", 5);
  ASSERT_TRUE(unfinished.Send(
      Preface() + Frame(testing::kHeadersFrame, 0, 1, begin + std::string(16'000, 'n'))));
  while (account_.used() < with_many + 16'000 && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_GE(account_.used(), with_many + 16'000);
}

/// A call that is answered at once, and then trailers of it that do not end.
std::string UnfinishedTrailers() {
  const std::string call = HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
                           HeaderField(":path", "/unknown") + HeaderField(":authority", "test") +
                           HeaderField("content-type", "application/grpc");
  const std::string begin("\0\x7f\xe1\xd3\x03", 5);  // a literal name of 60,000 bytes
  return Preface() + Frame(testing::kHeadersFrame, testing::kEndHeaders, 1, call) +
         Frame(testing::kHeadersFrame, testing::kEndStream, 1, begin + std::string(16'000, 'n'));
}

TEST_F(GrpcAbuseTest, HeadersThatDoNotEndCountOfWhicheverStreamTheyAre) {
  Start();
  const std::uint64_t before = account_.used();
  const auto becomes = [](const auto& condition) {
    const Deadline end = Soon();
    while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return condition();
  };
  {
    TestSocket socket(server_->port());
    ASSERT_TRUE(socket.Send(UnfinishedTrailers()));
    EXPECT_TRUE(becomes([&] { return account_.used() >= before + 20'000; }));
  }
  EXPECT_TRUE(becomes([&] { return account_.used() <= before; }));
}

TEST_F(GrpcAbuseTest, HeadersThatDoNotEndInTimeCloseOfWhicheverStreamTheyAre) {
  GrpcServerOptions options;
  options.read_timeout = std::chrono::milliseconds(20);
  StartServer(options);
  TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(UnfinishedTrailers()));

  socket.ReadAll();  // until it is closed
  EXPECT_EQ(Closed("slow"), 1);
}

TEST_F(GrpcAbuseTest, HeadersThatDoNotEndLeaveRoomForCallsThatAreWhole) {
  const std::shared_ptr<void> limit = budget_.Limit(16u << 20);  // 4 MiB of requests
  Start();
  const std::string unfinished = Preface() + Frame(testing::kHeadersFrame, 0, 1, HeadersOfCall()) +
                                 Frame(testing::kContinuationFrame, 0, 1, MuchHeader(16'000)) +
                                 Frame(testing::kContinuationFrame, 0, 1, MuchHeader(16'000));
  std::vector<TestSocket> sockets;
  for (int i = 0; i < 100; ++i) {
    sockets.emplace_back(server_->port());
    ASSERT_TRUE(sockets.back().Send(unfinished));
    ExpectService();
  }
  EXPECT_LE(account_.waiting()->used(), account_.waiting()->limit());
  EXPECT_GE(Closed("slow"), 1);
}

/// A value of it may stand for many, each of which is kept with the name.
TEST_F(GrpcAbuseTest, ValuesOfBinaryFieldsCountEach) {
  Start();
  TestSocket socket(server_->port());
  std::string field("\0\x7f\x91\x4d", 4);  // of a name of 127 + 17 + 77 * 128 bytes
  field.append(9'996, 'n').append("-bin").append(1, '\x64').append(100, ',');
  ASSERT_TRUE(socket.Send(
      Preface() + Frame(testing::kHeadersFrame, testing::kEndHeaders, 1, HeadersOfCall() + field)));
  EXPECT_EQ(testing::ReadAnswer(socket).fields["grpc-status"], "8");
  ExpectService();
}

/// As many as there is memory for, and more come when some are refused.
TEST_F(GrpcAbuseTest, CallsThatWaitLeaveRoomForThoseThatAreWhole) {
  const std::shared_ptr<void> limit = budget_.Limit(16u << 20);  // 4 MiB of requests
  Start();
  std::string calls = Preface();
  for (std::uint32_t stream = 1; stream < 512; stream += 2) {
    calls += Frame(testing::kHeadersFrame, testing::kEndHeaders, stream, HeadersOfCall());
  }
  std::vector<TestSocket> sockets;
  for (int i = 0; i < 10; ++i) {
    sockets.emplace_back(server_->port());
    ASSERT_TRUE(sockets.back().Send(calls));
    ExpectService();
  }
  // The last ones may still be looked at, or not have come yet.
  const auto is_between = [&] {
    const std::uint64_t used = account_.used();
    return used >= account_.limit() / 4 && used < account_.limit() / 4 * 3;
  };
  const Deadline end = Soon();
  while (!is_between() && !base::SystemTime().HasPassed(end)) std::this_thread::yield();
  EXPECT_TRUE(is_between()) << account_.used();
}

}  // namespace
}  // namespace clew::net
