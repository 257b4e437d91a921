#include "net/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstring>
#include <tuple>

#include "net/endpoint.h"

namespace clew::net {

namespace asio = boost::asio;

Socket MakeSocket(Loop& loop, base::FileDescriptor descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  const bool is_known =
      getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const int family = is_known ? address.ss_family : AF_INET;
  const int on = 1;
  // Fails for a path, which has no such thing.
  setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  Socket socket(loop.context);
  socket.assign(Socket::protocol_type(family, family == AF_UNIX ? 0 : IPPROTO_TCP),
                descriptor.get());
  socket.non_blocking(true);
  std::ignore = descriptor.Release();
  return socket;
}

std::string PeerAddress(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return AddressText(address, size);
}

std::string AddressText(const sockaddr_storage& address, socklen_t size) {
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
