#include "net/transport.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace clew::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// A record of TLS.
constexpr std::size_t kTlsReadBytes = 16u << 10;

template <typename Stream>
class StreamTransport final : public Transport,
                              public std::enable_shared_from_this<StreamTransport<Stream>> {
 public:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  StreamTransport(Loop& loop, Stream stream) : loop_(loop), stream_(std::move(stream)) {}

  void Read(std::size_t size_max, std::function<void(std::string_view)> on_read) override {
    if constexpr (kIsTls) {
      auto on_some = [self = this->shared_from_this(), on_read = std::move(on_read)](
                         const error_code& error, std::size_t size) {
        self->read_error_ = error;
        if (!self->is_closed_) on_read({self->buffer_.data(), error ? 0 : size});
      };
      const std::size_t size = std::min(size_max, kTlsReadBytes);
      // Who waits for a little, as between two requests, keeps a little.
      if (buffer_.size() < size || buffer_.size() > 4 * size) buffer_ = std::vector<char>(size);
      stream_.async_read_some(asio::buffer(buffer_, size), std::move(on_some));
    } else {
      auto on_ready = [self = this->shared_from_this(), size_max,
                       on_read = std::move(on_read)](const error_code& error) {
        if (!self->is_closed_) self->ReadNow(error, size_max, on_read);
      };
      stream_.async_wait(Socket::wait_read, std::move(on_ready));
    }
  }

  error_code read_error() const override { return read_error_; }

  void CancelRead() override {
    error_code ignored;
    SocketOf(stream_).cancel(ignored);
  }

  void Write(const Parts& parts, std::function<void(std::size_t)> on_written) override {
    auto on_some = [self = this->shared_from_this(), on_written = std::move(on_written)](
                       const error_code& error, std::size_t size) {
      if (!self->is_closed_) on_written(error ? 0 : size);
    };
    const std::array<asio::const_buffer, std::tuple_size_v<Parts>> buffers{
        asio::buffer(parts[0]), asio::buffer(parts[1]), asio::buffer(parts[2])};
    stream_.async_write_some(buffers, std::move(on_some));
  }

  void FinishWriting() override {
    error_code ignored;
    SocketOf(stream_).shutdown(Socket::shutdown_send, ignored);
  }

  void Close() override {
    is_closed_ = true;
    error_code ignored;
    SocketOf(stream_).close(ignored);
  }

  void Break() override {
    error_code ignored;
    SocketOf(stream_).set_option(asio::socket_base::linger(true, 0), ignored);
    Close();
  }

  bool has_tls() const override { return kIsTls; }
  int descriptor() override { return SocketOf(stream_).native_handle(); }

 private:
  /// Into the loop's buffer, so that connections that wait keep none.
  void ReadNow(error_code error, std::size_t size_max,
               const std::function<void(std::string_view)>& on_read) {
    std::size_t size = 0;
    if (!error)
      size = SocketOf(stream_).read_some(asio::buffer(loop_.read_buffer, size_max), error);
    if (error == asio::error::would_block) return Read(size_max, on_read);
    read_error_ = error;
    on_read({loop_.read_buffer.data(), error ? 0 : size});
  }

  Loop& loop_;
  Stream stream_;
  std::vector<char> buffer_;  // of TLS
  error_code read_error_;
  bool is_closed_ = false;
};

}  // namespace

std::shared_ptr<Transport> MakeTransport(Loop& loop, Socket stream) {
  return std::make_shared<StreamTransport<Socket>>(loop, std::move(stream));
}

std::shared_ptr<Transport> MakeTransport(Loop& loop, TlsStream stream) {
  return std::make_shared<StreamTransport<TlsStream>>(loop, std::move(stream));
}

}  // namespace clew::net
