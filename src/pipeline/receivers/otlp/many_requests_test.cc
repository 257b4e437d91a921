#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "log/testing/memory_log.h"
#include "net/test_http2.h"
#include "net/test_socket.h"
#include "pipeline/follower/testing/span_records.h"
#include "pipeline/graph/inlet.h"
#include "pipeline/graph/log_stage.h"
#include "pipeline/receivers/otlp/otlp_receiver.h"
#include "pipeline/testing/fake_host.h"
#include "wire/otlp/signal_shape.h"

/// From the socket to the log and back: what waits for the log keeps no thread.
namespace clew::pipeline::receivers::otlp {
namespace {

using namespace net::testing;  // NOLINT(google-build-using-namespace): frames

constexpr std::size_t kConnectionCount = 8;
constexpr std::size_t kCallsOfEach = 250;
/// What the queue of the workers takes at once.
constexpr std::size_t kCallsAtOnce = 50;

/// Has room for everything.
class CountingStore final : public DirectStore {
 public:
  Result<std::unique_ptr<Admission>> Admit(const model::BatchPtr&, const Context&) override {
    class Taken final : public Admission {
      void Take(const log::Appended&) override {}
    };
    const std::scoped_lock lock(mutex_);
    ++count_;
    changed_.notify_all();
    return std::make_unique<Taken>();
  }
  /// False when they do not come.
  bool WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return count_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

std::string ExportCall(std::size_t index) {
  const auto stream = static_cast<std::uint32_t>(2 * index + 1);
  const std::string headers =
      HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
      HeaderField(":path", wire::otlp::ShapeOf(model::Signal::kTraces).grpc_method) +
      HeaderField(":authority", "test") + HeaderField("te", "trailers") +
      HeaderField("content-type", "application/grpc");
  return Frame(kHeadersFrame, kEndHeaders, stream, headers) +
         Frame(kDataFrame, kEndStream, stream, Message(pipeline::testing::OneSpanRequest("op")));
}

/// How many calls of a connection are answered with a message, as those are that succeed; reads
/// until all are answered or the connection ends.
std::size_t ReadSuccesses(TestSocket& socket) {
  std::size_t success_count = 0;
  std::size_t end_count = 0;
  while (end_count < kCallsOfEach) {
    const std::string head = socket.Read(9);
    if (head.size() < 9) break;
    std::size_t size = 0;
    for (const char byte : head.substr(0, 3)) size = size << 8 | static_cast<unsigned char>(byte);
    socket.Read(size);
    if (head[3] == kDataFrame && size > 0) ++success_count;
    const bool is_end =
        head[3] == kResetFrame || (head[3] == kHeadersFrame && (head[4] & kEndStream) != 0);
    if (is_end) ++end_count;
  }
  return success_count;
}

/// The ids of the threads of this process. Those of other tests may be ending.
std::set<std::string> Threads() {
  std::set<std::string> found;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    found.insert(thread.path().filename());
  }
  return found;
}

TEST(ManyRequests, ThousandsWaitForTheLogAndKeepNoThread) {
  pipeline::testing::FakeHost host;
  host.time = &base::SystemTime();
  log::MemoryLog log;
  CountingStore store;
  const auto stage = std::make_shared<LogStage>("traces", &store, host.clock());
  stage->Open({std::shared_ptr<void>(), &log});
  Inlet inlet(host.clock());
  inlet.Open(stage);
  Config config;
  config.protocols.has_grpc = true;
  config.protocols.grpc.endpoint = "127.0.0.1:0";
  OtlpReceiver receiver(
      CreateSettings{.id = "otlp", .host = host, .signals = {model::Signal::kTraces}}, config,
      inlet);
  ASSERT_TRUE(receiver.Start(host).has_value());
  std::vector<TestSocket> sockets;
  for (std::size_t i = 0; i < kConnectionCount; ++i) {
    sockets.emplace_back(receiver.grpc_port());
    ASSERT_TRUE(sockets.back().Send(Preface()));
  }
  log.Hold();

  std::size_t sent_count = 0;
  std::set<std::string> first_threads;
  for (std::size_t first = 0; first < kCallsOfEach; first += kCallsAtOnce) {
    for (TestSocket& socket : sockets) {
      std::string calls;
      for (std::size_t i = 0; i < kCallsAtOnce; ++i) calls += ExportCall(first + i);
      ASSERT_TRUE(socket.Send(calls));
      sent_count += kCallsAtOnce;
      ASSERT_TRUE(store.WaitFor(sent_count)) << sent_count;
      if (first_threads.empty()) first_threads = Threads();
    }
  }

  EXPECT_EQ(sent_count, 2000u);
  for (const std::string& thread : Threads()) {
    EXPECT_TRUE(first_threads.contains(thread)) << "begun for a call that waits";
  }
  EXPECT_EQ(log.end(), log::Position()) << "none is durable";
  log.Settle();
  for (TestSocket& socket : sockets) EXPECT_EQ(ReadSuccesses(socket), kCallsOfEach);
  receiver.Stop(std::chrono::steady_clock::now() + std::chrono::seconds(20));
}

}  // namespace
}  // namespace clew::pipeline::receivers::otlp
