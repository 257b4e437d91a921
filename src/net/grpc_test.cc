#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <future>
#include <latch>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "base/testing/no_threads.h"
#include "base/testing/test_folder.h"
#include "base/thread_failure.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/grpc_threads.h"
#include "net/http_client.h"
#include "net/test_grpc.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::BeginOfCall;
using testing::EchoMessage;
using testing::Frame;
using testing::GrpcTest;
using ::testing::HasSubstr;
using testing::kDataFrame;
using testing::kEcho;
using testing::Message;
using testing::ReadAnswer;
using testing::Soon;

std::string RandomText(std::size_t size) {
  std::mt19937_64 random(size);
  std::string text(size, '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = random();
    std::memcpy(text.data() + at, &bits, std::min(sizeof(bits), size - at));
  }
  return text;
}

TEST_F(GrpcTest, WithoutThreadsNothingBegins) {
  GrpcServerOptions server;
  server.endpoint = "127.0.0.1:0";
  GrpcClientOptions client;
  client.endpoint = "localhost:1";
  const auto check = [&] {
    const base::testing::NoThreads no_threads;
    const auto started =
        base::RefuseWithoutThreads([&] { return GrpcServer::Start(server, loops_, workers_, {}); });
    EXPECT_EQ(started.error().code, Code::kResourceExhausted);
    EXPECT_EQ(CheckGrpcThreads().error().code, Code::kResourceExhausted);
    EXPECT_EQ(GrpcClient::Create(client).error().code, Code::kResourceExhausted);
  };
  check();
  // Its threads may end with this one, before another begins.
  const auto running = GrpcClient::Create(client);
  ASSERT_TRUE(running.has_value());
  check();
}

/// Ends the process with 0 when a start and a stop of a server both end, as another user, who may
/// have `thread_count` threads.
[[noreturn]] void StartWithThreads(rlim_t thread_count) {
  constexpr uid_t kNobodyElse = 64'321;
  const rlimit limit{thread_count, thread_count};
  alarm(10);
  if (setuid(kNobodyElse) != 0 || setrlimit(RLIMIT_NPROC, &limit) != 0) _exit(1);
  const Status started = base::RefuseWithoutThreads([]() -> Status {
    Loops loops;
    base::WorkerPool workers("test", 1, 10);
    GrpcServerOptions options;
    options.endpoint = "127.0.0.1:0";
    TRY(GrpcServer::Start(options, loops, workers, {}));
    return {};
  });
  _exit(started.has_value() || started.error().code == Code::kResourceExhausted ? 0 : 2);
}

TEST(GrpcServer, EndsAStartForWhichThereAreTooFewThreads) {
  if (getuid() != 0) GTEST_SKIP() << "only root can become a user who has no other threads";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr rlim_t enough = 8;
  for (rlim_t count = 2; count <= enough; ++count) {
    EXPECT_EXIT(StartWithThreads(count), ::testing::ExitedWithCode(0), "") << count;
  }
}

TEST_F(GrpcTest, EchoesMessagesOfManySizes) {
  Start({}, &EchoMessage);
  const auto client = Client();

  for (const std::size_t size :
       {0u, 1u, 20u, 23u, 24u, 1000u, 16384u, 100000u, 1000000u, 4000000u}) {
    const std::string text = RandomText(size);
    const auto answer = client->Call(kEcho, {Bytes(text)}, Soon());
    ASSERT_TRUE(answer.has_value()) << size << " " << answer.error().message;
    EXPECT_TRUE(*answer == text) << size;
  }
}

TEST_F(GrpcTest, JoinsThePiecesOfAMessage) {
  Start({}, &EchoMessage);
  const std::string a = RandomText(5);
  const std::string b = RandomText(70'000);

  const auto answer = Client()->Call(kEcho, {Bytes(a), Bytes(b), Bytes(std::string())}, Soon());

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_TRUE(*answer == a + b);
}

TEST_F(GrpcTest, GzipIsUndone) {
  Start({}, &EchoMessage);
  GrpcClientOptions options;
  options.compression = base::Compression::kGzip;
  const auto client = Client(options);
  const std::string text(500'000, 'x');

  const auto answer = client->Call(kEcho, {Bytes(text.substr(1)), Bytes(std::string("x"))}, Soon());

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_TRUE(*answer == text);
}

TEST_F(GrpcTest, SendersThatAreTooSlowAreToldAndMakeRoom) {
  GrpcServerOptions options;
  options.read_timeout = std::chrono::milliseconds(50);
  std::atomic<int> late_count = 0;
  options.on_refused = [&](const Error& error) {
    if (error.code == Code::kDeadlineExceeded) ++late_count;
  };
  Start(options, &EchoMessage);
  std::vector<testing::TestSocket> slow;
  for (int i = 0; i < 16; ++i) {
    slow.emplace_back(server_->port());
    // The first bytes of a message of 16.
    slow.back().Send(BeginOfCall("identity") +
                     Frame(kDataFrame, 0, 1, Message(std::string(16, 'a')).substr(0, 8)));
  }

  for (testing::TestSocket& socket : slow) {
    EXPECT_THAT(ReadAnswer(socket).fields["grpc-message"],
                HasSubstr("did not arrive within 0.05 s"));
  }

  EXPECT_EQ(late_count, 16);
  const auto answer = Client()->Call(kEcho, {Bytes(std::string("q"))}, Soon());
  EXPECT_TRUE(answer.has_value()) << answer.error().message;
}

TEST_F(GrpcTest, MessagesAtTheLastMomentAreTakenOrRefused) {
  GrpcServerOptions options;
  options.read_timeout = std::chrono::microseconds(200);
  Start(options, &EchoMessage);
  const auto client = Client();
  std::atomic<int> strange_count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const Bytes message(RandomText(100'000));
      for (int n = 0; n < 50; ++n) {
        const auto answer = client->Call(kEcho, {message}, Soon());
        const bool is_taken = answer.has_value() && *answer == message.view();
        const bool is_refused =
            !answer.has_value() && answer.error().code == Code::kDeadlineExceeded;
        if (!is_taken && !is_refused) ++strange_count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(strange_count, 0);
}

TEST_F(GrpcTest, MetadataAndAddressReachTheHandler) {
  Start({}, [](const GrpcRequest& request) -> Result<std::string> {
    const auto tenant = request.metadata.find("x-scope-orgid");
    const auto agent = request.metadata.find("user-agent");
    return request.method + "|" + tenant->second + "|" + agent->second + "|" +
           request.client_address;
  });
  GrpcClientOptions options;
  options.headers = {{"X-Scope-OrgID", "blue"}};
  options.user_agent = "clew-test/1";

  const auto answer = Client(options)->Call(kEcho, {Bytes(std::string("q"))}, Soon());

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_THAT(*answer, ::testing::StartsWith(std::string(kEcho) + "|blue|clew-test/1"));
  EXPECT_THAT(*answer, HasSubstr("|127.0.0.1:"));
}

TEST_F(GrpcTest, ErrorsTravelWithCodeMessageAndRetryDelay) {
  Start({}, [](const GrpcRequest& request) -> Result<std::string> {
    Error error{Code::kResourceExhausted, "no room: " + std::string(request.message.view())};
    if (request.message.size() > 3) error.retry_after = std::chrono::milliseconds(1500);
    return std::unexpected(error);
  });
  const auto client = Client();

  const auto plain = client->Call(kEcho, {Bytes(std::string("abc"))}, Soon());
  const auto delayed = client->Call(kEcho, {Bytes(std::string("abcd"))}, Soon());

  EXPECT_EQ(plain.error().code, Code::kResourceExhausted);
  EXPECT_EQ(plain.error().message, "no room: abc");
  EXPECT_EQ(plain.error().retry_after, std::nullopt);
  EXPECT_EQ(delayed.error().retry_after, std::chrono::milliseconds(1500));
}

TEST_F(GrpcTest, OfALongMessageOfTheServerTheBeginningIsTold) {
  Start({}, [](const GrpcRequest&) -> Result<std::string> {
    return base::Unavailable("{}", std::string(4000, 'm'));
  });

  const auto answer = Client()->Call(kEcho, {Bytes(std::string("abc"))}, Soon());

  EXPECT_EQ(answer.error().message, std::string(500, 'm') + "…");
}

TEST_F(GrpcTest, UnknownMethodIsUnimplemented) {
  Start({}, &EchoMessage);

  const auto answer = Client()->Call("/test.Service/Other", {Bytes(std::string("q"))}, Soon());

  EXPECT_EQ(answer.error().code, Code::kUnimplemented);
  EXPECT_THAT(answer.error().message, HasSubstr("/test.Service/Other"));
}

TEST_F(GrpcTest, MessageOverTheLimitIsRefusedWithTheLimit) {
  GrpcServerOptions options;
  options.message_bytes_max = 100'000;
  Start(options, &EchoMessage);
  const auto client = Client();

  const auto fits = client->Call(kEcho, {Bytes(RandomText(100'000))}, Soon());
  const auto over = client->Call(kEcho, {Bytes(RandomText(100'001))}, Soon());

  EXPECT_TRUE(fits.has_value());
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().code, Code::kResourceExhausted);
  EXPECT_EQ(over.error().retry_after, std::nullopt);
  EXPECT_THAT(over.error().message, HasSubstr("100000"));
}

TEST_F(GrpcTest, BombIsRefusedWithTheLimit) {
  GrpcServerOptions options;
  options.message_bytes_max = 1 << 20;
  Start(options, &EchoMessage);
  GrpcClientOptions client_options;
  client_options.compression = base::Compression::kGzip;

  const auto answer =
      Client(client_options)->Call(kEcho, {Bytes(std::string(20 << 20, '\0'))}, Soon());

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kResourceExhausted);
  EXPECT_THAT(answer.error().message, HasSubstr("limit of 1048576 bytes"));
}

TEST_F(GrpcTest, FullWorkersAnswerUnavailableWithRetryDelay) {
  base::WorkerPool one("one", 1, 1);
  std::latch entered(1);
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> count = 0;
  std::atomic<int> refusals = 0;
  GrpcServerOptions options;
  options.on_refused = [&](const Error&) { ++refusals; };
  options.endpoint = "127.0.0.1:0";
  auto server = GrpcServer::Start(options, loops_, one,
                                  {{kEcho, [&](const GrpcRequest&) -> Result<std::string> {
                                      if (++count == 1) entered.count_down();
                                      released.wait();
                                      return std::string("done");
                                    }}});
  GrpcClientOptions client_options;
  client_options.endpoint = "127.0.0.1:" + std::to_string((*server)->port());
  const auto client = Client(client_options);
  const auto call = [&] { return client->Call(kEcho, {Bytes(std::string("q"))}, Soon()); };
  auto running = std::async(std::launch::async, call);
  entered.wait();
  // One of these two waits in the queue, the other finds it full.
  auto first = std::async(std::launch::async, call);
  auto second = std::async(std::launch::async, call);
  while (first.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         second.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  release.set_value();

  const auto a = first.get();
  const auto b = second.get();
  EXPECT_TRUE(running.get().has_value());
  ASSERT_NE(a.has_value(), b.has_value());
  const Error& refused = a.has_value() ? b.error() : a.error();
  EXPECT_EQ(refused.code, Code::kUnavailable);
  EXPECT_TRUE(refused.retry_after.has_value());
  EXPECT_EQ(refusals, 1);
  (*server)->Stop(Soon());
}

TEST_F(GrpcTest, StopLetsRunningCallsFinish) {
  std::latch entered(1);
  std::promise<void> release;
  Start({}, [&](const GrpcRequest&) -> Result<std::string> {
    entered.count_down();
    release.get_future().wait();
    return std::string("done");
  });
  const auto client = Client();
  auto running = std::async(std::launch::async,
                            [&] { return client->Call(kEcho, {Bytes(std::string("q"))}, Soon()); });
  entered.wait();
  auto stopping = std::async(std::launch::async, [&] { server_->Stop(Soon()); });
  release.set_value();

  const auto answer = running.get();
  stopping.get();
  EXPECT_EQ(answer.value_or(""), "done");
  server_->Stop(Soon());
  GrpcClientOptions options;
  options.endpoint = "127.0.0.1:" + std::to_string(server_->port());
  const auto later = Client(options)->Call(kEcho, {Bytes(std::string("q"))}, Soon());
  EXPECT_EQ(later.error().code, Code::kUnavailable);
}

TEST_F(GrpcTest, StopPastItsDeadlineCancelsCalls) {
  std::latch entered(1);
  std::promise<void> release;
  Start({}, [&](const GrpcRequest&) -> Result<std::string> {
    entered.count_down();
    release.get_future().wait();
    return std::string("done");
  });
  const auto client = Client();
  auto running = std::async(std::launch::async,
                            [&] { return client->Call(kEcho, {Bytes(std::string("q"))}, Soon()); });
  entered.wait();
  auto stopping =
      std::async(std::launch::async, [&] { server_->Stop(std::chrono::steady_clock::now()); });

  const auto answer = running.get();

  EXPECT_FALSE(answer.has_value());
  release.set_value();
  stopping.get();
}

TEST_F(GrpcTest, DeadlineEndsACall) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Start({}, [released](const GrpcRequest&) -> Result<std::string> {
    released.wait();
    return std::string("late");
  });

  const auto answer =
      Client()->Call(kEcho, {Bytes(std::string("q"))},
                     std::chrono::steady_clock::now() + std::chrono::milliseconds(50));

  EXPECT_EQ(answer.error().code, Code::kDeadlineExceeded);
  release.set_value();
}

TEST_F(GrpcTest, TakenPortIsNamed) {
  Start({}, &EchoMessage);
  GrpcServerOptions options;
  options.endpoint = "127.0.0.1:" + std::to_string(server_->port());

  const auto second = GrpcServer::Start(options, loops_, workers_, {});

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_EQ(second.error().message,
            "listen tcp " + options.endpoint + ": bind: address already in use");
}

TEST_F(GrpcTest, UnixSocketsWork) {
  const base::testing::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  const std::string path = folder.path() + "/grpc.sock";
  GrpcServerOptions options;
  options.endpoint = "unix:" + path;
  auto server = GrpcServer::Start(options, loops_, workers_, {{kEcho, &EchoMessage}});
  ASSERT_TRUE(server.has_value()) << server.error().message;
  GrpcClientOptions client_options;
  client_options.endpoint = options.endpoint;

  const auto answer = Client(client_options)->Call(kEcho, {Bytes(std::string("q"))}, Soon());

  EXPECT_EQ(answer.value_or(""), "q");
}

TEST_F(GrpcTest, ManyConnectionsAtOnce) {
  Start({}, &EchoMessage);
  constexpr int kClients = 200;
  std::atomic<int> good = 0;
  std::vector<std::unique_ptr<GrpcClient>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(Client());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kClients; i += 8) {
        const std::string text = RandomText(std::size_t{1000} + static_cast<std::size_t>(i));
        for (int n = 0; n < 3; ++n) {
          const auto answer =
              clients[static_cast<std::size_t>(i)]->Call(kEcho, {Bytes(text)}, Soon());
          if (answer.has_value() && *answer == text) ++good;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(good, kClients * 3);
}

TEST_F(GrpcTest, GarbageOnThePortHurtsNobody) {
  Start({}, &EchoMessage);
  const auto client = Client();
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    testing::TestSocket socket(server_->port());
    ASSERT_TRUE(socket.is_connected());
    std::string bytes = round % 2 == 0 ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "";
    for (int i = 0; i < 400; ++i) bytes.push_back(static_cast<char>(random()));
    socket.Send(bytes);
    socket.FinishSending();
    const auto answer = client->Call(kEcho, {Bytes(bytes)}, Soon());
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
  }
}

TEST_F(GrpcTest, CancelEndsWhatIsUnderWay) {
  std::promise<void> arrived;
  std::promise<void> release;
  Start({}, [&, released = release.get_future().share()](const GrpcRequest& request) {
    arrived.set_value();
    released.wait();
    return EchoMessage(request);
  });
  const auto client = Client({});
  const auto call = [&] { return client->Call(kEcho, {Bytes(std::string("x"))}, Deadline::max()); };
  auto answer = std::async(std::launch::async, call);
  arrived.get_future().wait();

  client->Cancel();

  EXPECT_EQ(answer.get().error().code, Code::kCancelled);
  EXPECT_EQ(call().error().code, Code::kCancelled);
  release.set_value();
}

TEST(GrpcClient, RefusesOptionsItCannotKeep) {
  GrpcClientOptions zstd;
  zstd.endpoint = "localhost:1";
  zstd.compression = base::Compression::kZstd;
  GrpcClientOptions balancer;
  balancer.endpoint = "localhost:1";
  balancer.balancer_name = "guess";
  GrpcClientOptions header;
  header.endpoint = "localhost:1";
  header.headers = {{"bad name", "x"}};

  EXPECT_THAT(GrpcClient::Create(zstd).error().message, HasSubstr("\"zstd\""));
  EXPECT_THAT(GrpcClient::Create(balancer).error().message,
              HasSubstr("invalid balancer_name: guess"));
  EXPECT_THAT(GrpcClient::Create(header).error().message, HasSubstr("bad name"));
  EXPECT_FALSE(GrpcClient::Create({}).has_value());
}

}  // namespace
}  // namespace clew::net
