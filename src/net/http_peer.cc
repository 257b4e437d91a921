#include "net/http_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace clew::net {

PeerState StateOfPeer(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    const bool is_other = errno == EOPNOTSUPP || errno == ENOPROTOOPT;  // no TCP
    return is_other ? PeerState::kOpen : PeerState::kGone;
  }
  if (info.tcpi_state == TCP_ESTABLISHED) return PeerState::kOpen;
  return info.tcpi_state == TCP_CLOSE_WAIT ? PeerState::kHalfClosed : PeerState::kGone;
}

bool WaitingPeer::IsWaiting(bool takes_continue) {
  const PeerState state = StateOfPeer(transport_.descriptor());
  if (state != PeerState::kHalfClosed) return state == PeerState::kOpen;
  if (transport_.has_tls()) return false;
  if (is_asked_ || !takes_continue) return true;
  is_asked_ = true;
  const ssize_t sent = send(transport_.descriptor(), kContinue.data(), kContinue.size(),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(kContinue.size());
}

}  // namespace clew::net
