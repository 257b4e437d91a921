#include "net/datagram_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "net/loop.h"
#include "net/test_deadline.h"

namespace clew::net {
namespace {

namespace ip = boost::asio::ip;
using ::testing::HasSubstr;
using testing::Soon;
using ::testing::StartsWith;

using DatagramPtr = std::shared_ptr<const Datagram>;

/// What was received, kept until it is let go of.
class Received {
 public:
  void Add(DatagramPtr datagram) {
    const std::scoped_lock lock(mutex_);
    if (!keeps_) return;
    datagrams_.push_back(std::move(datagram));
    changed_.notify_all();
  }
  /// Waits for so many, and gives their bodies.
  std::multiset<std::string> Bodies(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(base::SystemTime().WaitUntil(lock, changed_, Soon(),
                                             [&] { return datagrams_.size() >= count; }));
    std::multiset<std::string> bodies;
    for (const DatagramPtr& datagram : datagrams_) {
      bodies.emplace(datagram->body.view());
    }
    return bodies;
  }
  std::string sender() {
    const std::scoped_lock lock(mutex_);
    return datagrams_.at(0)->sender;
  }
  std::stop_token cancelled() {
    const std::scoped_lock lock(mutex_);
    return datagrams_.at(0)->cancelled;
  }
  void LetGo() {
    const std::scoped_lock lock(mutex_);
    datagrams_.clear();
  }
  /// Also of what comes later.
  void KeepNone() {
    const std::scoped_lock lock(mutex_);
    keeps_ = false;
    datagrams_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DatagramPtr> datagrams_;
  bool keeps_ = true;
};

class DatagramServerTest : public ::testing::Test {
 protected:
  DatagramServerTest() {
    options_.endpoint = "127.0.0.1:0";
    options_.name = "udp";
  }
  ~DatagramServerTest() override { received_.KeepNone(); }

  void Start() {
    auto started = DatagramServer::Start(options_, loops_, workers_, [this](DatagramPtr datagram) {
      received_.Add(std::move(datagram));
    });
    ASSERT_TRUE(started.has_value()) << started.error().message;
    server_ = *std::move(started);
  }

  void Send(const std::string& body, const char* host = "127.0.0.1") {
    client_.Send(body, {ip::make_address(host), server_->port()});
  }

  struct Client {
    void Send(const std::string& body, const ip::udp::endpoint& to) {
      ip::udp::socket& socket = to.address().is_v6() ? v6 : v4;
      if (!socket.is_open()) socket.open(to.protocol());
      EXPECT_EQ(socket.send_to(boost::asio::buffer(body), to), body.size());
    }
    boost::asio::io_context context;
    ip::udp::socket v4{context};
    ip::udp::socket v6{context};
  };

  base::Metrics metrics_;
  DatagramOptions options_;
  Received received_;
  static constexpr int kWorkerCount = 2;
  base::WorkerPool workers_{"test", kWorkerCount, 100};
  Loops loops_;
  Client client_;
  std::unique_ptr<DatagramServer> server_;
};

TEST_F(DatagramServerTest, EachIsHandedOnWhole) {
  Start();
  const std::string large(60'000, 'x');
  Send("one");
  Send("");
  Send(large);
  EXPECT_EQ(received_.Bodies(3), (std::multiset<std::string>{"one", "", large}));
  EXPECT_THAT(received_.sender(), StartsWith("127.0.0.1:"));
}

TEST_F(DatagramServerTest, AllAddressesOfANameAreServedOnOnePort) {
  options_.endpoint = "localhost:0";
  Start();
  Send("four");
  EXPECT_EQ(received_.Bodies(1).size(), 1u);
}

TEST_F(DatagramServerTest, EveryAddressMeansBothFamilies) {
  options_.endpoint = ":0";
  Start();
  Send("four");
  EXPECT_EQ(received_.Bodies(1), (std::multiset<std::string>{"four"}));
  EXPECT_THAT(received_.sender(), StartsWith("127.0.0.1:"));
}

TEST_F(DatagramServerTest, APortThatIsTakenIsNamed) {
  Start();
  options_.endpoint = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = DatagramServer::Start(options_, loops_, workers_, [](const DatagramPtr&) {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_EQ(second.error().message,
            "listen udp " + options_.endpoint + ": bind: address already in use");
}

TEST_F(DatagramServerTest, ALargerOneIsDroppedAndCounted) {
  options_.datagram_bytes_max = 10;
  Start();
  Send(std::string(11, 'x'));
  Send(std::string(10, 'x'));
  EXPECT_EQ(received_.Bodies(1), (std::multiset<std::string>{std::string(10, 'x')}));
  EXPECT_EQ(server_->drops().too_large, 1u);
}

TEST_F(DatagramServerTest, ThoseBeyondTheQueueAreDroppedUntilOthersAreGone) {
  options_.datagram_count_max = 2;
  Start();
  for (const char* body : {"1", "2", "3", "4"}) Send(body);
  while (server_->drops().queue < 2) std::this_thread::yield();
  EXPECT_EQ(received_.Bodies(2), (std::multiset<std::string>{"1", "2"}));
  received_.LetGo();
  Send("5");
  EXPECT_EQ(received_.Bodies(1), (std::multiset<std::string>{"5"}));
}

TEST_F(DatagramServerTest, WhatIsHeldCountsAsRequests) {
  base::MemoryBudget budget(4u << 20, metrics_);  // a quarter of it for requests
  base::MemoryAccount& account = budget.account(base::MemoryUse::kRequests);
  options_.request_memory = &account;
  Start();
  constexpr std::size_t kBytes = 60'000;
  while (server_->drops().memory == 0) {
    Send(std::string(kBytes, 'x'));
    std::this_thread::yield();
  }
  EXPECT_GT(account.used(), account.limit() - 2 * kBytes);
  received_.KeepNone();
  server_->Stop(Soon());
  EXPECT_EQ(account.used(), 0u);
}

TEST_F(DatagramServerTest, WhatTheSystemDropsIsCounted) {
  options_.socket_buffer_bytes = 4096;
  Start();
  std::promise<void> blocked;
  const std::shared_future<void> until = blocked.get_future().share();
  for (std::size_t i = 0; i < loops_.count(); ++i) {
    boost::asio::post(loops_.at(i).context, [until] { until.wait(); });
  }
  for (int i = 0; i < 100; ++i) Send(std::string(1000, 'x'));
  blocked.set_value();
  received_.Bodies(1);
  // It is told beside the next one that has room.
  while (server_->drops().socket == 0) {
    Send("next");
    std::this_thread::yield();
  }
}

TEST_F(DatagramServerTest, FewWorkersHandleMany) {
  options_.worker_count_max = 1;
  Start();
  std::multiset<std::string> sent;
  for (int i = 0; i < 100; ++i) Send(*sent.insert(std::to_string(i)));
  EXPECT_EQ(received_.Bodies(sent.size()), sent);
}

TEST_F(DatagramServerTest, WithoutAWorkerItIsDropped) {
  std::promise<void> blocked;
  const std::shared_future<void> until = blocked.get_future().share();
  const auto block = [until] { until.wait(); };
  for (int i = 0; i < kWorkerCount; ++i) ASSERT_TRUE(workers_.TryPost(block));
  while (workers_.counts().running < std::size_t{kWorkerCount}) std::this_thread::yield();
  while (workers_.TryPost(block)) {
  }
  Start();
  Send("one");
  while (server_->drops().workers == 0) std::this_thread::yield();
  blocked.set_value();
}

TEST_F(DatagramServerTest, WhoKeepsOneIsAskedToStop) {
  Start();
  Send("one");
  received_.Bodies(1);
  const std::stop_token cancelled = received_.cancelled();
  auto stopped = std::async(std::launch::async, [this] { server_->Stop(base::kAtOnce); });
  while (!cancelled.stop_requested()) std::this_thread::yield();
  received_.LetGo();
  stopped.get();
}

TEST_F(DatagramServerTest, AStopWaitsForThoseThatAreUnderWay) {
  Start();
  Send("one");
  received_.Bodies(1);
  auto stopped = std::async(std::launch::async, [this] { server_->Stop(Soon()); });
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  received_.LetGo();
  stopped.get();
  server_->Stop(Soon());
}

}  // namespace
}  // namespace clew::net
