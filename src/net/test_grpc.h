#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/worker_pool.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/test_deadline.h"

namespace clew::net::testing {

inline constexpr const char* kEcho = "/test.Service/Echo";

inline Result<std::string> EchoMessage(const GrpcRequest& request) {
  return std::string(request.message.view());
}

/// A server with one method, kEcho, and clients of it.
class GrpcTest : public ::testing::Test {
 protected:
  void Start(GrpcServerOptions options, GrpcHandler handler) {
    options.endpoint = "127.0.0.1:0";
    std::map<std::string, GrpcHandler> handlers;
    handlers[kEcho] = std::move(handler);
    auto server = GrpcServer::Start(options, loops_, workers_, std::move(handlers));
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }

  std::unique_ptr<GrpcClient> Client(GrpcClientOptions options = {}) {
    if (options.endpoint.empty()) {
      options.endpoint = "localhost:" + std::to_string(server_->port());
    }
    auto client = GrpcClient::Create(options);
    EXPECT_TRUE(client.has_value()) << client.error().message;
    return std::move(*client);
  }

  Loops loops_;
  base::WorkerPool workers_{"test", 4, 1000};
  std::unique_ptr<GrpcServer> server_;
};

}  // namespace clew::net::testing
