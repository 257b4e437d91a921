#pragma once

#include <sys/types.h>

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/log_pause.h"
#include "base/vocabulary.h"
#include "net/endpoint.h"
#include "net/file_reserve.h"
#include "net/listen_options.h"

namespace clew::net {

/// Whose connections they are. Called on the thread of the listener's context.
struct ConnectionHandlers {
  /// How many connections of the server are open, without those in `refuse`.
  std::function<std::uint64_t()> count;
  /// A connection that may stay. Its descriptor does not block.
  std::function<void(base::FileDescriptor connection)> take;
  /// Likewise one that cannot stay: it may be told why. Empty: it is closed.
  std::function<void(base::FileDescriptor connection)> refuse{};
  /// So many connections were refused, or could not even be accepted: as many of those that are
  /// idle should go. Empty: nothing.
  std::function<void(std::size_t count)> make_room{};
};

/// Listens on all addresses of an endpoint and decides who may stay. When no connection can be
/// accepted, because descriptors are short or for whatever lasting reason, those that wait are
/// looked at again 100 ms later, for as long as it takes, and that is logged once. Connections that
/// are refused because descriptors are short are logged at most once a minute. All methods but the
/// first two run on the context's thread, or while nothing runs on it; nothing does when it is
/// destroyed.
class ConnectionListener {
 public:
  /// Listens when it returns. `context` outlives the listener. UNAVAILABLE names the address when
  /// it is taken ("listen tcp <addr>: bind: address already in use"). A socket that nobody listens
  /// to any more is replaced.
  static Result<std::unique_ptr<ConnectionListener>> Listen(boost::asio::io_context& context,
                                                            const ListenOptions& options);
  /// 0 for a path.
  std::uint16_t port() const { return port_; }

  ~ConnectionListener() { Close(); }
  ConnectionListener(const ConnectionListener&) = delete;
  ConnectionListener& operator=(const ConnectionListener&) = delete;

  void Start(ConnectionHandlers handlers);
  /// Nobody is accepted any more.
  void Close();
  /// Over a limit since the start. Any thread.
  std::uint64_t refused_count() const { return refused_count_; }

 private:
  using Protocol = boost::asio::generic::stream_protocol;
  using Acceptor =
      boost::asio::basic_socket_acceptor<Protocol, boost::asio::io_context::executor_type>;

  /// One of the addresses.
  struct Entry {
    explicit Entry(Acceptor from) : acceptor(std::move(from)), pause(acceptor.get_executor()) {}
    Acceptor acceptor;
    boost::asio::steady_timer pause;
    bool is_failing = false;  // some have waited ever since a pause
  };

  ConnectionListener(boost::asio::io_context& context, const ListenOptions& options);
  Status ListenOnPath(const std::string& path);
  boost::system::error_code ListenOn(const Protocol::endpoint& endpoint);
  void Wait(Entry& entry);
  /// `error` (errno) is why.
  void WaitLater(Entry& entry, int error);
  void AcceptAll(Entry& entry);
  void Admit(base::FileDescriptor connection);
  void Refuse(base::FileDescriptor connection, bool lacks_files);
  /// `descriptor` is the refused connection's.
  void LogLackOfFiles(int descriptor);
  void MakeRoom(std::size_t count);

  boost::asio::io_context& context_;
  const AddressFamily family_;
  const std::uint64_t connection_count_max_;
  const std::string name_;
  const Clock& clock_;
  const FileReserve files_ = FileReserve::OfProcess();
  base::LogPause refusal_log_{std::chrono::minutes(1)};
  std::deque<Entry> entries_;
  std::string path_;  // to be removed again
  ino_t socket_ = 0;  // what that is
  std::uint16_t port_ = 0;
  ConnectionHandlers handlers_;
  std::atomic<std::uint64_t> refused_count_{0};
  prometheus::Counter* refused_over_limit_ = nullptr;  // null without metrics
  prometheus::Counter* refused_for_files_ = nullptr;
  prometheus::Counter* pauses_ = nullptr;
};

}  // namespace clew::net
