#include "net/http_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

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

bool AskPeer(int socket) {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const ssize_t sent =
      send(socket, kContinue.data(), kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(kContinue.size());
}

}  // namespace clew::net
