#include "net/http_server.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "base/logging.h"
#include "net/endpoint.h"
#include "net/file_reserve.h"
#include "net/http_session.h"
#include "net/http_tls.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;
using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

constexpr std::size_t kNetworkThreadCount = 2;
/// Connections over the limit that are told so at the same time; more are closed unheard.
constexpr std::uint64_t kRefusalCountMax = 64;
/// How long to leave new connections alone after one could not be accepted (no descriptors left).
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

/// How long before the end of a stop handlers are asked to stop, at most.
constexpr Nanos kCancelTimeMax = std::chrono::seconds(1);

/// One of the addresses that a server listens on.
struct Listener {
  explicit Listener(Acceptor from) : acceptor(std::move(from)), pause(acceptor.get_executor()) {}

  Acceptor acceptor;
  asio::steady_timer pause;
};

class BeastHttpServer final : public HttpServer {
 public:
  BeastHttpServer(const HttpServerOptions& options, base::WorkerPool& workers, HttpHandler handler,
                  HttpErrorHandler error_handler) {
    shared_.options = options;
    shared_.workers = &workers;
    shared_.handler = std::move(handler);
    shared_.error_handler = std::move(error_handler);
  }

  ~BeastHttpServer() override { Stop(std::chrono::steady_clock::now()); }

  Status Start() {
    if (shared_.options.metrics != nullptr) MakeCounters(*shared_.options.metrics);
    if (shared_.options.tls) {
      ASSIGN_OR_RETURN(shared_.tls, MakeServerTlsContext(*shared_.options.tls));
    }
    ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(shared_.options.endpoint));
    ASSIGN_OR_RETURN(const HostPort allowed, RestrictTo(shared_.options.family, address));
    TRY(Listen(allowed));
    for (HttpLoop& loop : loops_) {
      guards_.emplace_back(loop.context.get_executor());
      threads_.emplace_back([&loop] { Run(loop); });
    }
    asio::post(loops_.front().context, [this] {
      for (Listener& listener : listeners_) Accept(listener);
    });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  HttpServerCounts counts() const override {
    return {shared_.connection_count, shared_.connections_refused, shared_.requests_abandoned};
  }

  void Stop(Deadline deadline) override {
    const std::scoped_lock stop_lock(stop_mutex_);
    if (threads_.empty()) return;
    shared_.is_stopping = true;
    OnLoop(loops_.front(), [this] {
      error_code ignored;
      for (Listener& listener : listeners_) {
        listener.acceptor.close(ignored);
        listener.pause.cancel();
      }
    });
    ForEachSession([](HttpSession& session) { session.FinishAndClose(); });
    if (!WaitUntilClosed(CancelTime(deadline))) {
      ForEachSession([](HttpSession& session) { session.Cancel(); });
    }
    if (!WaitUntilClosed(deadline)) {
      ForEachSession([](HttpSession& session) { session.CloseNow(); });
      // What remains is in a handler, which still uses what our caller is about to destroy.
      WaitUntilClosed(Deadline::max());
    }
    guards_.clear();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  static void Run(HttpLoop& loop) {
    pthread_setname_np(pthread_self(), "http");
    for (;;) {
      try {
        loop.context.run();
        return;
      } catch (const std::exception& error) {
        // Only this connection is lost: it was destroyed with the function that threw.
        base::Log(base::LogLevel::kError, "HTTP connection failed", {{"error", error.what()}});
      }
    }
  }

  Status Listen(const HostPort& address) {
    error_code error;
    tcp::resolver resolver(loops_.front().context);
    const std::string host = address.host.empty() ? "::" : address.host;
    const auto found =
        resolver.resolve(host, std::to_string(address.port), tcp::resolver::passive, error);
    std::set<tcp::endpoint> endpoints;  // a name may have one twice
    for (const auto& entry : found) endpoints.insert(entry.endpoint());
    for (const tcp::endpoint& endpoint : endpoints) {
      error = ListenOn(endpoint);
      // Of a name such as localhost all addresses are served, but for those that this machine
      // lacks, as ::1 without IPv6. Another program on one of them would get our requests.
      if (error == asio::error::address_in_use) break;
    }
    const bool is_taken = error == asio::error::address_in_use;
    if (listeners_.empty() && !is_taken && address.host.empty()) {
      error = ListenOn({tcp::v4(), address.port});  // a machine without IPv6
    }
    if (listeners_.empty() || is_taken) {
      return base::Unavailable("{}", DescribeBindFailure(address));
    }
    return {};
  }

  error_code ListenOn(tcp::endpoint endpoint) {
    if (port_ != 0) endpoint.port(port_);
    error_code error;
    Acceptor acceptor(loops_.front().context);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return error;
    port_ = acceptor.local_endpoint().port();
    listeners_.emplace_back(std::move(acceptor));
    return {};
  }

  /// Runs on the first loop, which owns the listeners; sockets go round the loops.
  void Accept(Listener& listener) {
    if (!listener.acceptor.is_open()) return;
    HttpLoop& loop = loops_[next_loop_++ % loops_.size()];
    listener.acceptor.async_accept(
        loop.context, [this, &listener, &loop](const error_code& error, LoopSocket socket) {
          if (!listener.acceptor.is_open()) return;
          if (error) {
            CloseIdle();
            listener.pause.expires_after(kAcceptPause);
            listener.pause.async_wait([this, &listener](const error_code&) { Accept(listener); });
            return;
          }
          Admit(loop, std::move(socket));
          Accept(listener);
        });
  }

  void Admit(HttpLoop& loop, LoopSocket socket) {
    const std::uint64_t count = shared_.connection_count;
    const std::uint64_t count_max = shared_.options.connection_count_max;
    const int descriptor = socket.native_handle();
    const bool lacks_files = files_.IsReserved(descriptor);
    const bool is_refused = lacks_files || count >= count_max;
    if (is_refused) CountRefused(lacks_files ? refused_for_files_ : refused_over_limit_);
    if (lacks_files) CloseIdle();
    if (count >= count_max + kRefusalCountMax || files_.IsNearlyOut(descriptor)) return;
    auto session = MakeHttpSession(shared_, loop, std::move(socket), is_refused);
    asio::post(loop.context, [this, session = std::move(session)] {
      if (!shared_.is_stopping) session->Start();
    });
  }

  void CountRefused(prometheus::Counter* counter) {
    ++shared_.connections_refused;
    if (counter != nullptr) counter->Increment();
  }

  void MakeCounters(base::Metrics& metrics) {
    const std::string& server = shared_.options.name;
    const auto refused = [&](const char* reason) {
      return &metrics.Counter("clew_net_connections_refused_total",
                              "Connections closed at once: over the limit of the server, or for "
                              "lack of file descriptors.",
                              {{"server", server}, {"reason", reason}});
    };
    refused_over_limit_ = refused("connections");
    refused_for_files_ = refused("descriptors");
    shared_.abandoned_counter = &metrics.Counter(
        "clew_net_requests_abandoned_total",
        "Requests whose client left before the answer; those still queued are not run.",
        {{"server", server}});
  }

  /// Makes room for others, at most ten times a second.
  void CloseIdle() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_close_idle_) return;
    next_close_idle_ = now + kAcceptPause;
    for (HttpLoop& loop : loops_) {
      asio::post(loop.context, [&loop] {
        const std::vector<HttpSession*> sessions(loop.sessions.begin(), loop.sessions.end());
        for (HttpSession* session : sessions) session->CloseIfIdle();
      });
    }
  }

  /// Runs `function` on the loop's thread and waits for it.
  static void OnLoop(HttpLoop& loop, const std::function<void()>& function) {
    std::promise<void> done;
    asio::post(loop.context, [&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }

  void ForEachSession(const std::function<void(HttpSession&)>& function) {
    for (HttpLoop& loop : loops_) {
      OnLoop(loop, [&] {
        const std::vector<HttpSession*> sessions(loop.sessions.begin(), loop.sessions.end());
        for (HttpSession* session : sessions) function(*session);
      });
    }
  }

  /// When handlers are asked to stop, so that they can answer before `deadline`.
  static Deadline CancelTime(Deadline deadline) {
    if (deadline == Deadline::max()) return deadline;
    const auto left = deadline - std::chrono::steady_clock::now();
    return deadline - std::clamp<Nanos>(left / 4, Nanos(0), kCancelTimeMax);
  }

  bool WaitUntilClosed(Deadline deadline) {
    std::unique_lock lock(shared_.mutex);
    const auto is_closed = [this] { return shared_.connection_count == 0; };
    if (deadline == Deadline::max()) {
      shared_.all_closed.wait(lock, is_closed);
      return true;
    }
    return shared_.all_closed.wait_until(lock, deadline, is_closed);
  }

  HttpShared shared_;
  std::array<HttpLoop, kNetworkThreadCount> loops_;
  std::deque<Listener> listeners_;
  std::size_t next_loop_ = 0;
  prometheus::Counter* refused_over_limit_ = nullptr;  // null without metrics
  prometheus::Counter* refused_for_files_ = nullptr;
  const FileReserve files_ = FileReserve::OfProcess();
  /// When descriptors may be looked for among idle connections again; of the first loop.
  std::chrono::steady_clock::time_point next_close_idle_;
  std::uint16_t port_ = 0;
  std::vector<WorkGuard> guards_;
  std::vector<std::thread> threads_;
  std::mutex stop_mutex_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                      base::WorkerPool& workers,
                                                      HttpHandler handler,
                                                      HttpErrorHandler error_handler) {
  auto server = std::make_unique<BeastHttpServer>(options, workers, std::move(handler),
                                                  std::move(error_handler));
  TRY(server->Start());
  return server;
}

}  // namespace clew::net
