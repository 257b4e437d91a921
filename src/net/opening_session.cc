#include "net/opening_session.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <type_traits>
#include <utility>

#include "net/grpc_session.h"
#include "net/http_peer.h"
#include "net/http_session.h"
#include "net/stream.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// How every connection over HTTP/2 begins (RFC 9113, section 3.4), and no request of HTTP/1.1.
constexpr std::string_view kHttp2Begin = "PRI ";
/// When whoever has sent less of it is looked at again: after that, and then after twice as long.
constexpr Nanos kFirstPause = std::chrono::milliseconds(10);
constexpr Nanos kPauseMax = std::chrono::seconds(1);

template <typename Stream>
class OpeningSession final : public Session {
 public:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  template <typename... Args>
  OpeningSession(PortShared& shared, Loop& loop, CountedConnection connection, Args&&... stream)
      : Session(loop, std::move(connection)),
        shared_(shared),
        stream_(std::forward<Args>(stream)...),
        deadline_(loop.context),
        pause_(loop.context) {}

  void Start() override {
    if (!connection_.is_refused()) group_.idle.Add(*this, group_.clock.Time());
    if constexpr (kIsTls) {
      SetDeadline(shared_.handshake_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = Self()](const error_code& error) {
                                if (self->is_closed_) return;
                                error ? self->CloseNow() : self->BecomeByAlpn();
                              });
    } else {
      // Whoever is only told to go is told so in HTTP/1.1.
      if (!shared_.grpc || connection_.is_refused()) return BecomeHttp();
      SetDeadline(shared_.first_byte_timeout);
      Wait();
    }
  }

  void CloseIfIdle() override { CloseNow(); }
  void Cancel() override {}

  void CloseNow() override {
    if (!End()) return;
    error_code ignored;
    SocketOf(stream_).close(ignored);
  }

 private:
  std::shared_ptr<OpeningSession> Self() {
    return std::static_pointer_cast<OpeningSession>(shared_from_this());
  }

  /// False when it had ended before.
  bool End() {
    if (std::exchange(is_closed_, true)) return false;
    deadline_.cancel();
    pause_.cancel();
    loop_.sessions.erase(this);
    group_.idle.Remove(*this);
    return true;
  }

  void SetDeadline(Nanos timeout) {
    if (timeout <= Nanos(0)) return;
    deadline_.expires_after(timeout);
    deadline_.async_wait([self = Self()](const error_code& error) {
      if (error || self->is_closed_) return;
      if (self->shared_.is_mainly_grpc) {
        const std::string address = PeerAddress(SocketOf(self->stream_).native_handle());
        self->shared_.grpc->NoteClosed(GrpcMisuse::kSilent, address);
      }
      self->CloseNow();
    });
  }

  void Wait() {
    SocketOf(stream_).async_wait(Socket::wait_read, [self = Self()](const error_code& error) {
      if (self->is_closed_) return;
      error ? self->CloseNow() : self->Look();
    });
  }

  /// Whoever takes its place reads the bytes.
  void Look() {
    // Asked first: when it has left by now, all that it will ever say is seen.
    const bool is_here = StateOfPeer(SocketOf(stream_).native_handle()) == PeerState::kOpen;
    std::array<char, kHttp2Begin.size()> bytes{};
    const ssize_t size = recv(SocketOf(stream_).native_handle(), bytes.data(), bytes.size(),
                              MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Wait();
    if (size <= 0) return CloseNow();
    const std::string_view begin(bytes.data(), static_cast<std::size_t>(size));
    if (!kHttp2Begin.starts_with(begin)) return BecomeHttp();
    if (begin.size() == kHttp2Begin.size()) return BecomeGrpc();
    // It is told in HTTP that it has left too soon.
    if (!is_here) return BecomeHttp();
    // The rest is on its way; the socket can be read all the while.
    pause_.expires_after(next_pause_);
    next_pause_ = std::min(2 * next_pause_, kPauseMax);
    pause_.async_wait([self = Self()](const error_code& error) {
      if (!error && !self->is_closed_) self->Wait();
    });
  }

  void BecomeByAlpn() {
    if constexpr (kIsTls) {
      const unsigned char* name = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(stream_.native_handle(), &name, &size);
      const std::string_view selected(reinterpret_cast<const char*>(name), size);
      const bool is_grpc = selected.empty() ? shared_.is_mainly_grpc : selected == "h2";
      is_grpc ? BecomeGrpc() : BecomeHttp();
    }
  }

  void BecomeHttp() {
    Become([this](CountedConnection connection) {
      return MakeHttpSession(shared_.http, loop_, std::move(connection),
                             MakeTransport(loop_, std::move(stream_)));
    });
  }

  void BecomeGrpc() {
    // gRPC has no way to tell why.
    if (connection_.is_refused()) return CloseNow();
    Become([this](CountedConnection connection) {
      return MakeGrpcSession(*shared_.grpc, loop_, std::move(connection),
                             MakeTransport(loop_, std::move(stream_)));
    });
  }

  template <typename Make>
  void Become(const Make& make) {
    if (group_.is_stopping) return CloseNow();
    End();
    const std::shared_ptr<Session> session = make(std::move(connection_));
    loop_.sessions.insert(session.get());
    session->Start();
  }

  PortShared& shared_;
  Stream stream_;
  asio::steady_timer deadline_;
  asio::steady_timer pause_;
  Nanos next_pause_ = kFirstPause;
  bool is_closed_ = false;
};

}  // namespace

std::shared_ptr<Session> MakeOpeningSession(PortShared& shared, Loop& loop,
                                            CountedConnection connection,
                                            base::FileDescriptor descriptor) {
  Socket socket = MakeSocket(loop, std::move(descriptor));
  if (!shared.tls) {
    return std::make_shared<OpeningSession<Socket>>(shared, loop, std::move(connection),
                                                    std::move(socket));
  }
  return std::make_shared<OpeningSession<TlsStream>>(shared, loop, std::move(connection),
                                                     std::move(socket), *shared.tls);
}

}  // namespace clew::net
