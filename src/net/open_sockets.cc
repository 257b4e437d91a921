#include "net/open_sockets.h"

#include <sys/socket.h>

namespace clew::net {
namespace {

constexpr auto kLookInterval = std::chrono::milliseconds(100);

/// 0 when it is no socket.
std::uint64_t CookieOf(int descriptor) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  const bool is_known = getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0;
  return is_known ? cookie : 0;
}

}  // namespace

void OpenSockets::Add(int descriptor) { sockets_.push_back({descriptor, CookieOf(descriptor)}); }

std::size_t OpenSockets::Count() {
  const auto now = std::chrono::steady_clock::now();
  if (sockets_.size() < asked_from_ || now < next_look_) return sockets_.size();
  next_look_ = now + kLookInterval;
  std::erase_if(sockets_, [](const Socket& socket) {
    return socket.cookie == 0 || CookieOf(socket.descriptor) != socket.cookie;
  });
  return sockets_.size();
}

}  // namespace clew::net
