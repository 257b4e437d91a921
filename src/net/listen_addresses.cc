#include "net/listen_addresses.h"

#include <boost/asio/ip/tcp.hpp>
#include <set>
#include <string>

namespace clew::net {

namespace ip = boost::asio::ip;
using boost::system::error_code;

Result<std::uint16_t> ListenOnAddresses(boost::asio::io_context& context, std::string_view network,
                                        const std::string& endpoint, AddressFamily family,
                                        const ListenOnAddress& listen) {
  ASSIGN_OR_RETURN(const HostPort named, ParseHostPort(endpoint));
  ASSIGN_OR_RETURN(HostPort where, RestrictTo(family, named, network));
  const bool is_wildcard = where.host.empty() || where.host == "0.0.0.0" || where.host == "::";
  if (is_wildcard && family == AddressFamily::kAny) where.host.clear();

  error_code error;
  ip::tcp::resolver resolver(context);
  const std::string host = where.host.empty() ? "::" : where.host;
  const auto found =
      resolver.resolve(host, std::to_string(where.port), ip::tcp::resolver::passive, error);
  std::set<ip::address> addresses;  // a name may have one twice
  for (const auto& entry : found) addresses.insert(entry.endpoint().address());

  std::uint16_t port = where.port;
  bool is_listening = false;
  for (const ip::address& address : addresses) {
    error = listen(address, port);
    is_listening |= !error;
    // Of a name such as localhost all addresses are served, but for those that this machine
    // lacks, as ::1 without IPv6. Another program on one of them would get what is sent to us.
    if (error == boost::asio::error::address_in_use) break;
  }
  const bool is_taken = error == boost::asio::error::address_in_use;
  if (!is_listening && !is_taken && where.host.empty()) {
    error = listen(ip::address_v4::any(), port);  // a machine without IPv6
    is_listening = !error;
  }
  if (is_listening && !is_taken) return port;
  const bool is_resolved = where.host.empty() || !addresses.empty();
  return base::Unavailable("{}",
                           DescribeBindFailure(network, where, is_resolved ? error.value() : 0));
}

}  // namespace clew::net
