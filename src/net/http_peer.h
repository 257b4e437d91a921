#pragma once

#include <string_view>

#include "net/transport.h"

namespace clew::net {

/// What the client at the other end of a TCP connection has said.
enum class PeerState {
  kOpen,
  /// It sends nothing more. It may have left, or only be done with sending.
  kHalfClosed,
  kGone,
};

/// Asks the kernel, which knows this of TCP only; neither reads nor blocks. Data that was not read
/// yet does not hide the end.
PeerState StateOfPeer(int socket);

/// Tells a client that it may send the body of its request.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Whether a client still waits for an answer. One thread.
class WaitingPeer {
 public:
  /// `transport` outlives it.
  explicit WaitingPeer(Transport& transport) : transport_(transport) {}

  /// Another request is to be answered.
  void Begin() { is_asked_ = false; }
  /// False when it has left. One that sends nothing more may wait still, unless it speaks TLS,
  /// where nobody half-closes: if it `takes_continue`, it is sent one, once, which a client that
  /// waits reads over and to which the kernel of one that has left says so: it is heard at the next
  /// look.
  bool IsWaiting(bool takes_continue);

 private:
  Transport& transport_;
  bool is_asked_ = false;
};

}  // namespace clew::net
