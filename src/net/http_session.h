#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "net/http_server.h"
#include "net/idle_sessions.h"

namespace clew::net {

class HttpSession;

/// What all connections of one server share. Outlives them.
struct HttpShared {
  HttpServerOptions options;
  base::WorkerPool* workers = nullptr;
  HttpHandler handler;
  HttpErrorHandler error_handler;
  std::optional<boost::asio::ssl::context> tls;
  std::atomic<bool> is_stopping{false};
  std::atomic<std::uint64_t> kept_count{0};  // connections without those in told_count
  std::atomic<std::uint64_t> told_count{0};  // connections that are only told to come again
  IdleSessions idle;
  std::atomic<std::uint64_t> requests_abandoned{0};
  prometheus::Counter* abandoned_counter = nullptr;
  std::mutex mutex;
  std::condition_variable all_closed;  // under `mutex`, connection_count() has become 0

  std::uint64_t connection_count() const { return kept_count + told_count; }
};

/// One network thread. Its connections belong to it: nothing of theirs runs elsewhere but the
/// handler of a request.
struct HttpLoop {
  boost::asio::io_context context{1};
  /// Makes what the context needs (descriptors of its own) now. Otherwise its first connection
  /// would, and fail when there are none left.
  boost::asio::steady_timer early{context};
  std::unordered_set<HttpSession*> sessions;
};

using LoopSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// One connection: waits for a request, reads it, has it handled, writes the answer, again.
/// All methods run on the loop's thread. Keeps itself alive until it is closed.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  /// `is_refused`: the connection is over the limit and is only told so.
  HttpSession(HttpShared& shared, HttpLoop& loop, bool is_refused);
  virtual ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  virtual void Start() = 0;
  /// Closes when no request is under way.
  virtual void CloseIfIdle() = 0;
  /// Asks whoever makes the answer, if anybody does, to stop.
  virtual void Cancel() = 0;
  virtual void CloseNow() = 0;

 protected:
  HttpShared& shared_;
  HttpLoop& loop_;
  const bool is_refused_;

 private:
  friend class IdleSessions;
  std::atomic<std::uint64_t>& count_ = is_refused_ ? shared_.told_count : shared_.kept_count;
  IdleSessions::Place idle_place_;
};

std::shared_ptr<HttpSession> MakeHttpSession(HttpShared& shared, HttpLoop& loop, LoopSocket socket,
                                             bool is_refused);

}  // namespace clew::net
