#include "net/connection_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/logging.h"
#include "net/listen_addresses.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
namespace ip = asio::ip;
using boost::system::error_code;
using tcp = ip::tcp;

constexpr std::string_view kPathScheme = "unix:";
/// How long to leave new connections alone after one could not be accepted.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
/// Accepted before anything else on the context's thread has its turn.
constexpr std::size_t kAcceptedAtOnceMax = 64;

std::uint16_t PortOf(const asio::generic::stream_protocol::endpoint& endpoint) {
  const void* const address = endpoint.data();
  switch (endpoint.protocol().family()) {
    case AF_INET:
      return ntohs(static_cast<const sockaddr_in*>(address)->sin_port);
    case AF_INET6:
      return ntohs(static_cast<const sockaddr_in6*>(address)->sin6_port);
    default:
      return 0;
  }
}

/// The number of the socket there; 0 when there is none, or something else.
ino_t FindSocket(const std::string& path) {
  struct stat found{};
  return lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode) ? found.st_ino : 0;
}

/// 0, or why nothing can be connected to `address`.
int TryToConnect(const asio::local::stream_protocol::endpoint& address) {
  const base::FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe.is_open()) return errno;
  const auto size = static_cast<socklen_t>(address.size());
  return connect(probe.get(), address.data(), size) == 0 ? 0 : errno;
}

/// Whether an earlier process left the socket of `address`, so that nobody is behind it.
bool IsAbandoned(const asio::local::stream_protocol::endpoint& address) {
  return TryToConnect(address) == ECONNREFUSED;
}

/// What is at `address`, which is taken, unless somebody listens there.
std::optional<std::string_view> FindObstacle(
    const asio::local::stream_protocol::endpoint& address) {
  if (FindSocket(address.path()) == 0) return "something that is no socket is there: remove it";
  switch (TryToConnect(address)) {
    case EACCES:
      return "a socket is there to which this user may not connect: remove it if nobody listens "
             "there";
    case ECONNREFUSED:
      return "a socket is there on which nobody listens, and this user may not remove it: remove "
             "it";
    default:
      return std::nullopt;
  }
}

bool IsOutOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Result<std::unique_ptr<ConnectionListener>> ConnectionListener::Listen(
    asio::io_context& context, const ListenOptions& options) {
  std::unique_ptr<ConnectionListener> listener(new ConnectionListener(context, options));
  if (options.endpoint.starts_with(kPathScheme)) {
    ASSIGN_OR_RETURN(const std::string path, ParseSocketPath(options.endpoint));
    TRY(listener->ListenOnPath(path));
    return listener;
  }
  const auto listen_on = [&](const ip::address& address, std::uint16_t& port) {
    const error_code error = listener->ListenOn(tcp::endpoint(address, port));
    if (!error) port = listener->port_;
    return error;
  };
  TRY(ListenOnAddresses(context, "tcp", options.endpoint, options.family, listen_on));
  return listener;
}

ConnectionListener::ConnectionListener(asio::io_context& context, const ListenOptions& options)
    : context_(context),
      family_(options.family),
      connection_count_max_(options.connection_count_max),
      name_(options.name),
      clock_(*options.clock) {
  if (options.metrics == nullptr) return;
  const auto refused = [&](const char* reason) {
    return &options.metrics->Counter("clew_net_connections_refused_total",
                                     "Connections closed at once: over the limit of the server, or "
                                     "for lack of file descriptors.",
                                     {{"server", options.name}, {"reason", reason}});
  };
  refused_over_limit_ = refused("connections");
  refused_for_files_ = refused("descriptors");
  pauses_ = &options.metrics->Counter(
      "clew_net_accept_pauses_total",
      "Times that new connections had to wait for 100 ms because none could be accepted: the "
      "process, or the machine, had no file descriptor or memory for them, or the system refused.",
      {{"server", options.name}});
}

Status ConnectionListener::ListenOnPath(const std::string& path) {
  const asio::local::stream_protocol::endpoint address(path);
  // Anything else that is there stays, and makes bind fail.
  if (FindSocket(path) != 0 && IsAbandoned(address)) unlink(path.c_str());
  const error_code error = ListenOn(address);
  const auto obstacle = error == asio::error::address_in_use ? FindObstacle(address) : std::nullopt;
  if (obstacle.has_value()) {
    return base::Unavailable("listen unix {}: {}, or use another path", address.path(), *obstacle);
  }
  if (error == asio::error::address_in_use) {
    return base::Unavailable(
        "listen unix {}: bind: address already in use: end the process that listens there, or use "
        "another path",
        path);
  }
  if (error) {
    return base::Unavailable("listen unix {}: the socket cannot be created: {}", path,
                             std::generic_category().message(error.value()));
  }
  path_ = path;
  socket_ = FindSocket(path);
  return {};
}

error_code ConnectionListener::ListenOn(const Protocol::endpoint& endpoint) {
  error_code error;
  Acceptor acceptor(context_);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  // Whatever the machine's default is (net.ipv6.bindv6only).
  if (!error && endpoint.protocol().family() == AF_INET6) {
    acceptor.set_option(ip::v6_only(family_ == AddressFamily::kIpv6), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor.native_non_blocking(true, error);
  if (error) return error;
  port_ = PortOf(acceptor.local_endpoint());
  entries_.emplace_back(std::move(acceptor));
  return {};
}

void ConnectionListener::Start(ConnectionHandlers handlers) {
  handlers_ = std::move(handlers);
  for (Entry& entry : entries_) Wait(entry);
}

void ConnectionListener::Close() {
  error_code ignored;
  for (Entry& entry : entries_) {
    entry.acceptor.close(ignored);
    entry.pause.cancel();
  }
  // Somebody may have removed ours, and another process have put its own there.
  if (!path_.empty() && FindSocket(path_) == socket_) unlink(path_.c_str());
  path_.clear();
}

void ConnectionListener::Wait(Entry& entry) {
  if (!entry.acceptor.is_open()) return;
  entry.acceptor.async_wait(Acceptor::wait_read, [this, &entry](const error_code& error) {
    if (!entry.acceptor.is_open()) return;
    if (error) return WaitLater(entry, error.value());
    AcceptAll(entry);
  });
}

void ConnectionListener::WaitLater(Entry& entry, int error) {
  if (pauses_ != nullptr) pauses_->Increment();
  if (!std::exchange(entry.is_failing, true)) {
    base::Log(base::LogLevel::kWarn, "no connection can be accepted; trying again until one can",
              {{"server", name_},
               {"port", std::to_string(port_)},
               {"error", std::generic_category().message(error)}});
  }
  // How many wait is not known; as many as the next round may take. Nothing else lasts for lack of
  // room.
  if (IsOutOfResources(error)) MakeRoom(kAcceptedAtOnceMax);
  entry.pause.expires_after(kAcceptPause);
  entry.pause.async_wait([this, &entry](const error_code&) { Wait(entry); });
}

void ConnectionListener::AcceptAll(Entry& entry) {
  bool has_accepted = false;
  int error = 0;
  for (std::size_t i = 0; i < kAcceptedAtOnceMax; ++i) {
    base::FileDescriptor connection(
        accept4(entry.acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.is_open()) {
      has_accepted = true;
      Admit(std::move(connection));
      continue;
    }
    error = errno;
    if (error == EAGAIN) {  // all that waited were accepted
      entry.is_failing = false;
      return Wait(entry);
    }
    if (IsOutOfResources(error)) return WaitLater(entry, error);
    // Anything else tells of the connection alone, which is gone then; unless it lasts.
  }
  if (has_accepted) return Wait(entry);
  WaitLater(entry, error);
}

void ConnectionListener::Admit(base::FileDescriptor connection) {
  // Whatever goes wrong with one connection must not end the listening.
  try {
    const std::uint64_t count = handlers_.count();
    const bool lacks_files = files_.IsReserved(connection.get()) || count >= files_.share();
    if (!lacks_files && count < connection_count_max_) return handlers_.take(std::move(connection));
    Refuse(std::move(connection), lacks_files);
  } catch (const std::exception& error) {
    base::Log(base::LogLevel::kError, "a connection could not be taken", {{"error", error.what()}});
  }
}

void ConnectionListener::Refuse(base::FileDescriptor connection, bool lacks_files) {
  ++refused_count_;
  prometheus::Counter* const counter = lacks_files ? refused_for_files_ : refused_over_limit_;
  if (counter != nullptr) counter->Increment();
  if (lacks_files) LogLackOfFiles(connection.get());
  MakeRoom(1);
  if (handlers_.refuse != nullptr && !files_.IsNearlyOut(connection.get())) {
    handlers_.refuse(std::move(connection));
  }
}

void ConnectionListener::LogLackOfFiles(int descriptor) {
  if (!refusal_log_.MayLog(clock_.Monotonic())) return;
  base::Log(base::LogLevel::kWarn,
            "a connection was refused for lack of file descriptors (ulimit -n); those refused "
            "within the next minute are only counted",
            {{"server", name_},
             {"port", std::to_string(port_)},
             {"limit", std::to_string(files_.limit())},
             {"why", files_.IsReserved(descriptor)
                         ? "the rest is kept for files and connections of our own"
                         : "the port has its half of those for connections"}});
}

void ConnectionListener::MakeRoom(std::size_t count) {
  if (handlers_.make_room != nullptr) handlers_.make_room(count);
}

}  // namespace clew::net
