#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "net/http_server.h"
#include "net/test_http.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::Echo;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::HttpTest;
using ::testing::Not;
using testing::PlainError;
using testing::Soon;
using ::testing::StartsWith;
using testing::TestSocket;

constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

template <typename Condition>
bool BecomesTrue(const Condition& condition) {
  while (!condition() && std::chrono::steady_clock::now() < Soon()) std::this_thread::yield();
  return condition();
}

/// Waits in a handler until nobody wants its answer; false when that did not happen.
bool WaitForCancel(const HttpRequest& request) {
  return BecomesTrue([&] { return request.cancelled.stop_requested(); });
}

/// Clients that leave or do not read, and servers that stop.
class HttpLeavingTest : public HttpTest {};

TEST_F(HttpLeavingTest, HandlersHearThatTheirClientHasLeft) {
  std::latch entered(1);
  std::promise<bool> heard;
  Start({}, [&](const HttpRequest& request) {
    entered.count_down();
    heard.set_value(WaitForCancel(request));
    return Echo(request);
  });
  {
    TestSocket socket(server_->port());
    socket.Send(kGet);
    entered.wait();
  }

  EXPECT_TRUE(heard.get_future().get());
  EXPECT_TRUE(BecomesTrue([&] { return server_->counts().connections == 0; }));
  EXPECT_EQ(server_->counts().requests_abandoned, 1u);
}

TEST_F(HttpLeavingTest, PipelinedRequestsDoNotHideIt) {
  std::latch entered(1);
  std::promise<bool> heard;
  Start({}, [&](const HttpRequest& request) {
    entered.count_down();
    heard.set_value(WaitForCancel(request));
    return Echo(request);
  });
  {
    TestSocket socket(server_->port());
    socket.Send(std::string(kGet));
    entered.wait();
    socket.Send(std::string(kGet) + kGet);
  }

  EXPECT_TRUE(heard.get_future().get());
}

TEST_F(HttpLeavingTest, ClientsThatOnlyStopSendingAreAnswered) {
  std::latch entered(1);
  std::atomic<bool> may_end = false;
  Start({}, [&](const HttpRequest& request) {
    entered.count_down();
    may_end.wait(false);
    EXPECT_FALSE(request.cancelled.stop_requested());
    return Echo(request);
  });
  TestSocket socket(server_->port());
  socket.Send(kGet);
  entered.wait();
  socket.FinishSending();
  // What the server asks once it has noticed; its kernel would say if nobody were there.
  EXPECT_EQ(socket.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  may_end = true;
  may_end.notify_all();

  EXPECT_THAT(socket.ReadAll(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(HttpLeavingTest, QueuedRequestsOfThoseWhoLeftAreNotRun) {
  base::WorkerPool one("one", 1, 100);
  std::latch entered(1);
  std::atomic<bool> may_end = false;
  std::atomic<int> calls = 0;
  HttpServerOptions options;
  options.endpoint = "127.0.0.1:0";
  auto server = HttpServer::Start(
      options, loops_, one,
      [&](const HttpRequest& request) {
        if (++calls == 1) entered.count_down();
        may_end.wait(false);
        return Echo(request);
      },
      &PlainError);
  ASSERT_TRUE(server.has_value());
  TestSocket first((*server)->port());
  first.Send(kGet);
  entered.wait();
  for (int i = 0; i < 20; ++i) TestSocket((*server)->port()).Send(kGet);
  EXPECT_TRUE(BecomesTrue([&] { return (*server)->counts().requests_abandoned == 20; }));
  may_end = true;
  may_end.notify_all();

  EXPECT_THAT(first.ReadUntil("GET /x "), StartsWith("HTTP/1.1 200 OK"));
  (*server)->Stop(Soon());
  EXPECT_EQ(calls, 1);
}

TEST_F(HttpLeavingTest, StopAsksHandlersToStopBeforeItsDeadline) {
  std::latch entered(1);
  Start({}, [&](const HttpRequest& request) {
    entered.count_down();
    WaitForCancel(request);
    return Echo(request);
  });
  TestSocket busy(server_->port());
  busy.Send(kGet);
  entered.wait();

  // The handler has the last second to answer; later it would not be heard.
  server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10));

  EXPECT_THAT(busy.ReadAll(), HasSubstr("GET /x "));
}

/// Answers with `count` pieces of `size` bytes.
HttpHandler Pieces(int count, std::size_t size, std::atomic<int>& asked) {
  return [count, size, &asked](const HttpRequest&) {
    HttpResponse response;
    response.content_type = "text/plain";
    response.body = "begin ";
    response.next_piece = [left = count, size, &asked]() mutable -> Result<std::string> {
      ++asked;
      if (left == 0) return std::string();
      --left;
      return std::string(size, 'p');
    };
    return response;
  };
}

TEST_F(HttpLeavingTest, AnswersInPiecesAreChunked) {
  std::atomic<int> asked = 0;
  Start({}, Pieces(3, 4, asked));
  TestSocket socket(server_->port());
  for (int i = 0; i < 2; ++i) {
    socket.Send(kGet);
    const std::string head = socket.ReadUntil("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
    EXPECT_EQ(socket.ReadUntil("\r\n0\r\n\r\n"),
              "6\r\nbegin \r\n4\r\npppp\r\n4\r\npppp\r\n4\r\npppp\r\n0\r\n\r\n");
  }
}

TEST_F(HttpLeavingTest, OldClientsAndHeadGetPiecesInTheirWay) {
  std::atomic<int> asked = 0;
  Start({}, Pieces(2, 3, asked));

  const std::string old = Exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old, EndsWith("\r\n\r\nbegin pppppp"));
  EXPECT_THAT(old, Not(HasSubstr("chunked")));
  asked = 0;
  EXPECT_THAT(Exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("\r\n\r\n"));
  EXPECT_EQ(asked, 0);
}

TEST_F(HttpLeavingTest, FailedPiecesBreakTheConnectionOff) {
  Start({}, [](const HttpRequest&) {
    HttpResponse response;
    response.body = "half";
    response.next_piece = []() -> Result<std::string> {
      return base::MakeError(Code::kInternal, "lost");
    };
    return response;
  });

  EXPECT_THAT(Exchange(kGet), Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(HttpLeavingTest, PiecesAreAskedOnlyWhenTheClientReads) {
  std::atomic<int> asked = 0;
  HttpServerOptions options;
  options.write_timeout = std::chrono::milliseconds(300);
  Start(options, Pieces(100'000, 64 << 10, asked));
  TestSocket socket(server_->port());
  socket.Send(kGet);

  EXPECT_TRUE(BecomesTrue([&] { return asked > 0; }));
  EXPECT_TRUE(BecomesTrue([&] { return server_->counts().connections == 0; }));
  EXPECT_LT(asked, 1000);  // what the kernel's buffers hold
}

TEST_F(HttpLeavingTest, PausedAnswersOfThoseWhoLeftEnd) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);  // 16 MiB of answers
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  HttpServerOptions options;
  options.answer_memory = &account;
  std::atomic<int> asked = 0;
  Start(options, [&](const HttpRequest& request) {
    HttpResponse response = Pieces(10, 10, asked)(request).Wait();
    response.body = std::string(100'000, 'b');
    response.held = std::make_shared<int>();  // not counted
    return response;
  });
  base::MemoryHold others(account);
  ASSERT_TRUE(others.TryGrow(account.limit()));
  {
    TestSocket leaving(server_->port());
    leaving.Send(kGet);
    ASSERT_THAT(leaving.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200 OK"));
  }  // with most of the body unread, so that its kernel says that nobody is there

  EXPECT_TRUE(BecomesTrue([&] { return server_->counts().connections == 0; }));
  EXPECT_EQ(server_->counts().requests_abandoned, 1u);
  EXPECT_EQ(asked, 0);
}

TEST_F(HttpLeavingTest, AnswersCountUntilTheyAreSent) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);  // 16 MiB of answers
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  HttpServerOptions options;
  options.answer_memory = &account;
  Start(options, [](const HttpRequest&) {
    HttpResponse response;
    response.body = std::string(12u << 20, 'b');
    return response;
  });
  {
    TestSocket slow(server_->port());
    slow.Send(kGet);
    ASSERT_TRUE(BecomesTrue([&] { return account.used() >= (12u << 20); }));

    const std::string refused = Exchange(kGet);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(refused, HasSubstr("no memory is left for this answer"));
    EXPECT_GT(slow.ReadUntil(std::string(12u << 20, 'b')).size(), 12u << 20);
  }
  EXPECT_TRUE(BecomesTrue([&] { return account.used() == 0; }));
}

TEST_F(HttpLeavingTest, SharedBytesAreSentFromWhereTheyAre) {
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  HttpServerOptions options;
  options.answer_memory = &account;
  const auto page = std::make_shared<const std::string>(12u << 20, 'b');
  Start(options, [&page](const HttpRequest&) {
    HttpResponse response;
    response.shared_body = Bytes(page, *page);
    return response;
  });
  const auto is_held_by = [&](long others) {
    return BecomesTrue([&] { return page.use_count() == 1 + others; });
  };
  TestSocket slow(server_->port());
  slow.Send(kGet);
  ASSERT_TRUE(is_held_by(1));
  TestSocket other(server_->port());
  other.Send(kGet);
  ASSERT_TRUE(is_held_by(2));
  EXPECT_EQ(account.used(), 0u);

  const std::string answer = slow.ReadUntil(*page);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12582912\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + *page));
  EXPECT_TRUE(is_held_by(1));
  EXPECT_TRUE(other.ReadUntil(*page).ends_with(*page));
  EXPECT_TRUE(is_held_by(0));
}

}  // namespace
}  // namespace clew::net
