#pragma once

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
  /// nothing more comes.
  virtual void Read(std::size_t size_max, std::function<void(std::string_view bytes)> on_read) = 0;
  /// Writes some of `bytes`, which stay until `on_written` is called with how many; 0: it failed.
  virtual void Write(std::string_view bytes, std::function<void(std::size_t count)> on_written) = 0;
  /// Tells the peer that nothing more comes.
  virtual void FinishWriting() = 0;
  virtual void Close() = 0;
};

/// `loop`, which is that of the stream, outlives the transport. TLS has had its handshake.
std::shared_ptr<Transport> MakeTransport(Loop& loop, Socket stream);
std::shared_ptr<Transport> MakeTransport(Loop& loop, TlsStream stream);

}  // namespace clew::net
