#include "net/http_session.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "net/http_cors.h"
#include "net/http_outgoing.h"
#include "net/http_parser.h"
#include "net/http_peer.h"
#include "net/http_reply.h"
#include "net/request_memory.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Timer = asio::basic_waitable_timer<Deadline::clock, asio::wait_traits<Deadline::clock>,
                                         asio::io_context::executor_type>;

/// How long, and for how much, a closed connection still reads, so that the peer gets the answer
/// and not a reset.
constexpr Nanos kLingerTimeout = std::chrono::seconds(5);
constexpr Nanos kStoppingLingerTimeout = std::chrono::seconds(1);
constexpr std::uint64_t kLingerBytesMax = 64u << 20;
/// Kept by a connection that waits for its next request.
constexpr std::size_t kIdleBufferBytes = 1024;
/// Read at once: of a head, and of a body that has more.
constexpr std::size_t kReadBytesMin = 4u << 10;
constexpr std::size_t kReadBytesMax = 64u << 10;
/// How often a request that is read is looked at: does it come fast enough?
constexpr Nanos kProgressInterval = std::chrono::seconds(1);
/// How often the client of a request that is handled is looked at: does it still wait?
constexpr Nanos kWatchInterval = std::chrono::milliseconds(100);
/// How long a streamed answer waits when workers or memory are short, before it looks again.
constexpr Nanos kPieceRetryInterval = std::chrono::milliseconds(50);
/// A write time-out begins anew when the client has taken so much.
constexpr std::uint64_t kWriteProgressBytes = 64u << 10;
/// Answers up to here, such as error messages, are sent even when no memory is left for answers.
constexpr std::uint64_t kSmallAnswerBytes = 4u << 10;

base::MemoryHold HoldOf(base::MemoryAccount* account) {
  return account == nullptr ? base::MemoryHold() : base::MemoryHold(*account);
}

template <typename Stream>
class StreamSession final : public Session {
 public:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  StreamSession(HttpShared& shared, Loop& loop, CountedConnection connection, Stream stream)
      : Session(loop, std::move(connection)),
        shared_(shared),
        stream_(std::move(stream)),
        timer_(loop.context.get_executor()),
        hold_(shared.options.request_memory),
        address_(PeerAddress(socket().native_handle())) {}

  void Start() override {
    if (connection_.is_refused()) {
      StartRequest();
      return AnswerError(503, "too many connections");
    }
    group_.idle.Add(*this, group_.clock.Time());
    ReadHead();
  }

  void CloseIfIdle() override {
    if (IsIdle()) return CloseNow();
    if (group_.is_stopping && state_ == State::kLingering) SetTimer(kStoppingLingerTimeout);
  }

  void CloseNow() override {
    if (state_ == State::kClosed) return;
    state_ = State::kClosed;
    ++timer_turn_;
    timer_.cancel();
    stop_.request_stop();
    error_code ignored;
    socket().close(ignored);
    loop_.sessions.erase(this);
    group_.idle.Remove(*this);
  }

  void Cancel() override { stop_.request_stop(); }

 private:
  /// What the connection is doing; decides what a timeout and a stop mean.
  enum class State {
    kIdle,
    kReadingHead,
    kReadingBody,
    kHandling,
    kWriting,
    kPausing,
    kLingering,
    kClosed
  };

  bool IsIdle() const {
    return state_ == State::kIdle ||
           (state_ == State::kReadingHead && parser_ && !parser_->is_started());
  }

  Socket& socket() { return SocketOf(stream_); }

  /// Keeps the session alive while an operation is under way; drops its end once closed.
  template <typename Function>
  auto Bind(Function function) {
    return [self = this->shared_from_this(), this, function = std::move(function)](
               const error_code& error, std::size_t size = 0) mutable {
      if (state_ != State::kClosed) function(error, size);
    };
  }

  void StartRequest() {
    hold_.Release();
    held_buffer_bytes_ = 0;
    progress_bytes_ = 0;
    parser_.emplace(shared_.options, hold_);
  }

  /// Between requests nothing but a small buffer is held.
  void WaitForRequest() {
    if (group_.is_stopping) return CloseNow();
    group_.idle.Add(*this, group_.clock.Time());
    if (buffer_.size() > 0) return ReadHead();
    state_ = State::kIdle;
    parser_.reset();
    hold_.Release();
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
    read_deadline_ = DeadlineAfter(head > Nanos(0) ? head : shared_.options.read_timeout);
    SetReadTimer();
    Read();
  }

  /// Goes on with what is in the buffer and then with what the peer sends, until the head or all of
  /// the request is there.
  void Read() {
    error_code error;
    // The time was over when the last read had ended already, and could not be cancelled.
    if (is_timed_out_ || is_too_slow_) return OnReadError(error);
    if (buffer_.size() > 0) buffer_.consume(parser_->Put(buffer_.data(), error));
    // Empty lines alone are no request, and what sent them waits as before.
    if (parser_->is_started()) group_.idle.Remove(*this);
    if (error && error != http::error::need_more) return OnReadError(error);
    if (state_ == State::kReadingHead && parser_->is_head_done()) return OnHead();
    if (parser_->is_done()) return Dispatch();
    const auto space = buffer_.prepare(ReadSize());
    if (!HoldBuffer() || !hold_.Wait()) return OnReadError(http::error::buffer_overflow);
    stream_.async_read_some(space, Bind([this](const error_code& read_error, std::size_t size) {
                              if (read_error) return OnReadError(read_error);
                              buffer_.commit(size);
                              Read();
                            }));
  }

  /// Counts what the buffer takes beyond the little that every connection has.
  bool HoldBuffer() {
    const std::size_t bytes = buffer_.capacity();
    if (bytes <= kReadBytesMin || bytes <= held_buffer_bytes_) return true;
    if (!hold_.Grow(bytes - held_buffer_bytes_)) return false;
    held_buffer_bytes_ = bytes;
    return true;
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
    read_deadline_ = DeadlineAfter(shared_.options.read_timeout);
    SetReadTimer();
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
    if (is_too_slow_) {
      return AnswerError(503,
                         group_.is_stopping
                             ? "the server stops and the request comes slowly: send it again"
                             : "memory is short and the request comes slowly: send smaller ones");
    }
    if (is_timed_out_) {
      // Silence is not answered; half a request is.
      if (state_ == State::kReadingHead && !parser_->is_started()) return CloseNow();
      return AnswerError(408, "the request did not arrive in time");
    }
    if (error == asio::error::eof && parser_->is_started()) {
      return AnswerError(400, "the request ended before it was complete");
    }
    if (error == http::error::body_limit) {
      return AnswerError(413, BodyTooLargeText(shared_.options));
    }
    if (error == http::error::header_limit) {
      return AnswerError(431, "request headers and trailers too large: the limit is " +
                                  std::to_string(shared_.options.header_bytes_max) + " bytes");
    }
    if (error == http::error::buffer_overflow) {
      return AnswerError(503, "no memory is left for this request: send smaller ones, or later");
    }
    if (error.category() == make_error_code(http::error::bad_value).category()) {
      return AnswerError(400, "malformed HTTP request: " + parser_->Describe(error));
    }
    CloseNow();
  }

  std::shared_ptr<HttpRequest> TakeRequest() {
    auto request = std::make_shared<HttpRequest>(parser_->TakeRequest());
    request->client_address = address_;
    return request;
  }

  ReplyPlace PlaceOfReply() const {
    return {.is_last = !parser_->keep_alive() || !shared_.options.keep_alives_enabled ||
                       group_.is_stopping,
            .takes_chunks = parser_->is_version_11()};
  }

  void Dispatch() {
    hold_.EndWait();
    std::shared_ptr<HttpRequest> request = TakeRequest();
    if (auto preflight = AnswerPreflight(shared_.options.cors, *request)) {
      return Write(MakeReply(shared_.options, *request, std::move(*preflight), PlaceOfReply()));
    }
    stop_ = std::stop_source();
    is_peer_asked_ = false;
    request->arrived_at = group_.clock.Time();
    request->cancelled = stop_.get_token();
    if (shared_.options.is_immediate && shared_.options.is_immediate(*request)) {
      base::Later<HttpResponse> answered = shared_.handler(*request);
      if (answered.now() == nullptr) {
        WatchLater();
        return AnswerLater(Self(), std::move(request), std::move(answered));
      }
      HttpReply reply = MakeHandlersReply(*request, std::move(answered).Wait());
      hold_.Release();
      return Write(std::move(reply));
    }
    auto self = Self();
    const bool is_posted = shared_.workers->TryPost(
        [self, request]() mutable { Handle(std::move(self), std::move(request)); });
    if (!is_posted) {
      return AnswerErrorTo(*request, 503, "the server is busy: try again later", PlaceOfReply());
    }
    WatchLater();
  }

  /// Runs on a worker.
  static void Handle(std::shared_ptr<StreamSession> self, std::shared_ptr<HttpRequest> request) {
    asio::io_context& context = self->loop_.context;
    // Nobody waits for what comes first in the queue when its client has left; the loop's thread
    // lets go of the session.
    if (request->cancelled.stop_requested()) {
      return asio::post(context, [self = std::move(self)] {});
    }
    base::Later<HttpResponse> answered = self->shared_.handler(*request);
    AnswerLater(std::move(self), std::move(request), std::move(answered));
  }

  /// On any thread.
  static void AnswerLater(std::shared_ptr<StreamSession> self, std::shared_ptr<HttpRequest> request,
                          base::Later<HttpResponse> answered) {
    asio::io_context& context = self->loop_.context;
    std::move(answered).Then([self = std::move(self), request = std::move(request),
                              &context](HttpResponse response) mutable {
      HttpReply reply = self->MakeHandlersReply(*request, std::move(response));
      request.reset();
      asio::post(context, [self = std::move(self), reply = std::move(reply)]() mutable {
        self->hold_.Release();
        if (self->state_ != State::kClosed) self->Write(std::move(reply));
      });
    });
  }

  /// With what the reply holds counted, or an error in its place.
  HttpReply MakeHandlersReply(const HttpRequest& request, HttpResponse response) {
    const ReplyPlace place = PlaceOfReply();
    AddCorsHeaders(shared_.options.cors, request, response);
    HttpReply reply = MakeReply(shared_.options, request, std::move(response), place);
    const std::uint64_t bytes = reply.body.capacity();
    if (reply.held != nullptr || bytes <= kSmallAnswerBytes || answer_hold_.TryGrow(bytes)) {
      return reply;
    }
    return MakeErrorReply(request, 503, "no memory is left for this answer: ask for less, or later",
                          place);
  }

  /// Looks now and then whether the client still waits, until the answer is there. Most answers are
  /// there before the first look.
  void WatchLater() {
    state_ = State::kHandling;
    SetTimer(kWatchInterval);
  }

  void Watch() {
    if (IsPeerWaiting()) return WatchLater();
    Abandon();
  }

  bool IsPeerWaiting() {
    const PeerState peer = StateOfPeer(socket().native_handle());
    return peer == PeerState::kOpen || (peer == PeerState::kHalfClosed && IsWaitingHalfClosed());
  }

  void Abandon() {
    ++shared_.requests_abandoned;
    if (shared_.abandoned_counter != nullptr) shared_.abandoned_counter->Increment();
    CloseNow();
  }

  /// Nobody half-closes TLS. Others are asked, once, and heard at the next look.
  bool IsWaitingHalfClosed() {
    if (kIsTls) return false;
    if (is_peer_asked_ || !parser_->is_version_11() || reply_.next_piece) return true;
    is_peer_asked_ = true;
    return AskPeer(socket().native_handle());
  }

  /// For a request that was not read to its end: the connection cannot go on after it.
  void AnswerError(int status, const std::string& message) {
    has_unread_ = true;
    AnswerErrorTo(*TakeRequest(), status, message, {.is_last = true});
  }

  void AnswerErrorTo(const HttpRequest& request, int status, const std::string& message,
                     ReplyPlace place) {
    Write(MakeErrorReply(request, status, message, place));
  }

  HttpReply MakeErrorReply(const HttpRequest& request, int status, const std::string& message,
                           ReplyPlace place) const {
    HttpResponse response = shared_.error_handler(status, message, request);
    const bool lacks_time = status == 503 && !response.headers.Has("Retry-After");
    if (lacks_time) response.headers.Add("Retry-After", "1");
    AddCorsHeaders(shared_.options.cors, request, response);
    return MakeReply(shared_.options, request, std::move(response), place);
  }

  void Write(HttpReply reply) {
    reply_ = std::move(reply);
    out_ = {.before = std::move(reply_.head), .body = std::move(reply_.body)};
    if (reply_.is_chunked) out_.AddChunkFrame();
    WriteOut();
  }

  void WriteOut() {
    state_ = State::kWriting;
    progress_bytes_ = 0;
    SetTimer(shared_.options.write_timeout);
    WriteSome();
  }

  void WriteSome() {
    stream_.async_write_some(out_.Left(), Bind([this](const error_code& error, std::size_t size) {
                               if (error) return CloseNow();
                               out_.written += size;
                               progress_bytes_ += size;
                               if (out_.IsWritten()) return OnWritten();
                               if (progress_bytes_ < kWriteProgressBytes) return WriteSome();
                               progress_bytes_ = 0;
                               SetTimer(shared_.options.write_timeout);
                               WriteSome();
                             }));
  }

  void OnWritten() {
    out_ = {};
    if (reply_.next_piece) {
      reply_.held.reset();
      answer_hold_.Release();
      pull_deadline_ = DeadlineAfter(shared_.options.write_timeout);
      return Pull();
    }
    const bool is_last = reply_.is_last;
    reply_ = {};
    answer_hold_.Release();
    if (is_last) return has_unread_ ? Linger() : CloseNow();
    WaitForRequest();
  }

  /// Has a worker make the next piece, when there is memory for it.
  void Pull() {
    const bool has_memory =
        answer_hold_.bytes() >= kPieceBytesMax || answer_hold_.TryGrow(kPieceBytesMax);
    // The loop's thread lets go of the session last.
    const auto pull = [self = Self()]() mutable {
      asio::io_context& context = self->loop_.context;
      Result<std::string> piece = self->reply_.next_piece();
      asio::post(context, [self = std::move(self), piece = std::move(piece)]() mutable {
        if (self->state_ != State::kClosed) self->OnPiece(std::move(piece));
      });
    };
    if (has_memory && shared_.workers->TryPost(pull)) return WatchLater();
    if (group_.clock.HasPassed(pull_deadline_)) return Abort();
    state_ = State::kPausing;
    SetTimer(kPieceRetryInterval);
  }

  void OnPiece(Result<std::string> piece) {
    if (!piece.has_value()) return Abort();
    if (piece->empty()) {
      reply_.next_piece = nullptr;
      if (!reply_.is_chunked) return OnWritten();
      out_ = {.before = "0\r\n\r\n"};
    } else {
      out_ = {.body = *std::move(piece)};
      if (reply_.is_chunked) out_.AddChunkFrame();
    }
    WriteOut();
  }

  /// Closes in a way that no client takes for the end of the answer.
  void Abort() {
    error_code ignored;
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
    CloseNow();
  }

  /// Says that nothing more comes, then reads what the peer still sends, and closes.
  void Linger() {
    state_ = State::kLingering;
    SetTimer(group_.is_stopping ? kStoppingLingerTimeout : kLingerTimeout);
    parser_.reset();
    hold_.Release();
    buffer_ = {};
    if constexpr (!kIsTls) {
      error_code ignored;
      socket().shutdown(Socket::shutdown_send, ignored);
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

  Deadline DeadlineAfter(Nanos timeout) const {
    return timeout > Nanos(0) ? group_.clock.In(timeout) : Deadline::max();
  }

  /// Ends the operations of this state when `timeout` (0: never) has passed.
  void SetTimer(Nanos timeout) { SetTimerAt(DeadlineAfter(timeout)); }

  void SetTimerAt(Deadline deadline) {
    const std::uint64_t turn = ++timer_turn_;
    is_timed_out_ = false;
    if (deadline == Deadline::max()) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(group_.clock.Until(deadline));
    timer_.async_wait([self = this->shared_from_this(), this, turn](const error_code& error) {
      if (error || turn != timer_turn_) return;
      OnTimeout();
    });
  }

  /// Until the next look at how fast the request comes, or its end.
  void SetReadTimer() {
    progress_bytes_ = parser_->used_bytes();
    SetTimerAt(std::min(read_deadline_, DeadlineAfter(kProgressInterval)));
  }

  void OnTimeout() {
    switch (state_) {
      case State::kReadingHead:
      case State::kReadingBody:
        is_timed_out_ = group_.clock.HasPassed(read_deadline_);
        is_too_slow_ = IsTooSlow(parser_->used_bytes() - progress_bytes_);
        if (!is_timed_out_ && !is_too_slow_) return SetReadTimer();
        return StopReading();
      case State::kHandling:
        return Watch();
      case State::kPausing:
        return IsPeerWaiting() ? Pull() : Abandon();
      default:
        return CloseNow();
    }
  }

  /// Of a request that brought `bytes` since the last look.
  bool IsTooSlow(std::uint64_t bytes) const {
    return hold_.IsTooSlow(bytes, kProgressInterval) ||
           (group_.is_stopping && bytes < kStoppingBytesPerSecondMin);
  }

  void StopReading() {
    error_code ignored;
    socket().cancel(ignored);
  }

  std::shared_ptr<StreamSession> Self() {
    return std::static_pointer_cast<StreamSession>(this->shared_from_this());
  }

  HttpShared& shared_;
  Stream stream_;
  Timer timer_;
  std::uint64_t timer_turn_ = 0;
  bool is_timed_out_ = false;
  bool is_too_slow_ = false;
  bool has_unread_ = false;
  State state_ = State::kIdle;
  boost::beast::flat_buffer buffer_;
  RequestHold hold_;
  std::optional<RequestParser> parser_;
  std::size_t held_buffer_bytes_ = 0;
  Deadline read_deadline_ = Deadline::max();
  /// What was read at the last look, or written since the write time-out began.
  std::uint64_t progress_bytes_ = 0;
  std::stop_source stop_{std::nostopstate};
  bool is_peer_asked_ = false;
  HttpReply reply_;
  Outgoing out_;
  base::MemoryHold answer_hold_ = HoldOf(shared_.options.answer_memory);
  Deadline pull_deadline_ = Deadline::max();
  std::uint64_t dropped_bytes_ = 0;
  const std::string address_;
};

}  // namespace

std::shared_ptr<Session> MakeHttpSession(HttpShared& shared, Loop& loop,
                                         CountedConnection connection, Socket stream) {
  return std::make_shared<StreamSession<Socket>>(shared, loop, std::move(connection),
                                                 std::move(stream));
}

std::shared_ptr<Session> MakeHttpSession(HttpShared& shared, Loop& loop,
                                         CountedConnection connection, TlsStream stream) {
  return std::make_shared<StreamSession<TlsStream>>(shared, loop, std::move(connection),
                                                    std::move(stream));
}

}  // namespace clew::net
