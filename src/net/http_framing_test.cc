#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "net/http_server.h"
#include "net/test_deadline.h"
#include "net/test_http.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using ::testing::HasSubstr;
using testing::HttpTest;
using ::testing::StartsWith;
using testing::TestSocket;

constexpr const char* kChunkedHead =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Where requests end, and how much of one is not body.
class HttpFramingTest : public HttpTest {
 protected:
  /// Sends `head` and then `piece` until the server has had enough, at most `bytes_max`.
  std::string SendWithoutEnd(const std::string& head, const std::string& piece,
                             std::size_t bytes_max) {
    TestSocket socket(server_->port());
    socket.Send(head);
    for (std::size_t sent = 0; sent < bytes_max && socket.Send(piece);) sent += piece.size();
    return socket.ReadUntil("\r\n");
  }

  static std::string Repeat(const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
  }
};

TEST_F(HttpFramingTest, TrailersCountWithTheHeaders) {
  HttpServerOptions options;
  options.header_bytes_max = 1000;
  Start(options);
  const std::string trailer = "A: " + std::string(600, 'x') + "\r\n";
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";

  EXPECT_THAT(Exchange(head + "\r\n0\r\n" + trailer + "\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(head + trailer + "\r\n0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  const std::string both = Exchange(head + trailer + "\r\n0\r\n" + trailer + "\r\n");
  EXPECT_THAT(both, StartsWith("HTTP/1.1 431 Request Header Fields Too Large"));
  EXPECT_THAT(both, HasSubstr("request headers and trailers too large: the limit is 1000 bytes"));
}

TEST_F(HttpFramingTest, EndlessTrailersAreRefusedAtTheLimit) {
  Start({});
  constexpr std::size_t kMuch = 32u << 20;

  EXPECT_THAT(SendWithoutEnd(std::string(kChunkedHead) + "0\r\n", Repeat("A: b\r\n", 1000), kMuch),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(SendWithoutEnd(std::string(kChunkedHead) + "0\r\nA: ", std::string(4096, 'a'), kMuch),
              StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpFramingTest, ChunkLinesCountWithTheHeaders) {
  Start({});
  constexpr std::size_t kMuch = 4u << 20;

  EXPECT_THAT(SendWithoutEnd(std::string(kChunkedHead) + "1;", std::string(4096, 'e'), kMuch),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(SendWithoutEnd(kChunkedHead, "1;e=" + std::string(300, 'x') + "\r\na\r\n", kMuch),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(SendWithoutEnd(kChunkedHead, std::string(300, '0') + "1\r\na\r\n", kMuch),
              StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpFramingTest, SmallChunksAreNoHeaders) {
  Start({});

  const std::string answer =
      Exchange(kChunkedHead + Repeat("1\r\na\r\n", 50'000) + "0\r\nTrailer: 1\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("POST / " + std::string(50'000, 'a')));
}

TEST_F(HttpFramingTest, TrailersAreNotHeaders) {
  Start({}, [](const HttpRequest& request) {
    HttpResponse response;
    response.body = "tenant:" + std::string(request.headers.Get("X-Tenant")) + ".";
    return response;
  });

  const std::string answer =
      Exchange(std::string(kChunkedHead) + "1\r\na\r\n0\r\nX-Tenant: other\r\n\r\n");

  EXPECT_THAT(answer, HasSubstr("tenant:."));
}

TEST_F(HttpFramingTest, RequestsThatCouldEndAtTwoPlacesAreRefused) {
  Start({});
  const std::string chunks = "3\r\nabc\r\n0\r\n\r\n";

  for (const std::string& fields :
       {std::string("Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n"),
        std::string("Content-Length: 3\r\nTransfer-Encoding: xchunked\r\n"),
        std::string("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
        std::string("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
        std::string("Transfer-Encoding: xchunked\r\n"), std::string("Transfer-Encoding: \r\n"),
        std::string("Transfer-Encoding: gzip, chunked\r\n"),
        std::string("Transfer-Encoding: chunked, identity\r\n"),
        std::string("Transfer-Encoding: identity\r\n"),
        std::string("Transfer-Encoding: \"chunked\"\r\n"),
        std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        std::string("Transfer-Encoding : chunked\r\n"),
        std::string("Content-Length: 3\r\nContent-Length: 4\r\n"),
        std::string("Content-Length: 3, 4\r\n"), std::string("Content-Length: +3\r\n"),
        std::string("Content-Length: 0x3\r\n"), std::string("Content-Length: -3\r\n"),
        std::string("Content-Length: 99999999999999999999\r\n"),
        std::string("Content-Length : 3\r\n")}) {
    const std::string answer =
        Exchange("POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + chunks);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request")) << fields;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << fields;
  }
  EXPECT_THAT(Exchange("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks),
              StartsWith("HTTP/1.1 400 Bad Request"));
}

TEST_F(HttpFramingTest, LinesThatEndWithoutACarriageReturnAreRefusedAtOnce) {
  Start({});

  for (const std::string& request :
       {std::string(kChunkedHead) + "3\nabc\n0\n\n", std::string(kChunkedHead) + "3\r\nabc\n0\n\n",
        std::string(kChunkedHead) + "3\r\nabc\r\n0\n\n",
        std::string(kChunkedHead) + "3\r\nabc\r\n0\r\n\n",
        std::string(kChunkedHead) + "3\r\nabc\r\n0\r\nA: b\n\n",
        std::string("GET / HTTP/1.1\nHost: x\n\n"), std::string("GET / HTTP/1.1\r\nHost: x\n\n")}) {
    TestSocket socket(server_->port());
    socket.Send(request);  // and the connection stays open
    EXPECT_THAT(socket.ReadUntil("\r\n"), StartsWith("HTTP/1.1 400 Bad Request")) << request;
  }
  // Of the body it is content.
  EXPECT_THAT(Exchange(std::string(kChunkedHead) + "4\r\na\n\nb\r\n0\r\n\r\n"),
              HasSubstr("POST / a\n\nb"));
}

/// As RFC 9112 has it in section 2.2: some clients send one behind a body.
TEST_F(HttpFramingTest, EmptyLinesBeforeARequestAreLeftOut) {
  Start({});
  const std::string request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";

  for (const std::string& lines : {std::string("\r\n"), std::string("\r\n\r\n")}) {
    TestSocket socket(server_->port());
    socket.Send(lines + request + lines + request);
    EXPECT_THAT(socket.ReadUntil("POST / abc"), StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(socket.ReadUntil("POST / abc"), HasSubstr("HTTP/1.1 200 OK"));
    // Nor is half of one a request that ended too early.
    socket.Send(lines + "\r");
    socket.FinishSending();
    EXPECT_EQ(socket.ReadAll(), "");
  }
  for (const char* other : {"\n", "\r\r\n", " \r\n", "\r\n\n"}) {
    EXPECT_THAT(Exchange(other + request), StartsWith("HTTP/1.1 400 Bad Request"));
  }
}

TEST_F(HttpFramingTest, EmptyLinesWithoutEndAreRefused) {
  HttpServerOptions options;
  options.read_timeout = options.read_header_timeout = Nanos(0);
  Start(options);

  EXPECT_THAT(SendWithoutEnd("", Repeat("\r\n", 1000), 4u << 20), StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpFramingTest, EmptyLinesDoNotProlongTheTimeForAHead) {
  HttpServerOptions options;
  options.read_header_timeout = std::chrono::milliseconds(200);
  options.header_bytes_max = 1u << 30;
  Start(options);
  TestSocket socket(server_->port());

  // One at a time, as long as the server takes them.
  const Deadline end = testing::Soon();
  while (socket.Send("\r\n") && std::chrono::steady_clock::now() < end) std::this_thread::yield();

  EXPECT_LT(std::chrono::steady_clock::now(), end);
}

TEST_F(HttpFramingTest, AnHttp11RequestNamesOneHost) {
  Start({});

  const std::string none = Exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(none, StartsWith("HTTP/1.1 400 Bad Request"));
  EXPECT_THAT(none, HasSubstr("malformed HTTP request: HTTP/1.1 without a Host header"));
  const std::string two =
      Exchange("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(two, StartsWith("HTTP/1.1 400 Bad Request"));
  EXPECT_THAT(two, HasSubstr("more than one Host header"));

  for (const char* request :
       {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nhost:\r\nConnection: close\r\n\r\n"}) {
    EXPECT_THAT(Exchange(request), StartsWith("HTTP/1.1 200 OK")) << request;
  }
}

}  // namespace
}  // namespace clew::net
