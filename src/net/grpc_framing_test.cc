#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.h"
#include "net/test_grpc.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::BeginOfCall;
using testing::EchoMessage;
using testing::Frame;
using ::testing::HasSubstr;
using testing::kDataFrame;
using testing::kEcho;
using testing::kEndStream;
using testing::Message;
using testing::ReadAnswer;
using testing::Soon;

/// How messages lie in frames, whole and not, and how they are compressed.
class GrpcFramingTest : public testing::GrpcTest {};

/// One call of a raw client.
testing::RawAnswer Ask(std::uint16_t port, std::string_view encoding, std::string_view message) {
  testing::TestSocket socket(port);
  socket.Send(BeginOfCall(encoding));
  constexpr std::size_t kFrameBytes = 16'384;
  for (; message.size() > kFrameBytes; message.remove_prefix(kFrameBytes)) {
    socket.Send(Frame(kDataFrame, 0, 1, message.substr(0, kFrameBytes)));
  }
  socket.Send(Frame(kDataFrame, kEndStream, 1, message));
  return ReadAnswer(socket);
}

TEST_F(GrpcFramingTest, ZstdAndSnappyAreUndone) {
  Start({}, &EchoMessage);
  const std::string framed_abc(
      "\xff\x06\0\0sNaPpY\1\7\0\0\x6e\x57\xf1\x21"
      "abc",
      21);
  const std::string zstd = *base::Compress(base::Compression::kZstd, "abc");

  EXPECT_EQ(Ask(server_->port(), "zstd", Message(zstd, true)).data, Message("abc"));
  EXPECT_EQ(Ask(server_->port(), "snappy", Message(framed_abc, true)).data, Message("abc"));
}

TEST_F(GrpcFramingTest, MessagesThatAreNotCompressedAsTheySayAreRefused) {
  std::atomic<int> call_count = 0;
  std::atomic<int> refused_count = 0;
  GrpcServerOptions options;
  options.on_refused = [&](const Error&) { ++refused_count; };
  Start(options, [&](const GrpcRequest&) -> Result<std::string> {
    ++call_count;
    return std::string();
  });
  const std::string snappy_block = *base::Compress(base::Compression::kSnappy, "abc");
  struct Case {
    std::string encoding, message, status;
  };
  // What is compressed by nothing is flagged, too.
  for (const Case& c : std::vector<Case>{{"br", "abc", "12"},
                                         {"identity", "abc", "12"},
                                         {"snappy", snappy_block, "3"},
                                         {"snappy", "", "3"},
                                         {"zstd", "abc", "3"}}) {
    const auto answer = Ask(server_->port(), c.encoding, Message(c.message, true));
    EXPECT_EQ(answer.fields.at("grpc-status"), c.status) << c.encoding;
    EXPECT_THAT(answer.fields.at("grpc-message"), HasSubstr(c.encoding)) << c.encoding;
    if (c.status == "12") {
      EXPECT_THAT(answer.fields.at("grpc-message"), HasSubstr("compressed, but not with gzip"));
      EXPECT_EQ(answer.fields.at("grpc-accept-encoding"), "identity,gzip,deflate,zstd,snappy");
    }
  }
  EXPECT_EQ(call_count, 0);
  EXPECT_EQ(refused_count, 5);
}

TEST_F(GrpcFramingTest, WhatIsNoSingleMessageIsRefused) {
  std::atomic<int> call_count = 0;
  Start({}, [&](const GrpcRequest&) -> Result<std::string> {
    ++call_count;
    return std::string();
  });
  const auto ask = [&](const std::string& data) {
    const auto answer = Ask(server_->port(), "identity", data);
    EXPECT_EQ(answer.fields.at("grpc-status"), "3") << data;
    return answer.fields.at("grpc-message");
  };

  EXPECT_THAT(ask(""), HasSubstr("carries no message: send exactly one"));
  EXPECT_THAT(ask(std::string("\0\0\0", 3)), HasSubstr("within the 5 bytes before its message"));
  EXPECT_THAT(ask(Message("abc").substr(0, 7)), HasSubstr("2 of 3 bytes"));
  EXPECT_THAT(ask(Message("abc") + Message("abc")), HasSubstr("send exactly one"));
  EXPECT_THAT(ask("\2" + Message("abc").substr(1)), HasSubstr("begins with 2"));
  EXPECT_EQ(call_count, 0);
}

TEST_F(GrpcFramingTest, WhatIsNoGrpcIsToldSo) {
  Start({}, &EchoMessage);
  testing::TestSocket socket(server_->port());
  socket.Send(
      testing::Preface() +
      Frame(testing::kHeadersFrame, testing::kEndHeaders | kEndStream, 1,
            testing::HeaderField(":method", "GET") + testing::HeaderField(":scheme", "http") +
                testing::HeaderField(":path", "/") + testing::HeaderField(":authority", "test")));

  const auto answer = ReadAnswer(socket);
  EXPECT_EQ(answer.fields.at(":status"), "415");
  EXPECT_THAT(answer.fields.at("grpc-message"), HasSubstr("send POST with content-type"));
}

TEST_F(GrpcFramingTest, OnlyMessagesThatSaySoAreUndone) {
  Start({}, &EchoMessage);
  const std::string zstd = *base::Compress(base::Compression::kZstd, "abc");

  const auto answer = Client()->Call(kEcho, {Bytes(zstd)}, Soon());

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_TRUE(*answer == zstd);
}

TEST_F(GrpcFramingTest, ZstdBombIsRefusedWithTheLimit) {
  GrpcServerOptions options;
  options.message_bytes_max = 1 << 20;
  Start(options, &EchoMessage);
  const auto bomb = base::Compress(base::Compression::kZstd, std::string(20 << 20, '\0'));

  const auto answer = Ask(server_->port(), "zstd", Message(*bomb, true));

  EXPECT_EQ(answer.fields.at("grpc-status"), "8");
  EXPECT_THAT(answer.fields.at("grpc-message"), HasSubstr("limit of 1048576 bytes"));
}

}  // namespace
}  // namespace clew::net
