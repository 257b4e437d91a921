#pragma once

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

/// Sends "100 Continue", which a client that waits for its answer reads over, and to which the
/// kernel of one that has left says so: the next StateOfPeer knows. False when it cannot be sent.
bool AskPeer(int socket);

}  // namespace clew::net
