#include "net/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "net/endpoint.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Socket = asio::basic_stream_socket<Protocol, asio::io_context::executor_type>;
using TlsStream = asio::ssl::stream<Socket>;

/// A record of TLS. Every connection with it keeps so much.
constexpr std::size_t kTlsReadBytes = 16u << 10;

template <typename Stream>
class StreamTransport final : public Transport,
                              public std::enable_shared_from_this<StreamTransport<Stream>> {
 public:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  template <typename... Args>
  explicit StreamTransport(Loop& loop, Args&&... args)
      : loop_(loop), stream_(std::forward<Args>(args)...) {}

  void Handshake(std::function<void(bool)> on_done) override {
    if constexpr (kIsTls) {
      stream_.async_handshake(
          asio::ssl::stream_base::server,
          [self = this->shared_from_this(), on_done = std::move(on_done)](const error_code& error) {
            if (!self->is_closed_) on_done(!error);
          });
    } else {
      on_done(true);
    }
  }

  void Read(std::function<void(std::string_view)> on_read) override {
    if constexpr (kIsTls) {
      auto on_some = [self = this->shared_from_this(), on_read = std::move(on_read)](
                         const error_code& error, std::size_t size) {
        if (!self->is_closed_) on_read({self->buffer_.data(), error ? 0 : size});
      };
      stream_.async_read_some(asio::buffer(buffer_), std::move(on_some));
    } else {
      auto on_ready = [self = this->shared_from_this(),
                       on_read = std::move(on_read)](const error_code& error) {
        if (!self->is_closed_) self->ReadNow(error, on_read);
      };
      stream_.async_wait(Socket::wait_read, std::move(on_ready));
    }
  }

  void Write(std::string_view bytes, std::function<void(std::size_t)> on_written) override {
    auto on_some = [self = this->shared_from_this(), on_written = std::move(on_written)](
                       const error_code& error, std::size_t size) {
      if (!self->is_closed_) on_written(error ? 0 : size);
    };
    stream_.async_write_some(asio::buffer(bytes), std::move(on_some));
  }

  void FinishWriting() override {
    error_code ignored;
    socket().shutdown(Socket::shutdown_send, ignored);
  }

  void Close() override {
    is_closed_ = true;
    error_code ignored;
    socket().close(ignored);
  }

 private:
  /// Into the loop's buffer, so that connections that wait keep none.
  void ReadNow(error_code error, const std::function<void(std::string_view)>& on_read) {
    std::size_t size = 0;
    if (!error) size = socket().read_some(asio::buffer(loop_.read_buffer), error);
    if (error == asio::error::would_block) return Read(on_read);
    on_read({loop_.read_buffer.data(), error ? 0 : size});
  }

  Socket& socket() {
    if constexpr (kIsTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  Loop& loop_;
  Stream stream_;
  std::array<char, kIsTls ? kTlsReadBytes : 0> buffer_;
  bool is_closed_ = false;
};

}  // namespace

std::shared_ptr<Transport> MakeTransport(Loop& loop, base::FileDescriptor descriptor,
                                         asio::ssl::context* tls) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  const bool is_known =
      getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const int family = is_known ? address.ss_family : AF_INET;
  const int on = 1;
  // Fails for a path, which has no such thing.
  setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  Socket socket(loop.context);
  socket.assign(Protocol(family, family == AF_UNIX ? 0 : IPPROTO_TCP), descriptor.get());
  socket.non_blocking(true);
  std::ignore = descriptor.Release();
  if (tls == nullptr) return std::make_shared<StreamTransport<Socket>>(loop, std::move(socket));
  return std::make_shared<StreamTransport<TlsStream>>(loop, std::move(socket), *tls);
}

std::string PeerAddress(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_UNIX) return "unix:";
  asio::ip::tcp::endpoint peer;
  if (size > peer.capacity()) return {};
  std::memcpy(peer.data(), &address, size);
  peer.resize(size);
  asio::ip::address host = peer.address();
  if (host.is_v6() && host.to_v6().is_v4_mapped()) {
    host = asio::ip::make_address_v4(asio::ip::v4_mapped, host.to_v6());
  }
  return HostPort{host.to_string(), peer.port()}.ToString();
}

}  // namespace clew::net
