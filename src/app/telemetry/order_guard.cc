#include "app/telemetry/order_guard.h"

#include <arpa/inet.h>

#include <string>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/url.h"
#include "net/endpoint.h"

namespace clew::app::telemetry {
namespace {

bool IsAddress(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  return inet_pton(AF_INET, host.c_str(), &v4) == 1 || inet_pton(AF_INET6, host.c_str(), &v6) == 1;
}

bool IsLocalName(std::string_view host) {
  constexpr std::string_view kLocal = "localhost";
  return base::EqualsIgnoringCase(host, kLocal) ||
         (host.size() > kLocal.size() && host[host.size() - kLocal.size() - 1] == '.' &&
          base::EqualsIgnoringCase(host.substr(host.size() - kLocal.size()), kLocal));
}

bool IsLoopback(std::string_view host) {
  return IsLocalName(host) || host == "::1" || host.starts_with("127.");
}

/// The host of "host:port" or "host"; nothing when it is neither.
std::string HostOf(std::string_view authority) {
  auto parsed = net::ParseHostPort(authority);
  if (!parsed.has_value()) {
    parsed = net::ParseHostPort(fmt::format("{}:0", authority));
  }
  return parsed.has_value() ? parsed->host : std::string();
}

}  // namespace

Status CheckOrder(const net::HttpRequest& request, std::string_view listening_host) {
  const std::string_view origin = request.headers.Get("Origin");
  const std::string_view site = request.headers.Get("Sec-Fetch-Site");
  const std::string_view host = request.headers.Get("Host");
  const bool is_browser = !origin.empty() || !site.empty();
  const bool is_other_site = !site.empty() && site != "same-origin" && site != "none";
  if (is_other_site ||
      (!origin.empty() && !base::EqualsIgnoringCase(base::AfterScheme(origin), host))) {
    return MakeError(Code::kPermissionDenied,
                     "orders are not taken from web pages of other origins (Origin \"{}\"); use "
                     "clew or curl",
                     base::Excerpt(origin));
  }
  if (!is_browser && !IsLoopback(listening_host)) {
    return {};
  }
  const std::string name = HostOf(host);
  if (IsAddress(name) || IsLocalName(name) || base::EqualsIgnoringCase(name, listening_host)) {
    return {};
  }
  return MakeError(Code::kPermissionDenied,
                   "orders are not taken for the host \"{}\"; ask for localhost or an address",
                   base::Excerpt(host));
}

}  // namespace clew::app::telemetry
