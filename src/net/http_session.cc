#include "net/http_session.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "net/http_budget.h"
#include "net/http_cors.h"
#include "net/http_parser.h"
#include "net/http_reply.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;
using TlsStream = asio::ssl::stream<LoopSocket>;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Nanos kHandshakeTimeout = std::chrono::seconds(10);
/// How long, and for how much, a closed connection still reads, so that the peer gets the answer
/// and not a reset.
constexpr Nanos kLingerTimeout = std::chrono::seconds(5);
constexpr std::uint64_t kLingerBytesMax = 64u << 20;
/// Kept by a connection that waits for its next request.
constexpr std::size_t kIdleBufferBytes = 1024;
/// Read at once: of a head, and of a body that has more.
constexpr std::size_t kReadBytesMin = 4u << 10;
constexpr std::size_t kReadBytesMax = 64u << 10;

std::string AddressOf(const LoopSocket& socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return {};
  const std::string host = peer.address().to_string(error);
  return (peer.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(peer.port());
}

template <typename Stream>
class StreamSession final : public HttpSession {
 public:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  template <typename... Args>
  StreamSession(HttpShared& shared, HttpLoop& loop, bool is_refused, Args&&... args)
      : HttpSession(shared, loop),
        stream_(std::forward<Args>(args)...),
        timer_(loop.context.get_executor()),
        budget_(shared.body_bytes),
        is_refused_(is_refused),
        address_(AddressOf(socket())) {}

  ~StreamSession() override { loop_.sessions.erase(this); }

  void Start() override {
    loop_.sessions.insert(this);
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    if constexpr (kIsTls) {
      SetTimer(kHandshakeTimeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              Bind([this](const error_code& error, std::size_t) {
                                if (error) return CloseNow();
                                Begin();
                              }));
    } else {
      Begin();
    }
  }

  void FinishAndClose() override {
    const bool has_nothing = state_ == State::kReadingHead && parser_ && !parser_->is_started();
    if (state_ == State::kIdle || has_nothing) CloseNow();
  }

  void CloseNow() override {
    if (state_ == State::kClosed) return;
    state_ = State::kClosed;
    ++timer_turn_;
    timer_.cancel();
    error_code ignored;
    socket().close(ignored);
    loop_.sessions.erase(this);
  }

 private:
  /// What the connection is doing; decides what a timeout and a stop mean.
  enum class State { kIdle, kReadingHead, kReadingBody, kHandling, kWriting, kLingering, kClosed };

  LoopSocket& socket() {
    if constexpr (kIsTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  /// Keeps the session alive while an operation is under way; drops its end once closed.
  template <typename Function>
  auto Bind(Function function) {
    return [self = this->shared_from_this(), this, function = std::move(function)](
               const error_code& error, std::size_t size = 0) mutable {
      if (state_ != State::kClosed) function(error, size);
    };
  }

  void Begin() {
    if (is_refused_) {
      StartRequest();
      return AnswerError(503, "too many connections");
    }
    ReadHead();
  }

  void StartRequest() {
    request_start_ = std::chrono::steady_clock::now();
    budget_.Release();
    parser_.emplace(shared_.options, budget_);
  }

  /// Between requests nothing but a small buffer is held.
  void WaitForRequest() {
    if (shared_.is_stopping) return CloseNow();
    if (buffer_.size() > 0) return ReadHead();
    state_ = State::kIdle;
    parser_.reset();
    budget_.Release();
    buffer_ = {};
    const Nanos idle = shared_.options.idle_timeout;
    SetTimer(idle > Nanos(0) ? idle : shared_.options.read_timeout);
    stream_.async_read_some(buffer_.prepare(kIdleBufferBytes),
                            Bind([this](const error_code& error, std::size_t size) {
                              if (error) return CloseNow();
                              buffer_.commit(size);
                              ReadHead();
                            }));
  }

  void ReadHead() {
    state_ = State::kReadingHead;
    StartRequest();
    const Nanos head = shared_.options.read_header_timeout;
    SetTimer(head > Nanos(0) ? head : shared_.options.read_timeout);
    Read();
  }

  /// Goes on with what is in the buffer and then with what the peer sends, until the head or all of
  /// the request is there.
  void Read() {
    error_code error;
    if (buffer_.size() > 0) buffer_.consume(parser_->Put(buffer_.data(), error));
    if (error && error != http::error::need_more) return OnReadError(error);
    if (state_ == State::kReadingHead && parser_->is_head_done()) return OnHead();
    if (parser_->is_done()) return Dispatch();
    stream_.async_read_some(buffer_.prepare(ReadSize()),
                            Bind([this](const error_code& read_error, std::size_t size) {
                              if (read_error) return OnReadError(read_error);
                              buffer_.commit(size);
                              Read();
                            }));
  }

  std::size_t ReadSize() const {
    if (state_ == State::kReadingHead) return kReadBytesMin;
    const std::uint64_t missing = parser_->missing_bytes();
    if (missing == 0) return kReadBytesMax;
    return static_cast<std::size_t>(
        std::clamp<std::uint64_t>(missing, kReadBytesMin, kReadBytesMax));
  }

  void OnHead() {
    state_ = State::kReadingBody;
    if (parser_->is_done()) return Dispatch();
    SetTimerAt(shared_.options.read_timeout, request_start_);
    const bool wants_continue =
        boost::beast::iequals(std::string(parser_->headers().Get("Expect")), "100-continue") &&
        parser_->is_version_11() && buffer_.size() == 0;
    if (!wants_continue) return Read();
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      Bind([this](const error_code& error, std::size_t) {
                        if (error) return OnReadError(error);
                        Read();
                      }));
  }

  void OnReadError(const error_code& error) {
    if (is_timed_out_) {
      // Silence is not answered; half a request is.
      if (state_ == State::kReadingHead && !parser_->is_started()) return CloseNow();
      return AnswerError(408, "the request did not arrive in time");
    }
    if (error == asio::error::eof) {
      if (!parser_->is_started()) return CloseNow();
      return AnswerError(400, "the request ended before it was complete");
    }
    if (error == http::error::body_limit) {
      return AnswerError(413, "request body too large: the limit is " +
                                  std::to_string(shared_.options.body_bytes_max) + " bytes");
    }
    if (error == http::error::header_limit) {
      return AnswerError(431, "request headers and trailers too large: the limit is " +
                                  std::to_string(shared_.options.header_bytes_max) + " bytes");
    }
    if (error == http::error::buffer_overflow) {
      return AnswerError(503, "too many request bodies are in memory: try again later");
    }
    if (error.category() == make_error_code(http::error::bad_value).category()) {
      return AnswerError(400, "malformed HTTP request: " + error.message());
    }
    CloseNow();
  }

  std::shared_ptr<HttpRequest> TakeRequest() {
    auto request = std::make_shared<HttpRequest>(parser_->TakeRequest());
    request->client_address = address_;
    return request;
  }

  bool IsLast() const {
    return !parser_->keep_alive() || !shared_.options.keep_alives_enabled || shared_.is_stopping;
  }

  void Dispatch() {
    state_ = State::kHandling;
    ClearTimer();
    std::shared_ptr<HttpRequest> request = TakeRequest();
    if (auto preflight = AnswerPreflight(shared_.options.cors, *request)) {
      return Write(MakeReply(shared_.options, *request, std::move(*preflight), IsLast()));
    }
    auto self = std::static_pointer_cast<StreamSession>(this->shared_from_this());
    const bool is_posted = shared_.workers->TryPost([self, request]() mutable {
      auto& shared = self->shared_;
      HttpResponse response = shared.handler(*request);
      AddCorsHeaders(shared.options.cors, *request, response);
      const bool is_last = self->IsLast();
      HttpReply reply = MakeReply(shared.options, *request, std::move(response), is_last);
      request.reset();
      asio::io_context& context = self->loop_.context;
      asio::post(context, [self = std::move(self), reply = std::move(reply)]() mutable {
        if (self->state_ != State::kClosed) self->Write(std::move(reply));
      });
    });
    if (!is_posted) AnswerErrorTo(*request, 503, "the server is busy: try again later", IsLast());
  }

  /// For a request that was not read to its end: the connection cannot go on after it.
  void AnswerError(int status, const std::string& message) {
    has_unread_ = true;
    AnswerErrorTo(*TakeRequest(), status, message, true);
  }

  void AnswerErrorTo(const HttpRequest& request, int status, const std::string& message,
                     bool is_last) {
    HttpResponse response = shared_.error_handler(status, message, request);
    if (status == 503 && !response.headers.Has("Retry-After")) {
      response.headers.Add("Retry-After", "1");
    }
    AddCorsHeaders(shared_.options.cors, request, response);
    Write(MakeReply(shared_.options, request, std::move(response), is_last));
  }

  void Write(HttpReply reply) {
    state_ = State::kWriting;
    reply_ = std::move(reply);
    SetTimer(shared_.options.write_timeout);
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(reply_.head),
                                                       asio::buffer(reply_.body)};
    asio::async_write(stream_, buffers, Bind([this](const error_code& error, std::size_t) {
                        const bool is_last = reply_.is_last;
                        reply_ = {};
                        if (error) return CloseNow();
                        if (is_last) return has_unread_ ? Linger() : CloseNow();
                        WaitForRequest();
                      }));
  }

  /// Says that nothing more comes, then reads what the peer still sends, and closes.
  void Linger() {
    state_ = State::kLingering;
    SetTimer(kLingerTimeout);
    parser_.reset();
    budget_.Release();
    buffer_ = {};
    if constexpr (!kIsTls) {
      error_code ignored;
      socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
    ReadAndDrop();
  }

  void ReadAndDrop() {
    buffer_.consume(buffer_.size());
    stream_.async_read_some(buffer_.prepare(16u << 10),
                            Bind([this](const error_code& error, std::size_t size) {
                              dropped_bytes_ += size;
                              if (error || dropped_bytes_ > kLingerBytesMax) return CloseNow();
                              ReadAndDrop();
                            }));
  }

  void SetTimer(Nanos timeout) { SetTimerAt(timeout, std::chrono::steady_clock::now()); }

  /// Ends the operations of this state when `timeout` (0: never) has passed since `start`.
  void SetTimerAt(Nanos timeout, SteadyTime start) {
    const std::uint64_t turn = ++timer_turn_;
    is_timed_out_ = false;
    if (timeout <= Nanos(0)) {
      timer_.cancel();
      return;
    }
    timer_.expires_at(start + timeout);
    timer_.async_wait([self = this->shared_from_this(), this, turn](const error_code& error) {
      if (error || turn != timer_turn_) return;
      OnTimeout();
    });
  }

  void ClearTimer() { SetTimer(Nanos(0)); }

  void OnTimeout() {
    if (state_ != State::kReadingHead && state_ != State::kReadingBody) return CloseNow();
    is_timed_out_ = true;
    error_code ignored;
    socket().cancel(ignored);
  }

  Stream stream_;
  Timer timer_;
  std::uint64_t timer_turn_ = 0;
  bool is_timed_out_ = false;
  bool has_unread_ = false;
  State state_ = State::kReadingHead;
  boost::beast::flat_buffer buffer_;
  BodyBudget budget_;
  std::optional<RequestParser> parser_;
  SteadyTime request_start_;
  HttpReply reply_;
  std::uint64_t dropped_bytes_ = 0;
  const bool is_refused_;
  const std::string address_;
};

}  // namespace

HttpSession::HttpSession(HttpShared& shared, HttpLoop& loop) : shared_(shared), loop_(loop) {
  ++shared_.connection_count;
}

HttpSession::~HttpSession() {
  const std::scoped_lock lock(shared_.mutex);
  if (--shared_.connection_count == 0) shared_.all_closed.notify_all();
}

std::shared_ptr<HttpSession> MakeHttpSession(HttpShared& shared, HttpLoop& loop, LoopSocket socket,
                                             bool is_refused) {
  if (shared.tls) {
    return std::make_shared<StreamSession<TlsStream>>(shared, loop, is_refused, std::move(socket),
                                                      *shared.tls);
  }
  return std::make_shared<StreamSession<LoopSocket>>(shared, loop, is_refused, std::move(socket));
}

}  // namespace clew::net
