#include "net/http_server.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <future>
#include <mutex>
#include <thread>

#include "base/logging.h"
#include "net/endpoint.h"
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
    if (shared_.options.tls) {
      ASSIGN_OR_RETURN(shared_.tls, MakeServerTlsContext(*shared_.options.tls));
    }
    ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(shared_.options.endpoint));
    TRY(Listen(address));
    for (HttpLoop& loop : loops_) {
      guards_.emplace_back(loop.context.get_executor());
      threads_.emplace_back([&loop] { Run(loop); });
    }
    asio::post(loops_.front().context, [this] { Accept(); });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  HttpServerCounts counts() const override {
    return {shared_.connection_count, shared_.connections_refused};
  }

  void Stop(Deadline deadline) override {
    const std::scoped_lock stop_lock(stop_mutex_);
    if (threads_.empty()) return;
    shared_.is_stopping = true;
    OnLoop(loops_.front(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    ForEachSession([](HttpSession& session) { session.FinishAndClose(); });
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
    if (error || found.empty()) return base::Unavailable("{}", DescribeBindFailure(address));
    tcp::endpoint endpoint = *found.begin();
    acceptor_.open(endpoint.protocol(), error);
    if (error == asio::error::address_family_not_supported && address.host.empty()) {
      endpoint = tcp::endpoint(tcp::v4(), address.port);  // a machine without IPv6
      acceptor_.open(endpoint.protocol(), error);
    }
    if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return base::Unavailable("{}", DescribeBindFailure(address));
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  /// Runs on the first loop, which owns the acceptor; sockets go round the loops.
  void Accept() {
    if (!acceptor_.is_open()) return;
    HttpLoop& loop = loops_[next_loop_++ % loops_.size()];
    acceptor_.async_accept(loop.context, [this, &loop](const error_code& error, LoopSocket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([this](const error_code&) { Accept(); });
        return;
      }
      Admit(loop, std::move(socket));
      Accept();
    });
  }

  void Admit(HttpLoop& loop, LoopSocket socket) {
    const std::uint64_t count = shared_.connection_count;
    const bool is_refused = count >= shared_.options.connection_count_max;
    if (is_refused) ++shared_.connections_refused;
    if (count >= shared_.options.connection_count_max + kRefusalCountMax) return;
    auto session = MakeHttpSession(shared_, loop, std::move(socket), is_refused);
    asio::post(loop.context, [this, session = std::move(session)] {
      if (!shared_.is_stopping) session->Start();
    });
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
  Acceptor acceptor_{loops_.front().context};
  asio::steady_timer pause_{loops_.front().context};
  std::size_t next_loop_ = 0;
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
