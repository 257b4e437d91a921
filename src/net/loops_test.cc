#include "net/loops.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/worker_pool.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/test_deadline.h"
#include "net/test_grpc.h"
#include "net/test_http.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using testing::kEcho;
using testing::PlainError;
using testing::Soon;

constexpr std::string_view kLoopName = "clew-net";

/// The ids of this process's threads that run loops. Those of other tests may be ending.
std::set<std::string> LoopThreads() {
  std::set<std::string> found;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    if (name.starts_with(kLoopName)) found.insert(thread.path().filename());
  }
  return found;
}

std::set<std::string> Without(std::set<std::string> all, const std::set<std::string>& those) {
  for (const std::string& one : those) all.erase(one);
  return all;
}

TEST(Loops, HaveThreadsOnceHoweverManyServersThereAre) {
  const std::set<std::string> before = LoopThreads();
  Loops loops;
  base::WorkerPool workers("test", 2, 100);
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
  // They give themselves their name.
  std::set<std::string> with_two = LoopThreads();
  for (const auto until = Soon(); Without(with_two, before).size() < loops.count() &&
                                  std::chrono::steady_clock::now() < until;) {
    std::this_thread::yield();
    with_two = LoopThreads();
  }
  for (int i = 0; i < 3; ++i) start_both();

  EXPECT_EQ(Without(with_two, before).size(), loops.count());
  EXPECT_TRUE(Without(LoopThreads(), with_two).empty());
}

}  // namespace
}  // namespace clew::net
