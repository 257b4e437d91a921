#include "net/http_server.h"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "base/logging.h"
#include "net/connection_listener.h"
#include "net/http_session.h"
#include "net/http_tls.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

constexpr std::size_t kNetworkThreadCount = 2;
/// Connections over the limit that are told so at the same time; more are closed unheard.
constexpr std::uint64_t kToldCountMax = 64;
/// How long before the end of a stop handlers are asked to stop, at most.
constexpr Nanos kCancelTimeMax = std::chrono::seconds(1);

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
    if (shared_.options.metrics != nullptr) {
      shared_.abandoned_counter = &shared_.options.metrics->Counter(
          "clew_net_requests_abandoned_total",
          "Requests whose client left before the answer; those still queued are not run.",
          {{"server", shared_.options.name}});
    }
    if (shared_.options.tls) {
      ASSIGN_OR_RETURN(shared_.tls, MakeServerTlsContext(*shared_.options.tls));
    }
    ASSIGN_OR_RETURN(listener_,
                     ConnectionListener::Listen(loops_.front().context, shared_.options));
    port_ = listener_->port();
    for (HttpLoop& loop : loops_) {
      guards_.emplace_back(loop.context.get_executor());
      threads_.emplace_back([&loop] { Run(loop); });
    }
    asio::post(loops_.front().context, [this] { listener_->Start(MakeHandlers()); });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  HttpServerCounts counts() const override {
    const std::uint64_t refused = listener_ == nullptr ? 0 : listener_->refused_count();
    return {shared_.connection_count(), refused, shared_.requests_abandoned};
  }

  void Stop(Deadline deadline) override {
    const std::scoped_lock stop_lock(stop_mutex_);
    if (threads_.size() < loops_.size()) return EndStart();
    shared_.is_stopping = true;
    OnLoop(loops_.front(), [this] { listener_->Close(); });
    ForEachSession([](HttpSession& session) { session.CloseIfIdle(); });
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
  /// After a stop, or a start that could not start all threads: nobody has been accepted.
  void EndStart() {
    for (HttpLoop& loop : loops_) loop.context.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

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

  ConnectionHandlers MakeHandlers() {
    return {.count = [this] { return shared_.kept_count.load(); },
            .take = [this](base::FileDescriptor socket) { StartSession(std::move(socket), false); },
            .refuse =
                [this](base::FileDescriptor socket) {
                  if (shared_.told_count < kToldCountMax) StartSession(std::move(socket), true);
                },
            .make_room =
                [this](std::size_t count) {
                  const auto now = std::chrono::steady_clock::now();
                  shared_.idle.CloseOldest(count, now - shared_.options.idle_time_min);
                }};
  }

  /// Runs on the first loop, which owns the listener; sockets go round the loops.
  void StartSession(base::FileDescriptor descriptor, bool is_refused) {
    HttpLoop& loop = loops_[next_loop_++ % loops_.size()];
    LoopSocket socket(loop.context);
    error_code error;
    socket.assign(ProtocolOf(descriptor.get()), descriptor.get(), error);
    if (error) return;
    std::ignore = descriptor.Release();
    auto session = MakeHttpSession(shared_, loop, std::move(socket), is_refused);
    asio::post(loop.context, [this, session = std::move(session)] {
      if (!shared_.is_stopping) session->Start();
    });
  }

  static tcp ProtocolOf(int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    const bool is_known =
        getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    return is_known && address.ss_family == AF_INET ? tcp::v4() : tcp::v6();
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
    const auto is_closed = [this] { return shared_.connection_count() == 0; };
    if (deadline == Deadline::max()) {
      shared_.all_closed.wait(lock, is_closed);
      return true;
    }
    return shared_.all_closed.wait_until(lock, deadline, is_closed);
  }

  HttpShared shared_;
  std::array<HttpLoop, kNetworkThreadCount> loops_;
  std::unique_ptr<ConnectionListener> listener_;
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
