#include "net/loops.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <vector>

#include "base/worker_pool.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/test_grpc.h"
#include "net/test_http.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using testing::kEcho;
using testing::PlainError;

std::size_t ThreadCount() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

TEST(Loops, HaveThreadsOnceHoweverManyServersThereAre) {
  Loops loops;
  base::WorkerPool workers("test", 2, 100);
  const std::size_t before = ThreadCount();
  std::vector<std::unique_ptr<HttpServer>> http;
  std::vector<std::unique_ptr<GrpcServer>> grpc;
  const auto start_both = [&] {
    HttpServerOptions http_options;
    http_options.endpoint = "127.0.0.1:0";
    http.push_back(HttpServer::Start(
                       http_options, loops, workers,
                       [](const HttpRequest&) { return HttpResponse(); }, &PlainError)
                       .value());
    GrpcServerOptions grpc_options;
    grpc_options.endpoint = "127.0.0.1:0";
    grpc.push_back(
        GrpcServer::Start(grpc_options, loops, workers, {{kEcho, &EchoMessage}}).value());
  };

  start_both();
  const std::size_t with_two = ThreadCount();
  for (int i = 0; i < 3; ++i) start_both();

  EXPECT_EQ(ThreadCount(), with_two);
  EXPECT_EQ(with_two - before, loops.count());
}

}  // namespace
}  // namespace clew::net
