#include "net/datagram_server.h"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/log_pause.h"
#include "base/logging.h"
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

/// Those that are under way, and who waits for their end.
class Places {
 public:
  explicit Places(std::size_t count_max) : count_max_(count_max) {}

  /// Null when none is left. `places` lives as long as what it gives.
  static std::shared_ptr<void> Take(const std::shared_ptr<Places>& places) {
    const std::scoped_lock lock(places->mutex_);
    if (places->count_ >= places->count_max_) return nullptr;
    ++places->count_;
    return {places.get(), [places](void*) { places->Leave(); }};
  }
  void WaitUntilEmpty() {
    std::unique_lock lock(mutex_);
    emptied_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  void Leave() {
    const std::scoped_lock lock(mutex_);
    if (--count_ == 0) emptied_.notify_all();
  }

  const std::size_t count_max_;
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::size_t count_ = 0;
};

class LoopDatagramServer final : public DatagramServer {
 public:
  LoopDatagramServer(const DatagramOptions& options, Loops& loops, base::WorkerPool& workers,
                     DatagramHandler handler)
      : options_(options),
        loop_(loops.Next()),
        workers_(workers),
        handler_(std::make_shared<const DatagramHandler>(std::move(handler))),
        places_(std::make_shared<Places>(options.datagram_count_max)) {}
  ~LoopDatagramServer() override { Stop(); }

  Status Start() {
    const auto listen_on = [this](const ip::address& address, std::uint16_t& port) {
      return ListenOn(address, port);
    };
    ASSIGN_OR_RETURN(port_, ListenOnAddresses(loop_.context, "udp", options_.endpoint,
                                              options_.family, listen_on));
    boost::asio::post(loop_.context, [this] {
      for (Entry& entry : entries_) Wait(entry);
    });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void Stop() override {
    if (std::exchange(is_stopped_, true)) return;
    loop_.RunAndWait([this] {
      error_code ignored;
      for (Entry& entry : entries_) entry.socket.close(ignored);
    });
    loop_.RunAndWait([] {});  // what was about to receive has ended before this
    places_->WaitUntilEmpty();
  }

 private:
  /// One of the addresses.
  struct Entry {
    explicit Entry(UdpSocket from) : socket(std::move(from)) {}
    UdpSocket socket;
    std::uint32_t overflow_count = 0;  // what the system dropped so far
  };

  error_code ListenOn(const ip::address& address, std::uint16_t& port) {
    error_code error;
    UdpSocket socket(loop_.context);
    const ip::udp::endpoint endpoint(address, port);
    socket.open(endpoint.protocol(), error);
    if (!error && address.is_v6()) {
      socket.set_option(ip::v6_only(options_.family == AddressFamily::kIpv6), error);
    }
    if (!error && options_.socket_buffer_bytes > 0) {
      const auto bytes = static_cast<int>(options_.socket_buffer_bytes);
      socket.set_option(UdpSocket::receive_buffer_size(bytes), error);
    }
    if (!error) socket.bind(endpoint, error);
    if (!error) socket.non_blocking(true, error);
    if (error) return error;
    const int on = 1;
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
    port = socket.local_endpoint().port();
    entries_.emplace_back(std::move(socket));
    return {};
  }

  void Wait(Entry& entry) {
    entry.socket.async_wait(UdpSocket::wait_read, [this, &entry](const error_code& error) {
      if (error || !entry.socket.is_open()) return;
      for (std::size_t i = 0; i < kReceivedAtOnceMax && Receive(entry); ++i) {
      }
      Wait(entry);
    });
  }

  /// False when none is there.
  bool Receive(Entry& entry) {
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
    // An error of the network tells of a datagram that was sent; nothing is lost here.
    if (size < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    CountOverflow(entry, message);
    const std::string_view body(loop_.read_buffer.data(), static_cast<std::size_t>(size));
    Take(body, AddressText(sender, message.msg_namelen));
    return true;
  }

  /// The system tells, beside each datagram, how many it has dropped on this socket until then.
  void CountOverflow(Entry& entry, msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t count = 0;
      std::memcpy(&count, CMSG_DATA(part), sizeof(count));
      const std::uint32_t more = count - std::exchange(entry.overflow_count, count);
      if (more > 0) Drop("socket", more);
    }
  }

  void Take(std::string_view body, std::string sender) {
    if (body.size() > options_.datagram_bytes_max) return Drop("too_large", 1);
    auto datagram = std::make_shared<Datagram>();
    datagram->place = Places::Take(places_);
    if (datagram->place == nullptr) return Drop("queue", 1);
    if (options_.request_memory != nullptr) {
      datagram->hold = base::MemoryHold(*options_.request_memory);
    }
    if (!datagram->hold.TryGrow(body.size() + sizeof(Datagram))) return Drop("memory", 1);
    datagram->body = Bytes(std::string(body));
    datagram->sender = std::move(sender);
    const bool is_posted =
        workers_.TryPost([handler = handler_, datagram = std::move(datagram)]() mutable {
          (*handler)(std::move(datagram));
        });
    if (!is_posted) Drop("workers", 1);
  }

  void Drop(const char* reason, std::uint32_t count) {
    if (options_.metrics != nullptr) {
      options_.metrics
          ->Counter("clew_net_datagrams_dropped_total",
                    "Datagrams (UDP) that were dropped, by reason: nobody is told.",
                    {{"server", options_.name}, {"reason", reason}})
          .Increment(count);
    }
    if (!drop_log_.MayLog(options_.clock->Monotonic())) return;
    base::Log(base::LogLevel::kWarn,
              "a datagram was dropped; those dropped within the next minute are only counted "
              "(clew_net_datagrams_dropped_total)",
              {{"server", options_.name}, {"port", std::to_string(port_)}, {"reason", reason}});
  }

  const DatagramOptions options_;
  Loop& loop_;
  base::WorkerPool& workers_;
  const std::shared_ptr<const DatagramHandler> handler_;
  const std::shared_ptr<Places> places_;
  base::LogPause drop_log_{std::chrono::minutes(1)};
  std::deque<Entry> entries_;
  std::uint16_t port_ = 0;
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
