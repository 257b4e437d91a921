#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "net/session.h"

namespace clew::net {

/// The byte stream of one connection, with or without TLS. One thread, that of its loop, on which
/// what is handed in is called, too; at most one read and one write are under way. After Close
/// nothing is called any more, but what was handed in may live until the loop is done with it.
class Transport {
 public:
  virtual ~Transport() = default;

  /// TLS's; at once without. `on_done`: whether it can go on.
  virtual void Handshake(std::function<void(bool is_ok)> on_done) = 0;
  /// Gives the bytes that come next, which are valid during the call; none: nothing more comes.
  virtual void Read(std::function<void(std::string_view bytes)> on_read) = 0;
  /// Writes some of `bytes`, which stay until `on_written` is called with how many; 0: it failed.
  virtual void Write(std::string_view bytes, std::function<void(std::size_t count)> on_written) = 0;
  /// Tells the peer that nothing more comes.
  virtual void FinishWriting() = 0;
  virtual void Close() = 0;
};

/// Of a connected stream socket that does not block. `tls`: null for none; outlives the transport,
/// as `loop` does.
std::shared_ptr<Transport> MakeTransport(Loop& loop, base::FileDescriptor descriptor,
                                         boost::asio::ssl::context* tls);

/// "1.2.3.4:5" (also of IPv4 in IPv6), "[::1]:5", or "unix:" of whoever is connected to a socket.
std::string PeerAddress(int descriptor);

}  // namespace clew::net
