#include "net/connect_hint.h"

#include <algorithm>
#include <array>

namespace clew::net {
namespace {

constexpr std::string_view kNotTrusted =
    "is its certificate out of date, or of an authority that is not trusted? SSL_CERT_FILE, of an "
    "exporter tls::ca_file, names the file of those that are";
constexpr std::string_view kWantsTls =
    "does the server want TLS there? Then write https://, and of an exporter over gRPC leave out "
    "tls::insecure";

enum class Client { kAny, kPlain, kTls };

struct Hint {
  std::string_view reason;  // a part of it
  Client client;
  std::string_view text;
};

constexpr std::array<Hint, 8> kHints = {{
    // gRPC does not say what is wrong with a certificate; curl does, also when it is out of date.
    {"certificate verify failed", Client::kTls, kNotTrusted},
    {"certificate problem: self", Client::kTls, kNotTrusted},
    {"unable to get local issuer", Client::kTls, kNotTrusted},
    {"wrong version number", Client::kTls,
     "the server speaks no TLS there: write http://, or set tls::insecure of an exporter over "
     "gRPC"},
    {"missing selected ALPN", Client::kTls,
     "the server speaks TLS there, but not gRPC: is it the port of OTLP/HTTP?"},
    {"http1.x server", Client::kAny,
     "the server speaks no gRPC there: is it the port of OTLP/HTTP, or one that wants TLS "
     "(https://)?"},
    // Of a connection that ended before the server said anything; later it is no failed attempt.
    {": Socket closed", Client::kPlain, kWantsTls},
    {"Empty reply from server", Client::kPlain, kWantsTls},
}};

}  // namespace

std::string ConnectHint(std::string_view reason, bool has_tls) {
  const auto found = std::ranges::find_if(kHints, [&](const Hint& hint) {
    return reason.contains(hint.reason) &&
           (hint.client == Client::kAny || (hint.client == Client::kTls) == has_tls);
  });
  return found == kHints.end() ? std::string() : "; " + std::string(found->text);
}

}  // namespace clew::net
