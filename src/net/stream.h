#pragma once

#include <sys/socket.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>

#include "base/file.h"
#include "net/session.h"

namespace clew::net {

// The bytes of a connection, without and with TLS.

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;
using TlsStream = boost::asio::ssl::stream<Socket>;

/// Of a connected stream socket, over TCP or of a path, which does not block from then on. `loop`
/// outlives it.
Socket MakeSocket(Loop& loop, base::FileDescriptor descriptor);

/// The socket below.
inline Socket& SocketOf(Socket& stream) { return stream; }
inline Socket& SocketOf(TlsStream& stream) { return stream.next_layer(); }

/// "1.2.3.4:5" (also of IPv4 in IPv6), "[::1]:5", or "unix:" of whoever is connected to a socket.
std::string PeerAddress(int descriptor);
/// The same of an address that the system gave, over `size` bytes.
std::string AddressText(const sockaddr_storage& address, socklen_t size);

}  // namespace clew::net
