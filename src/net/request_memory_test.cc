#include "net/request_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/metrics.h"
#include "net/file_reserve.h"
#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/test_http.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::Echo;
using ::testing::HasSubstr;
using testing::HttpTest;
using ::testing::Not;
using testing::Soon;
using ::testing::StartsWith;
using testing::TestSocket;

constexpr std::uint64_t kMiB = 1u << 20;

class RequestMemoryTest : public HttpTest {
 protected:
  base::Metrics metrics_;
  base::MemoryBudget budget_{64 * kMiB, metrics_};  // 16 MiB of requests
  base::MemoryAccount& account_ = budget_.account(base::MemoryUse::kRequests);
};

TEST_F(RequestMemoryTest, OneAloneGetsHalf) {
  RequestHold alone(&account_);
  EXPECT_TRUE(alone.Grow(8 * kMiB));
  EXPECT_FALSE(alone.Grow(1));
  alone.Release();
  EXPECT_EQ(account_.used(), 0u);
}

TEST_F(RequestMemoryTest, LargeOnesLeaveRoomForSmallOnes) {
  std::vector<RequestHold> large;
  large.reserve(100);
  for (int i = 0; i < 100; ++i) {
    large.emplace_back(&account_);
    large.back().Announce(20 * kMiB);
    while (large.back().Grow(64u << 10)) {
    }
  }

  EXPECT_LE(account_.used(), 12 * kMiB);
  std::vector<RequestHold> small;
  small.reserve(40);
  for (int i = 0; i < 40; ++i) {
    small.emplace_back(&account_);
    EXPECT_TRUE(small.back().Grow(100'000));
  }
  small.clear();
  RequestHold with_buffer(&account_);
  with_buffer.Announce(100'000);
  EXPECT_TRUE(with_buffer.Grow(64u << 10));
  EXPECT_TRUE(with_buffer.Grow(100'000));
}

TEST_F(RequestMemoryTest, RequestsOfOneConnectionShareWhatOneMayHold) {
  const auto connection = std::make_shared<ConnectionTotal>(0);
  std::vector<RequestHold> small;
  bool has_room = true;
  while (has_room && small.size() < 1000) {
    small.emplace_back(&account_, connection);
    has_room = small.back().Grow(64u << 10);
  }
  EXPECT_FALSE(has_room);
  EXPECT_EQ(account_.used(), 8 * kMiB) << "as one alone";
  EXPECT_EQ(*connection, 8 * kMiB);
  // Others are no part of it.
  RequestHold large(&account_, std::make_shared<ConnectionTotal>(0));
  EXPECT_TRUE(large.Grow(2 * kMiB));

  RequestHold moved = std::move(small.front());
  moved.ShrinkTo(1000);
  EXPECT_EQ(*connection, 8 * kMiB - (64u << 10) + 1000);
  moved = RequestHold(nullptr);
  small.clear();
  EXPECT_EQ(*connection, 0u);
}

TEST_F(RequestMemoryTest, NobodyIsTooSlowUntilHalfIsUsed) {
  RequestHold slow(&account_);
  ASSERT_TRUE(slow.Grow(1 * kMiB));
  EXPECT_FALSE(slow.IsTooSlow(0, std::chrono::seconds(1)));

  RequestHold other(&account_);
  ASSERT_TRUE(other.Grow(7 * kMiB));
  EXPECT_TRUE(slow.IsTooSlow(100'000, std::chrono::seconds(1)));
  EXPECT_FALSE(slow.IsTooSlow(200'000, std::chrono::seconds(1)));
  base::MemoryHold rest(account_);
  ASSERT_TRUE(rest.TryGrow(5 * kMiB));
  EXPECT_TRUE(slow.IsTooSlow(200'000, std::chrono::seconds(1)));
  RequestHold tiny(&account_);
  ASSERT_TRUE(tiny.Grow(1000));
  EXPECT_FALSE(tiny.IsTooSlow(0, std::chrono::seconds(1)));
}

TEST_F(RequestMemoryTest, WithoutAnAccountNothingCounts) {
  RequestHold hold(nullptr);
  EXPECT_TRUE(hold.Grow(std::uint64_t{1} << 40));
  EXPECT_FALSE(hold.IsTooSlow(0, std::chrono::seconds(1)));
}

/// Whoever sends more in pieces would be asked to come again for ever.
TEST_F(RequestMemoryTest, NoRequestIsLargerThanWhatMayWait) {
  const std::shared_ptr<void> limit = budget_.Limit(1 * kMiB);
  RequestHold hold(&account_);
  ASSERT_TRUE(hold.Wait());
  const std::uint64_t largest = LargestRequest(&account_);
  EXPECT_EQ(largest, account_.waiting()->limit());
  EXPECT_TRUE(hold.Grow(largest));
  EXPECT_FALSE(hold.Grow(1));
  EXPECT_TRUE(hold.CanNeverHold(largest + 1));
}

TEST_F(RequestMemoryTest, WhatCouldNeverFitIsRefusedForGood) {
  EXPECT_EQ(LargestRequest(&account_), 8 * kMiB);
  HttpServerOptions options;
  options.request_memory = &account_;
  options.body_bytes_max = 20 * kMiB;
  Start(options, &Echo);
  const std::string chunk = "100000\r\n" + std::string(1 * kMiB, 'x') + "\r\n";
  std::string chunks;
  for (int i = 0; i < 9; ++i) chunks += chunk;
  const std::string announced = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n";
  for (const std::string& request :
       {announced, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks}) {
    TestSocket socket(server_->port());
    socket.Send(request);
    const std::string answer = socket.ReadUntil("limit_mib of memory_limiter");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
    EXPECT_THAT(answer, HasSubstr("one may hold 8388608 bytes"));
    EXPECT_THAT(answer, HasSubstr("limit_mib of memory_limiter"));
    EXPECT_THAT(answer, Not(HasSubstr("Retry-After")));
  }
  // The connections of those that were refused give back what they held as they end.
  for (const Deadline end = Soon(); account_.used() > 0;) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    std::this_thread::yield();
  }
  // Of unknown length, and just below: what is kept ready for more counts against nobody.
  chunks.clear();
  for (int i = 0; i < 7; ++i) chunks += chunk;
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                       "Connection: close\r\n\r\n" +
                       chunks + "0\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
  // One that would fit if others were not there comes again.
  base::MemoryHold others(account_);
  ASSERT_TRUE(others.TryGrow(10 * kMiB));
  TestSocket socket(server_->port());
  socket.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7000000\r\n\r\n");
  socket.Send(std::string(3 * kMiB, 'x'));
  const std::string answer = socket.ReadUntil("\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(RequestMemoryTest, UnfinishedBodiesGiveWayToOthers) {
  HttpServerOptions options;
  options.request_memory = &account_;
  options.read_timeout = Nanos(0);
  Start(options, &Echo);
  const Deadline end = Soon();
  std::vector<TestSocket> slow;
  const std::string part(1 * kMiB, 'x');
  for (int i = 0; i < 40; ++i) {
    slow.emplace_back(server_->port());
    slow.back().Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
    slow.back().Send(part);
  }

  for (int i = 0; i < 20; ++i) {
    const std::string answer = Exchange(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n" +
        std::string(100'000, 'y'));
    ASSERT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  }
  EXPECT_LE(account_.used(), 12 * kMiB);
  // Without a time-out, too, they go until half is free: refused, or for coming no further.
  while (account_.used() * 2 >= account_.limit() && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_LT(account_.used() * 2, account_.limit());
}

TEST_F(RequestMemoryTest, ATooSlowRequestIsToldWhy) {
  HttpServerOptions options;
  options.request_memory = &account_;
  Start(options, &Echo);
  base::MemoryHold others(account_);
  ASSERT_TRUE(others.TryGrow(10 * kMiB));
  TestSocket slow(server_->port());
  slow.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
  slow.Send(std::string(50'000, 'x'));

  const std::string answer = slow.ReadAll();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("memory is short and the request comes slowly"));
}

/// Reads what `piece` is again and again, until the parser refuses it or has read `bytes_max`.
boost::system::error_code ReadAgainAndAgain(RequestParser& parser, const std::string& piece,
                                            std::uint64_t bytes_max) {
  boost::system::error_code error;
  std::string left = "POST / HTTP/1.1\r\nHost: x\r\na";
  do {
    left.erase(0, parser.Put(boost::asio::buffer(left), error));
    left += piece;
  } while (error == boost::beast::http::error::need_more && parser.used_bytes() < bytes_max);
  return error;
}

/// Its fields are read as they come when what comes ends just behind the first letter of the next.
TEST_F(RequestMemoryTest, HeadersThatDoNotEndAreHeld) {
  HttpServerOptions options;
  options.request_memory = &account_;
  RequestHold hold(&account_);
  RequestParser parser(options, hold);

  EXPECT_EQ(ReadAgainAndAgain(parser, ":b\r\na", 60'000), boost::beast::http::error::need_more);

  EXPECT_GE(hold.bytes(), 60'000 / 5 * sizeof(std::pair<std::string, std::string>));
}

TEST_F(RequestMemoryTest, HeadersForWhichThereIsNoMemoryGiveWay) {
  HttpServerOptions options;
  options.request_memory = &account_;
  RequestHold hold(&account_);
  base::MemoryHold others(account_);
  ASSERT_TRUE(others.TryGrow(account_.limit() - 10'000));
  RequestParser parser(options, hold);

  EXPECT_EQ(ReadAgainAndAgain(parser, ":b\r\na", 60'000),
            boost::beast::http::error::buffer_overflow);

  EXPECT_LT(parser.used_bytes(), 2'000u);
  EXPECT_LE(hold.bytes(), 10'000u);
}

TEST(FileReserve, KeepsAQuarterBack) {
  EXPECT_FALSE(FileReserve(512).IsReserved(383));
  EXPECT_TRUE(FileReserve(512).IsReserved(384));
  EXPECT_FALSE(FileReserve(512).IsNearlyOut(447));
  EXPECT_TRUE(FileReserve(512).IsNearlyOut(448));
  EXPECT_FALSE(FileReserve(1u << 20).IsReserved((1 << 20) - 1025));
  EXPECT_TRUE(FileReserve(1u << 20).IsReserved((1 << 20) - 1024));
  EXPECT_TRUE(FileReserve(16).IsReserved(3));
  EXPECT_FALSE(FileReserve(~std::uint64_t{0}).IsReserved(1 << 30));
}

TEST(FileReserve, SaysWhatWouldLeaveRoomForConnections) {
  EXPECT_TRUE(FileReserve(1024).CheckRoom().has_value());

  const Status room = FileReserve(40).CheckRoom();
  ASSERT_FALSE(room.has_value());
  const std::string text = room.error().message;
  EXPECT_THAT(text, HasSubstr("may open 40 files"));
  const std::size_t at = text.find(" to ");
  ASSERT_NE(at, std::string::npos);
  const std::uint64_t needed = std::stoul(text.substr(at + 4));
  EXPECT_GT(needed, 40u);
  EXPECT_TRUE(FileReserve(needed).CheckRoom().has_value());
  EXPECT_FALSE(FileReserve(needed - 1).CheckRoom().has_value());

  // Those of clients that are quick take nothing from the process.
  std::vector<base::FileDescriptor> connections;
  for (int i = 0; i < 20; ++i) {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    connections.emplace_back(pair[0]);
    connections.emplace_back(pair[1]);
  }
  EXPECT_TRUE(FileReserve(needed).CheckRoom().has_value());
  EXPECT_FALSE(FileReserve(needed - 1).CheckRoom().has_value());
}

}  // namespace
}  // namespace clew::net
