#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "net/endpoint.h"

namespace clew::net {

/// Listens on one address. `port` is 0 when any will do, and then set to the one that was taken.
using ListenOnAddress = std::function<boost::system::error_code(
    const boost::asio::ip::address& address, std::uint16_t& port)>;

/// Has `listen` called for all addresses of `endpoint` ("host:port"; no host or a wildcard means
/// all) that are of `family`, all with one port, which is given. UNAVAILABLE when none of them can
/// be listened on, or one is taken, in the words of DescribeBindFailure; INVALID_ARGUMENT for what
/// is no endpoint. `network`: "tcp" or "udp".
Result<std::uint16_t> ListenOnAddresses(boost::asio::io_context& context, std::string_view network,
                                        const std::string& endpoint, AddressFamily family,
                                        const ListenOnAddress& listen);

}  // namespace clew::net
