#include "net/http_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace clew::net {
namespace {

HttpResponse Sharing(Bytes page) {
  HttpResponse response;
  response.shared_body = std::move(page);
  return response;
}

TEST(HttpReplyTest, TellsTheTimeOfTheServersClock) {
  const base::ManualClock clock(UnixNanos{784'111'777} * 1'000'000'000);
  HttpServerOptions options;
  options.clock = &clock;

  const HttpReply reply = MakeReply(options, HttpRequest{}, HttpResponse{}, ReplyPlace{});

  EXPECT_THAT(reply.head, testing::HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST(HttpReplyTest, SharedBytesAreCompressedIntoBytesOfTheirOwn) {
  HttpServerOptions options;
  options.compress_responses = true;
  HttpRequest request;
  request.headers.Add("Accept-Encoding", "gzip");
  const Bytes page(std::string(100'000, 'b'));

  const HttpReply reply = MakeReply(options, request, Sharing(page), ReplyPlace{});

  EXPECT_TRUE(reply.shared_body.empty());
  EXPECT_FALSE(reply.body.empty());
  EXPECT_LT(reply.body.size(), 10'000u);
  EXPECT_THAT(reply.head, testing::HasSubstr("\r\nContent-Encoding: gzip\r\n"));
  EXPECT_THAT(reply.head,
              testing::HasSubstr("Content-Length: " + std::to_string(reply.body.size()) + "\r\n"));
}

TEST(HttpReplyTest, SharedBytesBesideOthersComeBehindThem) {
  HttpResponse both = Sharing(Bytes(" page"));
  both.body = "the";
  EXPECT_EQ(MakeReply({}, HttpRequest{}, std::move(both), {}).body, "the page");

  HttpResponse with_pieces = Sharing(Bytes("page"));
  with_pieces.next_piece = [] { return Result<std::string>(); };
  const HttpReply reply = MakeReply({}, HttpRequest{}, std::move(with_pieces), {});
  EXPECT_TRUE(reply.is_chunked);
  EXPECT_EQ(reply.body, "page");
  EXPECT_TRUE(reply.shared_body.empty());
}

TEST(HttpReplyTest, SharedBytesAreLeftOutWhereNoBodyIsWanted) {
  HttpRequest request;
  request.method = "HEAD";

  const HttpReply reply = MakeReply({}, request, Sharing(Bytes("page")), {});

  EXPECT_TRUE(reply.shared_body.empty());
  EXPECT_THAT(reply.head, testing::HasSubstr("\r\nContent-Length: 4\r\n"));
}

}  // namespace
}  // namespace clew::net
