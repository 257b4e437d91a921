#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/worker_pool.h"
#include "net/http_server.h"
#include "net/test_deadline.h"
#include "net/test_socket.h"

namespace clew::net::testing {

/// Answers with what the request is.
inline HttpResponse Echo(const HttpRequest& request) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + std::string(request.body.view());
  return response;
}

inline HttpResponse PlainError(int status, const std::string& message, const HttpRequest& request) {
  HttpResponse response;
  response.status = status;
  response.content_type = std::string(request.headers.Get("Content-Type"));
  response.body = "error: " + message;
  return response;
}

/// A server on a free port, with four workers.
class HttpTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options, HttpHandler handler = &Echo) {
    options.endpoint = "127.0.0.1:0";
    auto server = HttpServer::Start(options, loops_, workers_, std::move(handler), &PlainError);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }

  /// Sends `request` and reads until the server closes. What a slow machine's server asks meanwhile
  /// of a client that sends nothing more is left out.
  std::string Exchange(std::string_view request) {
    TestSocket socket(server_->port());
    EXPECT_TRUE(socket.Send(request));
    socket.FinishSending();
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string answer = socket.ReadAll();
    return answer.starts_with(kContinue) ? answer.substr(kContinue.size()) : answer;
  }

  Loops loops_;
  base::WorkerPool workers_{"test", 4, 1000};
  std::unique_ptr<HttpServer> server_;
};

}  // namespace clew::net::testing
