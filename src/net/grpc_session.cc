#include "net/grpc_session.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "net/grpc_connection.h"
#include "net/transport.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;

/// What gRPC's libraries have where nothing is configured.
constexpr auto kKeepaliveTime = std::chrono::hours(2);
constexpr auto kKeepaliveTimeout = std::chrono::seconds(20);
/// How long a client may take for the next bytes of what it is sent, and how long when memory is
/// short.
constexpr auto kWriteTimeout = std::chrono::minutes(1);
constexpr auto kShortWriteTimeout = std::chrono::seconds(1);
/// Whoever takes what it is sent does so within that time.
constexpr auto kSwiftly = std::chrono::milliseconds(100);
/// How long a connection that has ended waits for its client to see that.
constexpr auto kLingerTimeout = std::chrono::seconds(1);
/// What is ready to be sent and larger than this counts as memory of requests.
constexpr std::size_t kFreeOutputBytes = 4u << 10;
/// Read at once of whoever needs more turns than one for it; twice as much, up to the most, of
/// whoever does not. As little of what is left of a read is kept without memory for it.
constexpr std::size_t kReadBytesMin = 4u << 10;
/// At the begin: most headers come whole.
constexpr std::size_t kFirstReadBytes = 16u << 10;

class GrpcSession final : public Session {
 public:
  GrpcSession(GrpcShared& shared, Loop& loop, CountedConnection connection,
              std::shared_ptr<Transport> transport, std::string address)
      : Session(loop, std::move(connection)),
        shared_(shared),
        transport_(std::move(transport)),
        address_(std::move(address)),
        timer_(loop.context),
        out_hold_(shared.options.request_memory),
        unread_hold_(shared.options.request_memory),
        protocol_(shared, address_,
                  {.job = [this](std::shared_ptr<GrpcJob> job) { return Post(std::move(job)); },
                   .next_message =
                       [this](std::int32_t stream, std::shared_ptr<NextMessage> next) {
                         return PostNext(stream, std::move(next));
                       }}) {}

  void Start() override {
    const Deadline now = group_.clock.Time();
    handshake_deadline_ = now + shared_.options.handshake_timeout;
    last_read_ = idle_since_ = now;
    if (shared_.options.connection_age_max > Nanos(0)) {
      // Not all that came together go together.
      std::minstd_rand random(std::random_device{}());
      const double factor = std::uniform_real_distribution<double>(0.9, 1.1)(random);
      age_deadline_ =
          now + std::chrono::duration_cast<Nanos>(factor * shared_.options.connection_age_max);
    }
    group_.idle.Add(*this, group_.clock.Time());
    Arm();
    Pump();
  }

  void CloseIfIdle() override {
    if (!protocol_.is_begun()) return CloseNow();
    if (group_.is_stopping) {
      protocol_.Shutdown();
    } else {
      if (protocol_.call_count() > 0) return;
      protocol_.ShutdownNow();  // somebody else waits for its place
    }
    Pump();
  }

  void Cancel() override { protocol_.Cancel(); }

  void CloseNow() override {
    if (std::exchange(is_closed_, true)) return;
    timer_.cancel();
    transport_->Close();
    protocol_.Cancel();
    loop_.sessions.erase(this);
    group_.idle.Remove(*this);
    out_hold_.Release();
    unread_hold_.Release();
  }

 private:
  std::shared_ptr<GrpcSession> Self() {
    return std::static_pointer_cast<GrpcSession>(shared_from_this());
  }

  /// Sends what is ready, reads on when that is gone, and ends what is over.
  void Pump() {
    if (is_closed_) return;
    if (!is_writing_) {
      protocol_.AppendOutput(out_);
      if (!out_.empty()) Write();
    }
    if (is_closed_) return;
    if (is_writing_ && group_.clock.Time() - out_since_ >= kSwiftly) {
      protocol_.NoteWaiting();
      if (!HoldOutput() || !HoldUnread()) return CloseFor(GrpcMisuse::kUnread);
    }
    // It hears why, if it takes that at once.
    if (const auto misuse = protocol_.misuse()) return CloseFor(*misuse);
    if (!is_writing_ && protocol_.is_done()) return Finish();
    NoteIdle();
    Arm();
    // Whoever does not take what it is sent is not read from: it would be sent more.
    if (is_writing_ || is_reading_) return;
    protocol_.is_paused() ? ReadOn() : Read();
  }

  void Read() {
    is_reading_ = true;
    transport_->Read(read_bytes_, [self = Self()](std::string_view bytes) {
      self->is_reading_ = false;
      const bool is_full = bytes.size() == self->read_bytes_;
      if (is_full) self->read_bytes_ = std::min(2 * bytes.size(), Transport::kReadBytesMax);
      if (bytes.empty()) return self->CloseNow();  // the client has left
      self->last_read_ = self->group_.clock.Time();
      self->ping_deadline_ = Deadline::max();
      if (self->is_finished_) return self->Read();
      self->Take(bytes);
      self->Pump();
    });
  }

  /// Takes what has come, and keeps what is left for the next turn.
  void Take(std::string_view bytes) {
    std::size_t taken = protocol_.Receive(bytes, received_out());
    if (protocol_.is_paused()) read_bytes_ = kReadBytesMin;
    // Without memory to keep more, others have to wait.
    while (protocol_.is_paused() && !KeepUnread(bytes.substr(taken))) {
      taken += protocol_.Receive(bytes.substr(taken), received_out());
    }
  }

  bool KeepUnread(std::string_view bytes) {
    if (bytes.size() > kReadBytesMin && !unread_hold_.Grow(bytes.size())) return false;
    unread_ = bytes;
    return true;
  }

  /// Takes what is left of the last read, after those who have something to do now.
  void ReadOn() {
    is_reading_ = true;
    loop_.Defer([self = Self()] {
      if (self->is_closed_) return;
      self->is_reading_ = false;
      const std::string bytes = std::exchange(self->unread_, {});
      self->unread_hold_.Release();
      if (self->is_finished_) return self->Read();
      self->Take(bytes);
      self->Pump();
    });
  }

  /// What is being written must stay where it is.
  std::string& received_out() { return is_writing_ ? next_out_ : out_; }

  void Write() {
    is_writing_ = true;
    last_write_ = group_.clock.Time();
    if (written_ == 0) out_since_ = last_write_;
    transport_->Write({std::string_view(out_).substr(written_)},
                      [self = Self()](std::size_t count) {
                        if (count == 0) return self->CloseNow();
                        self->written_ += count;
                        if (self->written_ < self->out_.size()) {
                          self->Write();
                          return self->Pump();
                        }
                        self->is_writing_ = false;
                        self->out_hold_.Release();
                        self->written_ = 0;
                        if (self->out_.capacity() > kFreeOutputBytes)
                          std::string().swap(self->out_);
                        self->out_ = std::exchange(self->next_out_, {});
                        self->Pump();
                      });
  }
  /// Of a client that does not take it at once. False when there is no memory for it.
  bool HoldOutput() {
    const std::size_t bytes = out_.size() + next_out_.size();
    const std::uint64_t wanted = bytes > kFreeOutputBytes ? bytes : 0;
    if (!out_hold_.Wait()) return false;
    if (wanted > out_hold_.bytes()) return out_hold_.Grow(wanted - out_hold_.bytes());
    out_hold_.ShrinkTo(wanted);
    return true;
  }

  /// Likewise what is left of a read meanwhile.
  bool HoldUnread() { return unread_hold_.bytes() == 0 || unread_hold_.Wait(); }

  bool Post(std::shared_ptr<GrpcJob> job) {
    return shared_.workers->TryPost([self = Self(), job = std::move(job)]() mutable {
      asio::io_context& context = self->loop_.context;
      // The loop's thread lets go of the session.
      if (job->request.cancelled.stop_requested()) {
        return asio::post(context, [self = std::move(self)] {});
      }
      auto answered = RunGrpcJob(self->shared_, *job);
      std::move(answered).Then([self = std::move(self), job = std::move(job),
                                &context](Result<GrpcAnswer> answer) mutable {
        asio::post(context, [self = std::move(self), job = std::move(job),
                             answer = std::move(answer)]() mutable {
          if (self->is_closed_) return;
          self->protocol_.Answer(*job, std::move(answer));
          self->Pump();
        });
      });
    });
  }

  bool PostNext(std::int32_t stream, std::shared_ptr<NextMessage> next) {
    return shared_.workers->TryPost([self = Self(), stream, next = std::move(next)]() mutable {
      asio::io_context& context = self->loop_.context;
      Result<std::optional<std::string>> message = (*next)();
      next.reset();
      asio::post(context, [self = std::move(self), stream, message = std::move(message)]() mutable {
        if (self->is_closed_) return;
        self->protocol_.AnswerNext(stream, std::move(message));
        self->Pump();
      });
    });
  }

  void NoteIdle() {
    const bool is_idle = protocol_.call_count() == 0;
    if (is_idle == is_idle_) return;
    is_idle_ = is_idle;
    if (!is_idle) return group_.idle.Remove(*this);
    idle_since_ = group_.clock.Time();
    group_.idle.Add(*this, group_.clock.Time());
  }

  /// All was said and sent: the client sees the end, and then leaves.
  void Finish() {
    if (std::exchange(is_finished_, true)) return;
    const Deadline now = group_.clock.Time();
    // Who has had its last answer long ago misses nothing.
    if (protocol_.call_count() == 0 && now - idle_since_ >= kLingerTimeout) return CloseNow();
    group_.idle.Remove(*this);
    transport_->FinishWriting();
    handshake_deadline_ = now + kLingerTimeout;
    Arm();
    if (!is_reading_) Read();
  }

  void CloseFor(GrpcMisuse misuse) {
    shared_.NoteClosed(misuse, address_);
    CloseNow();
  }

  /// When the connection is to be looked at next.
  Deadline NextLook() const {
    if (!protocol_.is_begun() || is_finished_) return handshake_deadline_;
    Deadline next = std::min(protocol_.next_look(), age_deadline_);
    next = std::min(next, ping_deadline_ == Deadline::max() ? PingTime() : ping_deadline_);
    if (is_writing_) next = std::min<Deadline>(next, last_look_ + kShortWriteTimeout);
    if (is_idle_) next = std::min(next, IdleDeadline());
    return next;
  }

  Deadline PingTime() const {
    const Nanos time = shared_.options.keepalive_time;
    return last_read_ + (time > Nanos(0) ? time : Nanos(kKeepaliveTime));
  }

  Deadline IdleDeadline() const {
    const Nanos idle_max = shared_.options.connection_idle_max;
    const bool counts = idle_max > Nanos(0) && !protocol_.is_shut_down();
    return counts ? idle_since_ + idle_max : Deadline::max();
  }

  void Arm() {
    const Deadline next = NextLook();
    if (is_closed_ || next >= armed_for_) return;
    armed_for_ = next;
    timer_.expires_after(group_.clock.Until(next));
    timer_.async_wait([self = Self()](const boost::system::error_code& error) {
      if (error || self->is_closed_) return;
      self->armed_for_ = Deadline::max();
      self->Look(self->group_.clock.Time());
    });
  }

  void Look(Deadline now) {
    last_look_ = now;
    if (is_finished_) return now >= handshake_deadline_ ? CloseNow() : Arm();
    if (!protocol_.is_begun()) {
      return now >= handshake_deadline_ ? CloseFor(GrpcMisuse::kSilent) : Arm();
    }
    if (is_writing_) {
      const Nanos waited = now - last_write_;
      const bool is_short =
          waited >= kShortWriteTimeout && (out_hold_.IsTooSlow(0, kShortWriteTimeout) ||
                                           unread_hold_.IsTooSlow(0, kShortWriteTimeout));
      if (waited >= kWriteTimeout || is_short) return CloseFor(GrpcMisuse::kUnread);
    }
    if (now >= ping_deadline_) return CloseFor(GrpcMisuse::kSilent);
    if (ping_deadline_ == Deadline::max() && now >= PingTime()) {
      const Nanos timeout = shared_.options.keepalive_timeout;
      ping_deadline_ = now + (timeout > Nanos(0) ? timeout : Nanos(kKeepaliveTimeout));
      protocol_.Ping();
    }
    if (now >= age_deadline_) return EndAge(now);
    if (is_idle_ && now >= IdleDeadline()) protocol_.Shutdown();
    if (now >= protocol_.next_look()) protocol_.Look(now);
    Pump();
  }

  void EndAge(Deadline now) {
    if (std::exchange(is_old_, true)) return CloseNow();
    const Nanos grace = shared_.options.connection_age_grace;
    age_deadline_ = grace > Nanos(0) ? now + grace : Deadline::max();
    protocol_.Shutdown();
    Pump();
  }

  GrpcShared& shared_;
  const std::shared_ptr<Transport> transport_;
  const std::string address_;
  asio::steady_timer timer_;
  Deadline armed_for_ = Deadline::max();
  std::string out_;       // of which `written_` bytes are written
  std::string next_out_;  // what has become ready meanwhile
  std::size_t written_ = 0;
  RequestHold out_hold_;
  std::size_t read_bytes_ = kFirstReadBytes;
  std::string unread_;  // what is left of the last read, while the connection is paused
  RequestHold unread_hold_;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_idle_ = true;
  bool is_old_ = false;
  bool is_finished_ = false;
  bool is_closed_ = false;
  Deadline handshake_deadline_;  // also of lingering
  Deadline last_read_;
  Deadline last_write_;
  Deadline out_since_;  // the writing of `out_` began
  Deadline last_look_;
  Deadline idle_since_;
  Deadline age_deadline_ = Deadline::max();
  Deadline ping_deadline_ = Deadline::max();
  GrpcConnection protocol_;
};

}  // namespace

std::shared_ptr<Session> MakeGrpcSession(GrpcShared& shared, Loop& loop,
                                         CountedConnection connection,
                                         std::shared_ptr<Transport> transport) {
  std::string address = PeerAddress(transport->descriptor());
  return std::make_shared<GrpcSession>(shared, loop, std::move(connection), std::move(transport),
                                       std::move(address));
}

}  // namespace clew::net
