#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "net/grpc_server.h"
#include "net/test_grpc.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

/// Methods that answer with many messages.
namespace clew::net {
namespace {

using testing::Frame;
using testing::GrpcTest;
using testing::kEcho;
using testing::kNoWindow;
using testing::kResetFrame;
using testing::kWindowUpdateFrame;
using testing::Message;
using testing::Preface;
using testing::RawAnswer;
using testing::ReadAnswer;
using testing::TestSocket;
using testing::WholeCall;

/// "0", "1", … of which it counts in `asked` how many were asked for; then `end`.
NextMessage Numbers(int count, std::atomic<int>& asked, std::optional<Error> end = std::nullopt) {
  return [&asked, count, end = std::move(end)]() -> Result<std::optional<std::string>> {
    const int number = asked++;
    if (number < count) return std::to_string(number);
    if (end) return std::unexpected(*end);
    return std::nullopt;
  };
}

TEST_F(GrpcTest, AStreamIsAllItsMessagesAndAStatus) {
  std::atomic<int> asked = 0;
  Start({}, [&](const GrpcRequest&) { return GrpcAnswer(Numbers(3, asked)); });
  TestSocket socket(server_->port());
  socket.Send(Preface() + WholeCall(1));

  const RawAnswer answer = ReadAnswer(socket);

  EXPECT_EQ(answer.data, Message("0") + Message("1") + Message("2"));
  EXPECT_EQ(answer.fields.at("grpc-status"), "0");
  EXPECT_EQ(asked, 4);
}

TEST_F(GrpcTest, AStreamMayEndWithoutAMessage) {
  std::atomic<int> asked = 0;
  Start({}, [&](const GrpcRequest&) { return GrpcAnswer(Numbers(0, asked)); });
  TestSocket socket(server_->port());
  socket.Send(Preface() + WholeCall(1));

  const RawAnswer answer = ReadAnswer(socket);

  EXPECT_EQ(answer.data, "");
  EXPECT_EQ(answer.fields.at("grpc-status"), "0");
}

TEST_F(GrpcTest, AnErrorEndsAStreamWithItsStatus) {
  std::atomic<int> asked = 0;
  const Error error{Code::kDeadlineExceeded, "too late", std::chrono::seconds(1)};
  Start({}, [&](const GrpcRequest&) { return GrpcAnswer(Numbers(1, asked, error)); });
  TestSocket socket(server_->port());
  socket.Send(Preface() + WholeCall(1));

  RawAnswer answer = ReadAnswer(socket);

  EXPECT_EQ(answer.data, Message("0"));
  EXPECT_EQ(answer.fields["grpc-status"], "4");
  EXPECT_EQ(answer.fields["grpc-message"], "too late");
  EXPECT_NE(answer.fields["grpc-status-details-bin"], "");
}

TEST_F(GrpcTest, AStreamGoesOnAsItsClientTakesIt) {
  std::atomic<int> asked = 0;
  Start({}, [&](const GrpcRequest&) { return GrpcAnswer(Numbers(3, asked)); });
  TestSocket socket(server_->port());
  socket.Send(Preface(kNoWindow) + WholeCall(1));
  // Room for a message and a half.
  const std::string one_and_a_half = {0, 0, 0, 9};
  socket.Send(Frame(kWindowUpdateFrame, 0, 1, one_and_a_half));
  while (asked < 2) std::this_thread::yield();
  EXPECT_EQ(asked, 2);
  socket.Send(Frame(kWindowUpdateFrame, 0, 1, {"\0\0\1\0", 4}));

  EXPECT_EQ(ReadAnswer(socket).data, Message("0") + Message("1") + Message("2"));
  EXPECT_EQ(asked, 4);
}

TEST_F(GrpcTest, AStreamEndsWhenItsCallIsCancelled) {
  const auto held = std::make_shared<int>(0);
  std::promise<std::stop_token> given;
  std::atomic<int> asked = 0;
  Start({}, [&, first = true](const GrpcRequest& request) mutable {
    if (std::exchange(first, false)) given.set_value(request.cancelled);
    // Never ends by itself.
    return GrpcAnswer([&asked, held]() -> Result<std::optional<std::string>> {
      ++asked;
      return std::string(1000, 'x');
    });
  });
  TestSocket socket(server_->port());
  socket.Send(Preface() + WholeCall(1));
  const std::stop_token cancelled = given.get_future().get();
  while (asked == 0) std::this_thread::yield();
  EXPECT_FALSE(cancelled.stop_requested());

  socket.Send(Frame(kResetFrame, 0, 1, std::string_view("\0\0\0\x8", 4)));

  while (!cancelled.stop_requested()) std::this_thread::yield();
  while (held.use_count() > 1) std::this_thread::yield();
}

}  // namespace
}  // namespace clew::net
