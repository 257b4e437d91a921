#include "net/http_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::net {
namespace {

TEST(HttpReplyTest, TellsTheTimeOfTheServersClock) {
  const base::ManualClock clock(UnixNanos{784'111'777} * 1'000'000'000);
  HttpServerOptions options;
  options.clock = &clock;

  const HttpReply reply = MakeReply(options, HttpRequest{}, HttpResponse{}, ReplyPlace{});

  EXPECT_THAT(reply.head, testing::HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

}  // namespace
}  // namespace clew::net
