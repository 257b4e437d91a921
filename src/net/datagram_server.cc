#include "net/datagram_server.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/log_pause.h"
#include "base/logging.h"
#include "net/datagram_queue.h"
#include "net/listen_addresses.h"
#include "net/loop.h"
#include "net/stream.h"

namespace clew::net {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;
using UdpSocket =
    boost::asio::basic_datagram_socket<ip::udp, boost::asio::io_context::executor_type>;

/// Received before anything else on the loop's thread has its turn.
constexpr std::size_t kReceivedAtOnceMax = 64;

/// How long a socket is left alone that cannot be read, for whatever lasting reason.
constexpr auto kPause = std::chrono::milliseconds(100);

/// Why one is dropped, and how many were.
struct DropReason {
  const char* name;
  std::uint64_t DatagramDrops::* count;
};
constexpr DropReason kTooLarge{"too large", &DatagramDrops::too_large};
constexpr DropReason kQueue{"too many under way", &DatagramDrops::queue};
constexpr DropReason kWorkers{"no worker takes any", &DatagramDrops::workers};
constexpr DropReason kMemory{"memory", &DatagramDrops::memory};
constexpr DropReason kSocket{"the buffer of the socket was full", &DatagramDrops::socket};

class LoopDatagramServer final : public DatagramServer {
 public:
  LoopDatagramServer(const DatagramOptions& options, Loops& loops, base::WorkerPool& workers,
                     DatagramHandler handler)
      : options_(options),
        loop_(loops.Next()),
        queue_(std::make_shared<DatagramQueue>(options, workers, std::move(handler))) {}
  ~LoopDatagramServer() override { Stop(base::kAtOnce); }

  Status Start() {
    const auto listen_on = [this](const ip::address& address, std::uint16_t& port) {
      return ListenOn(address, port);
    };
    ASSIGN_OR_RETURN(port_, ListenOnAddresses(loop_.context, "udp", options_.endpoint,
                                              options_.family, listen_on));
    boost::asio::post(loop_.context, [this] {
      for (const EntryPtr& entry : entries_) Wait(entry);
    });
    return {};
  }

  std::uint16_t port() const override { return port_; }
  DatagramDrops drops() const override {
    const std::scoped_lock lock(drops_mutex_);
    return drops_;
  }

  void Stop(Deadline deadline) override {
    const std::scoped_lock lock(stop_mutex_);
    if (!std::exchange(is_stopped_, true)) {
      loop_.RunAndWait([this] {
        for (const EntryPtr& entry : entries_) Close(*entry);
      });
    }
    queue_->WaitUntilEmpty(deadline);
  }

 private:
  /// One of the addresses.
  struct Entry {
    explicit Entry(UdpSocket from) : socket(std::move(from)), pause(socket.get_executor()) {}
    UdpSocket socket;
    boost::asio::steady_timer pause;
    bool is_failing = false;
    std::uint32_t overflow_count = 0;  // what the system dropped so far
  };

  using EntryPtr = std::shared_ptr<Entry>;

  error_code ListenOn(const ip::address& address, std::uint16_t& port) {
    error_code error;
    UdpSocket socket(loop_.context);
    const ip::udp::endpoint endpoint(address, port);
    socket.open(endpoint.protocol(), error);
    if (!error && address.is_v6()) {
      socket.set_option(ip::v6_only(options_.family == AddressFamily::kIpv6), error);
    }
    if (!error && options_.socket_buffer_bytes > 0) error = SetBuffer(socket);
    if (!error) socket.bind(endpoint, error);
    if (!error) socket.non_blocking(true, error);
    if (error) return error;
    const int on = 1;
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
    port = socket.local_endpoint().port();
    entries_.push_back(std::make_shared<Entry>(std::move(socket)));
    return {};
  }

  error_code SetBuffer(UdpSocket& socket) const {
    error_code error;
    const auto bytes = static_cast<int>(options_.socket_buffer_bytes);
    socket.set_option(UdpSocket::receive_buffer_size(bytes), error);
    UdpSocket::receive_buffer_size got;
    if (!error) socket.get_option(got, error);
    // It counts twice what was asked for, with what it keeps beside datagrams.
    if (!error && got.value() / 2 < bytes) {
      base::Log(base::LogLevel::kWarn,
                "the machine allows a smaller socket buffer than is configured; raise "
                "net.core.rmem_max",
                {{"server", options_.name},
                 {"configured", std::to_string(bytes)},
                 {"allowed", std::to_string(got.value() / 2)}});
    }
    return error;
  }

  /// What waits for a socket may end later than the server, and knows then only that it is closed.
  void Wait(const EntryPtr& entry) {
    entry->socket.async_wait(UdpSocket::wait_read, [this, entry](const error_code& error) {
      if (!entry->socket.is_open()) return;
      if (error) return WaitLater(entry, error.value());
      ReceiveAll(entry);
    });
  }

  void WaitLater(const EntryPtr& entry, int error) {
    if (!std::exchange(entry->is_failing, true)) {
      base::Log(base::LogLevel::kWarn, "no datagram can be received; trying again until one can",
                {{"server", options_.name},
                 {"port", std::to_string(port_)},
                 {"error", std::generic_category().message(error)}});
    }
    entry->pause.expires_after(kPause);
    entry->pause.async_wait([this, entry](const error_code&) {
      if (entry->socket.is_open()) Wait(entry);
    });
  }

  void ReceiveAll(const EntryPtr& entry) {
    for (std::size_t i = 0; i < kReceivedAtOnceMax; ++i) {
      int error = 0;
      try {
        error = Receive(*entry);
      } catch (const std::bad_alloc&) {
        Drop(kMemory, 1);
        error = ENOMEM;
      }
      if (error == EAGAIN || error == EINTR) break;
      if (error != 0) return WaitLater(entry, error);
      entry->is_failing = false;
    }
    Wait(entry);
  }

  /// 0, or why there is none (errno).
  int Receive(Entry& entry) {
    sockaddr_storage sender{};
    iovec bytes{loop_.read_buffer.data(), loop_.read_buffer.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control{};
    msghdr message{};
    message.msg_name = &sender;
    message.msg_namelen = sizeof(sender);
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(entry.socket.native_handle(), &message, MSG_DONTWAIT);
    if (size < 0) return errno;
    CountOverflow(entry, message);
    Take({loop_.read_buffer.data(), static_cast<std::size_t>(size)}, sender, message.msg_namelen);
    return 0;
  }

  /// The system tells, beside each datagram, how many it has dropped on this socket until then.
  void CountOverflow(Entry& entry, msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t count = 0;
      std::memcpy(&count, CMSG_DATA(part), sizeof(count));
      NoteOverflow(entry, count);
    }
  }

  void NoteOverflow(Entry& entry, std::uint32_t count) {
    const std::uint32_t more = count - std::exchange(entry.overflow_count, count);
    if (more > 0) Drop(kSocket, more);
  }

  void Close(Entry& entry) {
    // Beside a datagram it is told only when another one comes.
    std::array<std::uint32_t, SK_MEMINFO_VARS> facts{};
    socklen_t size = sizeof(facts);
    const int descriptor = entry.socket.native_handle();
    if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, facts.data(), &size) == 0 &&
        size == sizeof(facts)) {
      NoteOverflow(entry, facts[SK_MEMINFO_DROPS]);
    }
    error_code ignored;
    entry.socket.close(ignored);
    entry.pause.cancel();
  }

  void Take(std::string_view body, const sockaddr_storage& sender, socklen_t sender_size) {
    if (body.size() > options_.datagram_bytes_max) return Drop(kTooLarge, 1);
    const std::shared_ptr<Datagram> datagram = queue_->Make();
    if (datagram == nullptr) return Drop(kQueue, 1);
    if (options_.request_memory != nullptr) {
      datagram->hold = base::MemoryHold(*options_.request_memory);
    }
    if (!datagram->hold.TryGrow(body.size() + sizeof(Datagram))) {
      return Drop(kMemory, 1);
    }
    datagram->body = Bytes(std::string(body));
    datagram->sender = AddressText(sender, sender_size);
    if (!queue_->Put(datagram)) Drop(kWorkers, 1);
  }

  void Drop(const DropReason& reason, std::uint32_t count) {
    {
      const std::scoped_lock lock(drops_mutex_);
      drops_.*reason.count += count;
    }
    if (!drop_log_.MayLog(options_.clock->Monotonic())) return;
    base::Log(
        base::LogLevel::kWarn,
        "a datagram was dropped; those dropped within the next minute are only counted",
        {{"server", options_.name}, {"port", std::to_string(port_)}, {"reason", reason.name}});
  }

  const DatagramOptions options_;
  Loop& loop_;
  const std::shared_ptr<DatagramQueue> queue_;
  mutable std::mutex drops_mutex_;
  DatagramDrops drops_;
  base::LogPause drop_log_{std::chrono::minutes(1)};
  std::vector<EntryPtr> entries_;
  std::uint16_t port_ = 0;
  std::mutex stop_mutex_;
  bool is_stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<DatagramServer>> DatagramServer::Start(const DatagramOptions& options,
                                                              Loops& loops,
                                                              base::WorkerPool& workers,
                                                              DatagramHandler handler) {
  auto server = std::make_unique<LoopDatagramServer>(options, loops, workers, std::move(handler));
  TRY(server->Start());
  return server;
}

}  // namespace clew::net
