#pragma once

#include <array>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "net/session.h"
#include "net/stream.h"

namespace clew::net {

/// The byte stream of one connection, with or without TLS. One thread, that of its loop, on which
/// what is handed in is called, too; at most one read and one write are under way. After Close
/// nothing is called any more, but what was handed in may live until the loop is done with it.
class Transport {
 public:
  virtual ~Transport() = default;

  /// The most that one Read gives, without TLS; with it a record of TLS, of 16 KiB.
  static constexpr std::size_t kReadBytesMax = sizeof(Loop::read_buffer);

  /// Gives the bytes that come next, at most `size_max`, which are valid during the call; none:
  /// nothing more comes, see read_error().
  virtual void Read(std::size_t size_max, std::function<void(std::string_view bytes)> on_read) = 0;
  /// Why the last Read gave nothing: eof when the peer has said that it sends no more.
  virtual boost::system::error_code read_error() const = 0;
  /// Has the Read that is under way give nothing, unless some has come already. A Write that is
  /// under way fails.
  virtual void CancelRead() = 0;
  /// What is written one after the other; not all of it is empty.
  using Parts = std::array<std::string_view, 3>;
  /// Writes some of `parts`, which stay until `on_written` is called with how many bytes; 0: it
  /// failed.
  virtual void Write(const Parts& parts, std::function<void(std::size_t count)> on_written) = 0;
  /// Tells the peer that nothing more comes; within TLS it cannot tell by whom.
  virtual void FinishWriting() = 0;
  virtual void Close() = 0;
  /// Closes in a way that no peer takes for the end of what it reads.
  virtual void Break() = 0;

  virtual bool has_tls() const = 0;
  /// Of the socket, for what the system knows of it.
  virtual int descriptor() = 0;
};

/// `loop`, which is that of the stream, outlives the transport. TLS has had its handshake.
std::shared_ptr<Transport> MakeTransport(Loop& loop, Socket stream);
std::shared_ptr<Transport> MakeTransport(Loop& loop, TlsStream stream);

}  // namespace clew::net
