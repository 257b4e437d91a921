#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/test_grpc.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using ::testing::HasSubstr;
using testing::kEcho;
using testing::Soon;

/// Who keeps whom out, and what calls hold.
class GrpcMemoryTest : public ::testing::Test {
 protected:
  void Start(GrpcServerOptions options, GrpcHandler handler) {
    options.endpoint = "127.0.0.1:0";
    auto server = GrpcServer::Start(options, loops_, workers_, {{kEcho, std::move(handler)}});
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }

  Result<std::string> Call(std::string message, std::map<std::string, std::string> headers = {},
                           base::Compression compression = base::Compression::kNone) {
    GrpcClientOptions options;
    options.compression = compression;
    options.endpoint = "127.0.0.1:" + std::to_string(server_->port());
    options.headers = std::move(headers);
    auto client = GrpcClient::Create(options);
    EXPECT_TRUE(client.has_value());
    return (*client)->Call(kEcho, {Bytes(std::move(message))}, Soon());
  }

  base::Metrics metrics_;
  base::MemoryBudget budget_{64u << 20, metrics_};  // 16 MiB of requests
  base::MemoryAccount& account_ = budget_.account(base::MemoryUse::kRequests);
  Loops loops_;
  base::WorkerPool workers_{"test", 4, 1000};
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcMemoryTest, CallsThatSendNothingKeepNobodyOut) {
  GrpcServerOptions options;
  options.message_bytes_max = 64u << 20;
  options.request_memory = &account_;
  Start(options, &EchoMessage);
  std::vector<testing::TestSocket> silent;
  for (int i = 0; i < 300; ++i) {
    silent.emplace_back(server_->port());
    silent.back().Send(testing::BeginOfCall("identity"));
  }

  for (int i = 0; i < 20; ++i) {
    const auto answer = Call("q");
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
  }
  EXPECT_EQ(Call(std::string(1u << 20, 'm')).value_or("").size(), 1u << 20);
}

/// However many streams it has.
TEST_F(GrpcMemoryTest, AConnectionLeavesRoomForThoseOfOthers) {
  const std::shared_ptr<void> limit = budget_.Limit(16u << 20);  // 4 MiB of requests
  GrpcServerOptions options;
  options.request_memory = &account_;
  Start(options, &EchoMessage);
  constexpr std::uint32_t kStreamCount = 40;
  constexpr std::size_t kBytes = 100'000;
  std::string half_sent = testing::Preface();
  for (std::uint32_t i = 0; i < kStreamCount; ++i) {
    const std::uint32_t stream = 2 * i + 1;
    half_sent += testing::Frame(testing::kHeadersFrame, testing::kEndHeaders, stream,
                                testing::HeadersOfCall());
    const std::string message = testing::Message(std::string(kBytes, 'm'));
    for (std::size_t sent = 0; sent + 1 < message.size(); sent += 10'000) {
      half_sent +=
          testing::Frame(testing::kDataFrame, 0, stream,
                         std::string_view(message).substr(
                             sent, std::min<std::size_t>(10'000, message.size() - 1 - sent)));
    }
  }
  testing::TestSocket greedy(server_->port());
  ASSERT_TRUE(greedy.Send(half_sent));

  // Each of its calls is small, all of them have what one may have.
  auto refusal = testing::ReadAnswer(greedy, 2 * kStreamCount - 1);
  EXPECT_EQ(refusal.fields["grpc-status"], "14");
  EXPECT_LE(account_.used(), account_.limit() / 2 + kBytes);
  EXPECT_EQ(Call(std::string(512u << 10, 'o')).value_or("").size(), 512u << 10);
  EXPECT_EQ(Call("q").value_or(""), "q");
}

TEST_F(GrpcMemoryTest, MessagesCountUntilTheirHandlerIsDone) {
  GrpcServerOptions options;
  options.message_bytes_max = 64u << 20;
  options.request_memory = &account_;
  std::latch entered(1);
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Start(options, [&](const GrpcRequest& request) -> Result<std::string> {
    if (request.message.size() > (4u << 20)) {
      entered.count_down();
      released.wait();
    }
    return std::string("done");
  });
  auto large = std::async(std::launch::async, [&] { return Call(std::string(6u << 20, 'm')); });
  entered.wait();

  EXPECT_GE(account_.used(), 6u << 20);
  const auto refused = Call(std::string(6u << 20, 'n'));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("no memory is left for this message"));
  EXPECT_TRUE(Call(std::string(100'000, 's')).has_value());
  release.set_value();
  EXPECT_TRUE(large.get().has_value());
  server_->Stop(Soon());
  EXPECT_EQ(account_.used(), 0u);
}

TEST_F(GrpcMemoryTest, MessagesThatCouldNeverFitAreRefusedForGood) {
  GrpcServerOptions options;
  options.message_bytes_max = 64u << 20;
  options.request_memory = &account_;
  Start(options, &EchoMessage);

  const auto refused = Call(std::string(9u << 20, 'm'));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_FALSE(refused.error().retry_after.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("one may hold 8388608 bytes"));
  EXPECT_THAT(refused.error().message, HasSubstr("limit_mib of memory_limiter"));

  // The limit of another configuration counts at once.
  const auto lower = budget_.Limit(32u << 20);
  EXPECT_FALSE(Call(std::string(7u << 20, 'm')).has_value());
  EXPECT_TRUE(Call(std::string(3u << 20, 'm')).has_value());
}

TEST_F(GrpcMemoryTest, MessagesCountUnpacked) {
  GrpcServerOptions options;
  options.message_bytes_max = 64u << 20;
  options.request_memory = &account_;
  std::atomic<std::uint64_t> used = 0;
  Start(options, [&](const GrpcRequest& request) -> Result<std::string> {
    used = account_.used();
    return std::to_string(request.message.size());
  });
  const auto call = [this](std::size_t size) {
    return Call(std::string(size, 'm'), {}, base::Compression::kGzip);
  };

  EXPECT_EQ(call(3u << 20).value_or(""), std::to_string(3u << 20));
  EXPECT_GE(used, 3u << 20);
  EXPECT_LT(used, 4u << 20);

  const auto too_large = call(20u << 20);
  ASSERT_FALSE(too_large.has_value());
  EXPECT_EQ(too_large.error().code, Code::kResourceExhausted);
  EXPECT_THAT(too_large.error().message, HasSubstr("one may hold 8388608 bytes"));

  ASSERT_TRUE(account_.TryTake(8u << 20));
  const auto no_room = call(6u << 20);
  ASSERT_FALSE(no_room.has_value());
  EXPECT_EQ(no_room.error().code, Code::kUnavailable);
  EXPECT_TRUE(no_room.error().retry_after.has_value());
  EXPECT_THAT(no_room.error().message, HasSubstr("no memory is left to unpack this message"));
  account_.GiveBack(8u << 20);
  server_->Stop(Soon());
  EXPECT_EQ(account_.used(), 0u);
}

TEST_F(GrpcMemoryTest, MessagesThatFitUnpackedAreTakenHoweverMuchWasGuessed) {
  GrpcServerOptions options;
  options.message_bytes_max = 64u << 20;
  options.request_memory = &account_;
  Start(options, [](const GrpcRequest& request) -> Result<std::string> {
    return std::to_string(request.message.size());
  });
  // Two frames: the first says how large it is, which is not enough, and four times that is more
  // than the 8 MiB that one request may hold.
  const auto answer_to = [&](std::size_t size) {
    const std::string frame = *base::Compress(base::Compression::kZstd, std::string(size / 2, 'x'));
    testing::TestSocket socket(server_->port());
    socket.Send(testing::BeginOfCall("zstd") +
                testing::Frame(testing::kDataFrame, testing::kEndStream, 1,
                               testing::Message(frame + frame, true)));
    return testing::ReadAnswer(socket);
  };

  EXPECT_THAT(answer_to(5u << 20).data, HasSubstr(std::to_string(5u << 20)));
  auto refusal = answer_to(9u << 20);
  EXPECT_THAT(refusal.fields["grpc-message"], HasSubstr("one may hold 8388608 bytes"));
  EXPECT_EQ(refusal.fields["grpc-status"], "8");
}

TEST_F(GrpcMemoryTest, MuchMetadataIsTakenAndTooMuchRefused) {
  Start({}, &EchoMessage);

  EXPECT_TRUE(Call("q", {{"authorization", std::string(9'000, 'x')}}).has_value());
  EXPECT_TRUE(Call("q", {{"authorization", std::string(64u << 10, 'x')}}).has_value());
  GrpcClientOptions options;
  options.endpoint = "127.0.0.1:" + std::to_string(server_->port());
  for (int i = 0; i < 4; ++i) {
    options.headers["x-" + std::to_string(i)] = std::string(50u << 10, 'x');
  }
  const auto client = std::move(*GrpcClient::Create(options));
  for (int i = 0; i < 3; ++i) {
    const auto refused = client->Call(kEcho, {Bytes(std::string("q"))}, Soon());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
    EXPECT_THAT(refused.error().message, HasSubstr("the limit of 131072"));
  }
}

/// With their connection, as HTTP/2's library has it; others are served.
TEST_F(GrpcMemoryTest, FieldsOverSixtyFourKibibytesEndTheirConnection) {
  GrpcServerOptions options;
  options.metrics = &metrics_;
  Start(options, &EchoMessage);

  const auto refused = Call("q", {{"authorization", std::string(200u << 10, 'x')}});

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(metrics_.Sum("clew_net_connections_closed_total"), 1);
  EXPECT_TRUE(Call("q").has_value());
}

}  // namespace
}  // namespace clew::net
