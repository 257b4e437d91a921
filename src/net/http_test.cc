#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <random>
#include <thread>

#include "base/compression.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/test_http.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::Echo;
using ::testing::HasSubstr;
using testing::HttpTest;
using ::testing::Not;
using testing::PlainError;
using testing::Soon;
using ::testing::StartsWith;
using testing::TestSocket;

TEST_F(HttpTest, AnswersAndKeepsTheConnection) {
  Start({});
  TestSocket socket(server_->port());
  for (int i = 0; i < 3; ++i) {
    socket.Send("POST /v1/traces?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    const std::string head = socket.ReadUntil("\r\n\r\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Type: text/plain\r\n"));
    EXPECT_THAT(head, HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(head, HasSubstr("Date: "));
    EXPECT_EQ(socket.ReadUntil("abc"), "POST /v1/traces abc");
  }
}

TEST_F(HttpTest, ReadsQueryHeadersAndAddress) {
  Start({}, [](const HttpRequest& request) {
    HttpResponse response;
    response.body = std::string(request.Param("q").value_or("-")) + "|" +
                    std::string(request.Param("none").value_or("-")) + "|" +
                    std::string(request.headers.Get("x-tenant")) + "|" + request.path + "|" +
                    std::to_string(request.query.size()) + "|" + request.client_address;
    return response;
  });

  const std::string answer = Exchange(
      "GET http://h:1/a%2Fb?q=x%20y+z&flag&q=2 HTTP/1.1\r\nHost: x\r\nX-Tenant: t1\r\n"
      "Connection: close\r\n\r\n");

  EXPECT_THAT(answer, HasSubstr("x y z|-|t1|/a%2Fb|3|127.0.0.1:"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(HttpTest, PipelinedRequestsAreAnsweredInOrder) {
  Start({});
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }

  const std::string answers = Exchange(requests);

  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find("GET /" + std::to_string(i) + " ", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpTest, ChunkedBodiesAreJoined) {
  Start({});

  const std::string answer = Exchange(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n");

  EXPECT_THAT(answer, HasSubstr("POST / abcdefg"));
}

TEST_F(HttpTest, ExpectContinueIsGranted) {
  Start({});
  TestSocket socket(server_->port());
  socket.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(socket.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");

  socket.Send("abc");

  EXPECT_THAT(socket.ReadUntil("abc"), HasSubstr("200 OK"));
}

TEST_F(HttpTest, HeadHasTheLengthButNoBody) {
  Start({});

  const std::string answer = Exchange("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpTest, OldClientsGetTheirConnectionClosed) {
  Start({});

  const std::string answer = Exchange("GET / HTTP/1.0\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(HttpTest, AnnouncedBodyOverTheLimitIsRefusedAndTheAnswerArrives) {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  Start(options);
  TestSocket socket(server_->port());
  socket.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 9000000\r\n\r\n");
  socket.Send(std::string(9'000'000, 'x'));

  const std::string answer = socket.ReadAll();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 Payload Too Large"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: a/b"));
  EXPECT_THAT(answer, HasSubstr("the limit is 1000 bytes"));
}

TEST_F(HttpTest, ChunkedBodyOverTheLimitIsRefused) {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  Start(options);

  const std::string fits =
      Exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
               std::string(1000, 'x') + "\r\n0\r\n\r\n");
  const std::string over =
      Exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
               std::string(1001, 'x') + "\r\n0\r\n\r\n");

  EXPECT_THAT(fits, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(over, StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpTest, HeadersOverTheLimitAreRefused) {
  HttpServerOptions options;
  options.header_bytes_max = 500;
  Start(options);

  const std::string answer =
      Exchange("GET / HTTP/1.1\r\nHost: x\r\nBig: " + std::string(600, 'x') + "\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpTest, MalformedRequestsAreRefused) {
  Start({});

  for (const char* request :
       {"hello\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        "GET / HTTP/7.1\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    const std::string answer = Exchange(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request")) << request;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << request;
  }
}

TEST_F(HttpTest, RequestsCutShortAreRefused) {
  Start({});

  for (const char* request :
       {"POST / HTT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc"}) {
    const std::string answer = Exchange(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request")) << request;
    EXPECT_THAT(answer, HasSubstr("the request ended before it was complete")) << request;
  }
}

TEST_F(HttpTest, SlowHeadersTimeOut) {
  HttpServerOptions options;
  options.read_header_timeout = std::chrono::milliseconds(50);
  Start(options);
  TestSocket socket(server_->port());
  socket.Send("GET / HT");

  EXPECT_THAT(socket.ReadAll(), StartsWith("HTTP/1.1 408 Request Timeout"));
}

TEST_F(HttpTest, SlowBodiesTimeOut) {
  HttpServerOptions options;
  options.read_timeout = std::chrono::milliseconds(50);
  Start(options);
  TestSocket socket(server_->port());
  socket.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");

  EXPECT_THAT(socket.ReadAll(), StartsWith("HTTP/1.1 408 Request Timeout"));
}

TEST_F(HttpTest, IdleConnectionsAreClosedWithoutAWord) {
  HttpServerOptions options;
  options.idle_timeout = std::chrono::milliseconds(50);
  options.read_header_timeout = std::chrono::milliseconds(50);
  Start(options);
  TestSocket silent(server_->port());
  TestSocket used(server_->port());
  used.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  used.ReadUntil("GET / ");

  EXPECT_EQ(silent.ReadAll(), "");
  EXPECT_EQ(used.ReadAll(), "");
}

TEST_F(HttpTest, ClientsThatDoNotReadTimeOut) {
  HttpServerOptions options;
  options.write_timeout = std::chrono::milliseconds(50);
  Start(options, [](const HttpRequest&) {
    HttpResponse response;
    response.body = std::string(64 << 20, 'z');
    return response;
  });
  TestSocket socket(server_->port());
  socket.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server_->counts().connections == 0) std::this_thread::yield();
  while (server_->counts().connections != 0) std::this_thread::yield();

  EXPECT_LT(socket.ReadAll().size(), 64u << 20);
}

TEST_F(HttpTest, ConnectionsOverTheLimitAreTold) {
  HttpServerOptions options;
  options.connection_count_max = 1;
  Start(options);
  TestSocket first(server_->port());
  first.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  first.ReadUntil("GET / ");

  TestSocket second(server_->port());
  const std::string answer = second.ReadUntil("too many connections");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1"));
  EXPECT_EQ(server_->counts().connections_refused, 1u);
  first.Send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(first.ReadUntil("GET /again "), HasSubstr("200 OK"));
}

/// Until what the loops were at, and what that led to, is done: whoever has been answered is idle.
void WaitForLoops(const Loops& loops) {
  for (std::size_t i = 0; i < loops.count(); ++i) {
    for (int turn = 0; turn < 2; ++turn) loops.at(i).RunAndWait([] {});
  }
}

TEST_F(HttpTest, ConnectionsOverTheLimitSendAwayAsManyAsAreNeededTheLongestIdleFirst) {
  constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  HttpServerOptions options;
  options.connection_count_max = 6;
  options.idle_time_min = Nanos(0);
  Start(options);
  std::vector<TestSocket> idle;
  for (std::size_t i = 0; i < 6; ++i) {
    idle.emplace_back(server_->port());
    idle.back().Send(kGet);
    idle.back().ReadUntil("GET / ");
    WaitForLoops(loops_);
  }
  idle[0].Send(kGet);
  idle[0].ReadUntil("GET / ");  // now the second has been idle longest
  WaitForLoops(loops_);

  for (std::size_t i = 0; i < 2; ++i) {
    TestSocket over(server_->port());
    EXPECT_THAT(over.ReadUntil("too many connections"), StartsWith("HTTP/1.1 503"));
    EXPECT_EQ(idle[i + 1].ReadAll(), "");
    const Deadline end = Soon();
    while (server_->counts().connections > 6) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::yield();
    }
    TestSocket next(server_->port());  // taken though the refused one has not left
    next.Send(kGet);
    EXPECT_THAT(next.ReadUntil("GET / "), StartsWith("HTTP/1.1 200"));
    WaitForLoops(loops_);
    idle.push_back(std::move(next));
  }

  for (const std::size_t i : {0u, 3u, 4u, 5u, 6u, 7u}) {
    idle[i].Send(kGet);
    EXPECT_THAT(idle[i].ReadUntil("GET / "), StartsWith("HTTP/1.1 200")) << i;
  }
}

TEST_F(HttpTest, FullWorkersAnswer503WithRetryAfter) {
  base::WorkerPool none("none", 0, 0);
  HttpServerOptions options;
  options.endpoint = "localhost:0";
  auto server = HttpServer::Start(options, loops_, none, &Echo, &PlainError);
  ASSERT_TRUE(server.has_value()) << server.error().message;
  TestSocket socket((*server)->port());

  socket.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  const std::string answer = socket.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(HttpTest, FixedHeadersAndGzip) {
  HttpServerOptions options;
  options.response_headers = {{"X-Served-By", "clew"}};
  options.compress_responses = true;
  Start(options, [](const HttpRequest&) {
    HttpResponse response;
    response.body = std::string(5000, 'y');
    return response;
  });

  const std::string plain = Exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string refused = Exchange(
      "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip;q=0\r\nConnection: close\r\n\r\n");
  const std::string zipped = Exchange(
      "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(plain, HasSubstr("X-Served-By: clew"));
  EXPECT_THAT(plain, HasSubstr("Vary: Accept-Encoding"));
  EXPECT_THAT(plain, HasSubstr("yyyy"));
  EXPECT_THAT(refused, HasSubstr("yyyy"));
  EXPECT_THAT(zipped, HasSubstr("Content-Encoding: gzip"));
  const std::string body = zipped.substr(zipped.find("\r\n\r\n") + 4);
  EXPECT_EQ(base::Decompress(base::Compression::kGzip, body, 10'000).value_or(""),
            std::string(5000, 'y'));
}

TEST_F(HttpTest, HeaderValuesCannotBreakTheAnswer) {
  Start({}, [](const HttpRequest&) {
    HttpResponse response;
    response.headers.Add("X-Bad", "a\r\nSet-Cookie: b");
    return response;
  });

  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              Not(HasSubstr("Cookie")));
}

TEST_F(HttpTest, TwoHundredConnectionsAtOnce) {
  Start({});
  std::vector<TestSocket> sockets;
  for (int i = 0; i < 200; ++i) sockets.emplace_back(server_->port());
  for (int round = 0; round < 3; ++round) {
    for (TestSocket& socket : sockets) {
      ASSERT_TRUE(socket.Send("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"));
    }
    for (TestSocket& socket : sockets) {
      ASSERT_THAT(socket.ReadUntil("body"), HasSubstr("200 OK"));
    }
  }
  EXPECT_EQ(server_->counts().connections, 200u);
}

TEST_F(HttpTest, StopLetsTheRequestFinishAndClosesIdleConnections) {
  std::latch entered(1);
  std::promise<void> release;
  Start({}, [&](const HttpRequest& request) {
    entered.count_down();
    release.get_future().wait();
    return Echo(request);
  });
  TestSocket idle(server_->port());
  TestSocket busy(server_->port());
  busy.Send("GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.wait();
  auto stopping = std::async(std::launch::async, [&] { server_->Stop(Soon()); });
  release.set_value();

  EXPECT_THAT(busy.ReadAll(), HasSubstr("GET /busy "));
  EXPECT_EQ(idle.ReadAll(), "");
  stopping.get();
  server_->Stop(Soon());
  EXPECT_FALSE(TestSocket(server_->port()).is_connected());
}

TEST_F(HttpTest, StopDoesNotWaitForWhoHardlySends) {
  Start({});
  TestSocket slow(server_->port());
  slow.Send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  EXPECT_THAT(slow.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  slow.Send("x");
  const auto begin = std::chrono::steady_clock::now();
  server_->Stop(begin + std::chrono::minutes(2));

  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1));
  const std::string answer = slow.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("the server stops"));
}

TEST_F(HttpTest, StopPastItsDeadlineClosesConnections) {
  std::latch entered(1);
  std::promise<void> release;
  Start({}, [&](const HttpRequest& request) {
    entered.count_down();
    release.get_future().wait();
    return Echo(request);
  });
  TestSocket busy(server_->port());
  busy.Send("GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.wait();
  auto stopping =
      std::async(std::launch::async, [&] { server_->Stop(std::chrono::steady_clock::now()); });

  EXPECT_EQ(busy.ReadAll(), "");
  release.set_value();
  stopping.get();
}

TEST_F(HttpTest, TakenPortIsNamed) {
  Start({});
  HttpServerOptions options;
  options.endpoint = "127.0.0.1:" + std::to_string(server_->port());

  const auto second = HttpServer::Start(options, loops_, workers_, &Echo, &PlainError);

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_EQ(second.error().message,
            "listen tcp " + options.endpoint + ": bind: address already in use");
}

TEST_F(HttpTest, GarbageOnThePortHurtsNobody) {
  Start({});
  TestSocket client(server_->port());
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    std::string bytes =
        round % 2 == 0 ? "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" : "";
    for (int i = 0; i < 300; ++i) bytes.push_back(static_cast<char>(random()));
    TestSocket socket(server_->port());
    socket.Send(bytes);
    socket.FinishSending();
    socket.ReadAll();
    client.Send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_THAT(client.ReadUntil("GET /ok "), HasSubstr("200 OK"));
  }
}

TEST_F(HttpTest, PreflightIsAnsweredBeforeTheHandler) {
  HttpServerOptions options;
  options.cors.allowed_origins = {"https://*.example.com"};
  std::atomic<int> calls = 0;
  Start(options, [&](const HttpRequest& request) {
    ++calls;
    return Echo(request);
  });

  const std::string preflight = Exchange(
      "OPTIONS /v1/traces HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example.com\r\n"
      "Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(preflight, StartsWith("HTTP/1.1 204 No Content"));
  EXPECT_THAT(preflight, HasSubstr("Access-Control-Allow-Origin: https://a.example.com\r\n"));
  EXPECT_EQ(calls, 0);
  const std::string actual = Exchange(
      "POST / HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example.com\r\nContent-Length: 0\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_THAT(actual, HasSubstr("Access-Control-Allow-Credentials: true\r\n"));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace clew::net
