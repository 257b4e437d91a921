#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
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

/// What no client of gRPC's library sends: the frames of HTTP/2 as they are on the wire.
inline std::string Frame(char type, char flags, std::string_view payload) {
  const std::size_t size = payload.size();
  std::string frame;
  for (const int shift : {16, 8, 0}) frame.push_back(static_cast<char>(size >> shift));
  frame.push_back(type);
  frame.push_back(flags);
  frame.append("\0\0\0\1", 4);  // the first stream
  return frame.append(payload);
}

inline std::string HeaderField(std::string_view name, std::string_view value) {
  std::string field(1, '\0');  // a literal that is not to be remembered
  field.push_back(static_cast<char>(name.size()));
  field.append(name);
  field.push_back(static_cast<char>(value.size()));
  return field.append(value);
}

/// A connection with a call to kEcho whose message has not been sent.
inline std::string BeginOfCall(std::string_view grpc_encoding) {
  std::string begin("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  return begin +
         Frame(1, 4,
               HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
                   HeaderField(":path", kEcho) + HeaderField(":authority", "test") +
                   HeaderField("te", "trailers") + HeaderField("content-type", "application/grpc") +
                   HeaderField("grpc-encoding", grpc_encoding));
}

inline std::string CompressedMessage(std::string_view data) {
  std::string message("\1");
  for (const int shift : {24, 16, 8, 0}) message.push_back(static_cast<char>(data.size() >> shift));
  return Frame(0, 1, message.append(data));
}

/// A server with one method, kEcho, and clients of it.
class GrpcTest : public ::testing::Test {
 protected:
  void Start(GrpcServerOptions options, GrpcHandler handler) {
    options.endpoint = "127.0.0.1:0";
    std::map<std::string, GrpcHandler> handlers;
    handlers[kEcho] = std::move(handler);
    auto server = GrpcServer::Start(options, workers_, std::move(handlers));
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

  base::WorkerPool workers_{"test", 4, 1000};
  std::unique_ptr<GrpcServer> server_;
};

}  // namespace clew::net::testing
