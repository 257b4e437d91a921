#include "net/http_session.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/letter_case.h"
#include "net/http_answers.h"
#include "net/http_cors.h"
#include "net/http_input.h"
#include "net/http_linger.h"
#include "net/http_peer.h"
#include "net/http_read_failure.h"
#include "net/http_read_watch.h"
#include "net/http_reply_writer.h"
#include "net/session_timer.h"
#include "net/stream.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
using ErrorCode = RequestParser::ErrorCode;

/// How long a connection that is done still reads.
constexpr Nanos kLingerTimeout = std::chrono::seconds(5);
constexpr Nanos kStoppingLingerTimeout = std::chrono::seconds(1);
/// Read of a next request that is not there yet.
constexpr std::size_t kIdleReadBytes = 1024;
/// For what is read to end once it is not wanted any more.
constexpr Nanos kCancelTimeout = std::chrono::seconds(1);
/// How often the client of a request that is handled is looked at: does it still wait?
constexpr Nanos kWatchInterval = std::chrono::milliseconds(100);

/// Reads a request, has it handled, writes the answer, and again: WaitForRequest, ReadHead, OnHead,
/// Dispatch, AnswerLater, OnReplyWritten.
class HttpSession final : public Session, private ReplyTarget {
 public:
  HttpSession(HttpShared& shared, Loop& loop, CountedConnection connection,
              std::shared_ptr<Transport> transport)
      : Session(loop, std::move(connection)),
        shared_(shared),
        transport_(std::move(transport)),
        timer_(loop, group_.clock),
        input_(shared.options),
        writer_(shared, loop, group_.clock, timer_, *transport_, *this),
        address_(PeerAddress(transport_->descriptor())) {}

  void Start() override {
    if (connection_.is_refused()) {
      input_.Begin();
      return AnswerUnread(503, "too many connections");
    }
    group_.idle.Add(*this, group_.clock.Time());
    ReadHead();
  }

  void CloseIfIdle() override {
    if (IsIdle()) return CloseNow();
    if (group_.is_stopping && state_ == State::kLingering) CloseIn(kStoppingLingerTimeout);
  }

  void CloseNow() override {
    if (!End()) return;
    transport_->Close();
  }

  void Cancel() override { stop_.request_stop(); }

 private:
  /// What the connection is doing; decides what a stop means.
  enum class State { kIdle, kReading, kAnswering, kLingering, kClosed };

  std::shared_ptr<HttpSession> Self() {
    return std::static_pointer_cast<HttpSession>(shared_from_this());
  }
  std::shared_ptr<ReplyTarget> KeepAlive() override {
    return {shared_from_this(), static_cast<ReplyTarget*>(this)};
  }
  bool is_closed() const override { return state_ == State::kClosed; }

  bool IsIdle() const {
    return state_ == State::kIdle || (state_ == State::kReading && !input_.parser().is_started());
  }

  /// False when it had ended before.
  bool End() {
    if (std::exchange(state_, State::kClosed) == State::kClosed) return false;
    timer_.Cancel();
    stop_.request_stop();
    loop_.sessions.erase(this);
    group_.idle.Remove(*this);
    return true;
  }

  void Break() override {
    if (End()) transport_->Break();
  }

  void CloseIn(Nanos timeout) {
    timer_.Set(timer_.In(timeout), [self = Self()] { self->CloseNow(); });
  }

  // Reading.

  /// Between requests next to nothing is held.
  void WaitForRequest() {
    if (group_.is_stopping) return CloseNow();
    group_.idle.Add(*this, group_.clock.Time());
    if (input_.has_rest()) return ReadHead();
    state_ = State::kIdle;
    input_.Rest();
    const Nanos idle = shared_.options.idle_timeout;
    CloseIn(idle > Nanos(0) ? idle : shared_.options.read_timeout);
    transport_->Read(kIdleReadBytes, [self = Self()](std::string_view bytes) {
      if (bytes.empty()) return self->CloseNow();
      self->ReadHead(bytes);
    });
  }

  void ReadHead(std::string_view bytes = {}) {
    state_ = State::kReading;
    input_.Begin();
    const Nanos head = shared_.options.read_header_timeout;
    WatchReading(head > Nanos(0) ? head : shared_.options.read_timeout);
    Take(bytes);
  }

  /// Goes on with what came, and then with what the peer sends, until the head or all of the
  /// request is there.
  void Take(std::string_view bytes) {
    // Its time may be over though what it waited for had ended already.
    if (read_watch_.has_failed()) return OnReadError({});
    const bool was_head_done = input_.parser().is_head_done();
    ErrorCode error;
    input_.Put(bytes, error);
    // Empty lines alone are no request, and what sent them waits as before.
    if (input_.parser().is_started()) group_.idle.Remove(*this);
    if (error) return OnReadError(error);
    if (!was_head_done && input_.parser().is_head_done()) return OnHead();
    if (input_.parser().is_done()) return Dispatch();
    const auto size = input_.NextReadSize();
    if (!size) return OnReadError(boost::beast::http::error::buffer_overflow);
    transport_->Read(*size, [self = Self()](std::string_view more) {
      more.empty() ? self->OnReadError(self->transport_->read_error()) : self->Take(more);
    });
  }

  void OnHead() {
    RequestParser& parser = input_.parser();
    if (parser.is_done()) return Dispatch();
    WatchReading(shared_.options.read_timeout);
    const bool wants_continue =
        base::EqualsIgnoringCase(parser.headers().Get("Expect"), "100-continue") &&
        parser.is_version_11() && !input_.has_rest();
    wants_continue ? WriteContinue(kContinue) : Take({});
  }

  void WriteContinue(std::string_view rest) {
    if (rest.empty()) return Take({});
    transport_->Write({rest}, [self = Self(), rest](std::size_t size) {
      size == 0 ? self->OnReadError(asio::error::broken_pipe)
                : self->WriteContinue(rest.substr(size));
    });
  }

  void WatchReading(Nanos timeout) {
    read_watch_.Begin(timeout, [self = Self()] {
      // Where that comes too late for what is read, and there is no more, nothing else would end
      // it.
      self->CloseIn(kCancelTimeout);
      self->transport_->CancelRead();
    });
  }

  void OnReadError(const ErrorCode& error) {
    const auto failure = read_watch_.has_failed()
                             ? read_watch_.failure()
                             : DescribeReadFailure(error, input_.parser(), shared_.options);
    failure ? AnswerUnread(failure->status, failure->message) : CloseNow();
  }

  /// The connection cannot go on after a request that was not read to its end.
  void AnswerUnread(int status, const std::string& message) {
    has_unread_ = true;
    AnswerError(*TakeRequest(), status, message, {.is_last = true});
  }

  std::shared_ptr<HttpRequest> TakeRequest() {
    auto request = std::make_shared<HttpRequest>(input_.parser().TakeRequest());
    request->client_address = address_;
    return request;
  }

  // Handling.

  void Dispatch() {
    input_.hold().EndWait();
    std::shared_ptr<HttpRequest> request = TakeRequest();
    if (auto preflight = AnswerPreflight(shared_.options.cors, *request)) {
      return Write(MakeReply(shared_.options, *request, std::move(*preflight), PlaceOfReply()));
    }
    state_ = State::kAnswering;
    stop_ = std::stop_source();
    peer_.Begin();
    request->arrived_at = group_.clock.Time();
    request->cancelled = stop_.get_token();
    if (shared_.options.is_immediate && shared_.options.is_immediate(*request)) {
      base::Later<HttpResponse> answered = shared_.handler(*request);
      if (answered.now() == nullptr) {
        WatchPeer();
        return AnswerLater(Self(), std::move(request), std::move(answered));
      }
      HttpReply reply = MakeReplyTo(*request, std::move(answered).Wait());
      input_.hold().Release();
      return Write(std::move(reply));
    }
    const bool is_posted = shared_.workers->TryPost(
        [self = Self(), request]() mutable { Handle(std::move(self), std::move(request)); });
    if (!is_posted) {
      return AnswerError(*request, 503, "the server is busy: try again later", PlaceOfReply());
    }
    WatchPeer();
  }

  /// Runs on a worker.
  static void Handle(std::shared_ptr<HttpSession> self, std::shared_ptr<HttpRequest> request) {
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
  static void AnswerLater(std::shared_ptr<HttpSession> self, std::shared_ptr<HttpRequest> request,
                          base::Later<HttpResponse> answered) {
    asio::io_context& context = self->loop_.context;
    std::move(answered).Then([self = std::move(self), request = std::move(request),
                              &context](HttpResponse response) mutable {
      HttpReply reply = self->MakeReplyTo(*request, std::move(response));
      request.reset();
      asio::post(context, [self = std::move(self), reply = std::move(reply)]() mutable {
        self->input_.hold().Release();
        if (!self->is_closed()) self->Write(std::move(reply));
      });
    });
  }

  /// Most answers are there before the first look.
  void WatchPeer() override {
    timer_.Set(timer_.In(kWatchInterval),
               [self = Self()] { self->CheckPeer([&] { self->WatchPeer(); }); });
  }

  void CheckPeer(const std::function<void()>& and_then) override {
    if (peer_.IsWaiting(input_.parser().is_version_11() && !writer_.is_in_pieces())) {
      return and_then();
    }
    ++shared_.requests_abandoned;
    if (shared_.abandoned_counter != nullptr) shared_.abandoned_counter->Increment();
    CloseNow();
  }

  // Answering.

  ReplyPlace PlaceOfReply() const {
    const bool is_last =
        !input_.parser().keep_alive() || !shared_.options.keep_alives_enabled || group_.is_stopping;
    return {.is_last = is_last, .takes_chunks = input_.parser().is_version_11()};
  }

  HttpReply MakeReplyTo(const HttpRequest& request, HttpResponse response) {
    return MakeHandlersReply(shared_, request, std::move(response), PlaceOfReply(),
                             [this](std::uint64_t bytes) { return writer_.TryHold(bytes); });
  }

  void AnswerError(const HttpRequest& request, int status, const std::string& message,
                   ReplyPlace place) {
    Write(MakeErrorReply(shared_, request, status, message, place));
  }

  void Write(HttpReply reply) {
    state_ = State::kAnswering;
    writer_.Write(std::move(reply));
  }

  void OnReplyWritten(bool is_last) override {
    if (!is_last) return WaitForRequest();
    has_unread_ ? CloseAfterRest() : CloseNow();
  }

  void CloseAfterRest() {
    state_ = State::kLingering;
    CloseIn(group_.is_stopping ? kStoppingLingerTimeout : kLingerTimeout);
    input_.Rest();
    Linger(transport_, [self = Self()] { self->CloseNow(); });
  }

  HttpShared& shared_;
  const std::shared_ptr<Transport> transport_;
  SessionTimer timer_;
  State state_ = State::kIdle;
  HttpInput input_;
  HttpReadWatch read_watch_{group_, timer_, input_};
  bool has_unread_ = false;
  std::stop_source stop_{std::nostopstate};
  WaitingPeer peer_{*transport_};
  HttpReplyWriter writer_;
  const std::string address_;
};

}  // namespace

std::shared_ptr<Session> MakeHttpSession(HttpShared& shared, Loop& loop,
                                         CountedConnection connection,
                                         std::shared_ptr<Transport> transport) {
  return std::make_shared<HttpSession>(shared, loop, std::move(connection), std::move(transport));
}

}  // namespace clew::net
