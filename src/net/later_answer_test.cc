#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <latch>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/test_grpc.h"
#include "net/test_http.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

/// Handlers whose answers come when they have long returned, as what waits for a disk.
namespace clew::net {
namespace {

using ::testing::EndsWith;
using testing::kEcho;
using testing::PlainError;
using testing::Preface;
using testing::ReadAnswer;
using testing::TestSocket;
using testing::WholeCall;

constexpr int kCallCount = 200;
constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// What answers are waited for; a handler that gives them.
template <typename T>
class Promises {
 public:
  base::Later<T> Add() {
    auto [later, promise] = base::Later<T>::Promised();
    {
      const std::scoped_lock lock(mutex_);
      promises_.push_back(std::move(promise));
    }
    added_.count_down();
    return std::move(later);
  }
  /// Waits until there are kCallCount.
  void KeepAll(const T& value) {
    added_.wait();
    const std::scoped_lock lock(mutex_);
    for (auto& promise : promises_) promise.Keep(value);
  }

 private:
  std::mutex mutex_;
  std::vector<typename base::Later<T>::Promise> promises_;
  std::latch added_{kCallCount};
};

HttpResponse Text(const std::string& text) {
  HttpResponse response;
  response.body = text;
  return response;
}

class LaterAnswerTest : public ::testing::Test {
 protected:
  void StartHttp(HttpHandler handler) {
    HttpServerOptions options;
    options.endpoint = "127.0.0.1:0";
    http_ =
        HttpServer::Start(options, loops_, one_worker_, std::move(handler), &PlainError).value();
  }

  Loops loops_;
  base::WorkerPool one_worker_{"one", 1, 1000};
  std::unique_ptr<HttpServer> http_;
};

TEST_F(LaterAnswerTest, OneWorkerHasHundredsOfRequestsUnderWay) {
  Promises<HttpResponse> promises;
  StartHttp([&](const HttpRequest&) { return promises.Add(); });
  std::vector<TestSocket> sockets;
  for (int i = 0; i < kCallCount; ++i) {
    sockets.emplace_back(http_->port());
    sockets.back().Send(kGet);
  }

  promises.KeepAll(Text("late"));

  for (TestSocket& socket : sockets) EXPECT_THAT(socket.ReadAll(), EndsWith("\r\n\r\nlate"));
}

TEST_F(LaterAnswerTest, OneWorkerHasHundredsOfCallsUnderWay) {
  Promises<Result<GrpcAnswer>> promises;
  GrpcServerOptions options;
  options.endpoint = "127.0.0.1:0";
  const auto server =
      GrpcServer::Start(options, loops_, one_worker_,
                        {{kEcho, [&](const GrpcRequest&) { return promises.Add(); }}})
          .value();
  TestSocket socket(server->port());
  std::string calls = Preface();
  for (std::uint32_t i = 0; i < kCallCount; ++i) calls += WholeCall(2 * i + 1);
  socket.Send(calls);

  promises.KeepAll(GrpcAnswer(std::string("late")));

  EXPECT_EQ(ReadAnswer(socket, 2 * kCallCount - 1).fields["grpc-status"], "0");
}

TEST_F(LaterAnswerTest, AStopWaitsForThem) {
  std::promise<base::Later<HttpResponse>::Promise> given;
  StartHttp([&](const HttpRequest&) {
    auto [later, promise] = base::Later<HttpResponse>::Promised();
    given.set_value(std::move(promise));
    return std::move(later);
  });
  TestSocket socket(http_->port());
  socket.Send(kGet);
  auto promise = given.get_future().get();
  auto stopped = std::async(std::launch::async, [&] { http_->Stop(base::kAtOnce); });
  // The stop has come to the connections: it closes them, and the session is all that is left.
  EXPECT_EQ(socket.ReadAll(), "");
  // One that waits for nobody would end in that time.
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);

  promise.Keep(Text("too late"));

  stopped.wait();
}

TEST_F(LaterAnswerTest, AStopWaitsForCallsToo) {
  std::promise<base::Later<Result<GrpcAnswer>>::Promise> given;
  std::promise<std::stop_token> cancelled;
  GrpcServerOptions options;
  options.endpoint = "127.0.0.1:0";
  const auto server = GrpcServer::Start(options, loops_, one_worker_,
                                        {{kEcho,
                                          [&](const GrpcRequest& request) {
                                            auto [later, promise] =
                                                base::Later<Result<GrpcAnswer>>::Promised();
                                            cancelled.set_value(request.cancelled);
                                            given.set_value(std::move(promise));
                                            return std::move(later);
                                          }}})
                          .value();
  TestSocket socket(server->port());
  socket.Send(Preface() + WholeCall(1));
  auto promise = given.get_future().get();
  auto stopped = std::async(std::launch::async, [&] { server->Stop(base::kAtOnce); });
  socket.ReadAll();
  EXPECT_TRUE(cancelled.get_future().get().stop_requested());
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);

  promise.Keep(GrpcAnswer(std::string("too late")));

  stopped.wait();
}

TEST_F(LaterAnswerTest, WhoHasLeftMeanwhileIsNotAnswered) {
  std::promise<base::Later<HttpResponse>::Promise> given;
  StartHttp([&](const HttpRequest&) {
    auto [later, promise] = base::Later<HttpResponse>::Promised();
    given.set_value(std::move(promise));
    return std::move(later);
  });
  auto promised = given.get_future();
  {
    TestSocket socket(http_->port());
    socket.Send(kGet);
    promised.wait();
  }
  while (http_->counts().requests_abandoned == 0) std::this_thread::yield();

  promised.get().Keep(Text("too late"));

  while (http_->counts().connections > 0) std::this_thread::yield();
}

}  // namespace
}  // namespace clew::net
