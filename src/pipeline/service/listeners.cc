#include "pipeline/service/listeners.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

#include "net/endpoint.h"
#include "pipeline/config/binder.h"

namespace clew::pipeline {
namespace {

/// Finds the endpoints of a section, and of the sections in it that are on.
class EndpointFinder final : public Binder {
 public:
  struct Found {
    std::string protocol;  // the section that it stands in
    std::string endpoint;
    std::string transport;
    bool needs_options = false;
  };

  std::vector<Found> Find(Section& section) {
    Enter("", section);
    for (Found& found : found_) found.needs_options |= has_tenants_;
    return std::move(found_);
  }

  void Field(std::string_view name, std::string* value, std::string_view) override {
    if (name == "endpoint") open_.back().endpoint = *value;
  }
  void Choice(std::string_view name, std::string* value, const std::vector<std::string>&,
              std::string_view) override {
    if (name == "transport") open_.back().transport = *value;
  }
  void Nested(std::string_view name, Section* section, std::string_view) override {
    Enter(name, *section);
  }
  void Optional(std::string_view name, bool* is_enabled, Section* section,
                std::string_view) override {
    if (!*is_enabled) return;
    if (name == "tls") open_.back().needs_options = true;
    Enter(name, *section);
  }
  void Field(std::string_view name, bool* value, std::string_view) override {
    if (name == "enabled" && open_.back().protocol == "tenancy" && *value) has_tenants_ = true;
  }
  void Field(std::string_view, std::int64_t*, std::string_view) override {}
  void Field(std::string_view, std::uint64_t*, std::string_view) override {}
  void Field(std::string_view, double*, std::string_view) override {}
  void Field(std::string_view, Secret*, std::string_view) override {}
  void Field(std::string_view, Nanos*, std::string_view) override {}
  void Field(std::string_view, std::vector<std::string>*, std::string_view) override {}
  void Field(std::string_view, std::map<std::string, Secret>*, std::string_view) override {}
  void Word(std::string_view, std::string*, std::string_view) override {}

 private:
  void Enter(std::string_view name, Section& section) {
    open_.push_back({.protocol = std::string(name), .endpoint = {}, .transport = {}});
    section.Describe(*this);
    if (!open_.back().endpoint.empty()) found_.push_back(std::move(open_.back()));
    open_.pop_back();
  }

  std::vector<Found> open_;
  std::vector<Found> found_;
  bool has_tenants_ = false;
};

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Whether it is a receiver or an extension, and runs.
bool Listens(const Config& config, const ComponentConfig& component) {
  if (component.kind == ComponentKind::kExtension) {
    return Contains(config.extensions, component.id);
  }
  return component.kind == ComponentKind::kReceiver &&
         std::any_of(config.pipelines.begin(), config.pipelines.end(), [&](const auto& pipeline) {
           return Contains(pipeline.receivers, component.id);
         });
}

void AddOf(const ComponentConfig& component, std::vector<ListeningAddress>& addresses) {
  for (EndpointFinder::Found& found : EndpointFinder().Find(*component.section)) {
    addresses.push_back({.what = fmt::format("{} {}{}{}", KindName(component.kind), component.id,
                                             found.protocol.empty() ? "" : " ", found.protocol),
                         .type = component.id.substr(0, component.id.find('/')),
                         .protocol = std::move(found.protocol),
                         .where = std::move(found.endpoint),
                         .transport = std::move(found.transport),
                         .takes_spans = component.kind == ComponentKind::kReceiver,
                         .needs_options = found.needs_options,
                         .place = component.place});
  }
}

/// An address that one socket listens on: of IPv4 and IPv6 apart, since they do not meet.
struct Socket {
  int family;
  std::string host;  // empty for all of the family; a path where the family is AF_UNIX
};

/// `host` as an address of `family`, in the one way to write it.
std::optional<std::string> Canonical(const std::string& host, int family) {
  in6_addr address{};  // the larger of the two
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(family, host.c_str(), &address) != 1) return std::nullopt;
  return inet_ntop(family, &address, text.data(), text.size());
}

std::vector<Socket> SocketsOf(const net::HostPort& address, net::AddressFamily allowed) {
  std::string host = address.host;
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto v4 = Canonical(host, AF_INET);
  const auto v6 = Canonical(host, AF_INET6);
  const bool is_wildcard = host.empty() || v4 == "0.0.0.0" || v6 == "::";
  std::vector<Socket> sockets;
  if (allowed != net::AddressFamily::kIpv6 && (is_wildcard || !v6)) {
    sockets.push_back({AF_INET, is_wildcard           ? ""
                                : host == "localhost" ? "127.0.0.1"
                                                      : v4.value_or(host)});
  }
  if (allowed != net::AddressFamily::kIpv4 && (is_wildcard || !v4)) {
    sockets.push_back({AF_INET6, is_wildcard           ? ""
                                 : host == "localhost" ? "::1"
                                                       : v6.value_or(host)});
  }
  return sockets;
}

/// What `address` takes of the machine; nothing for a free port.
std::vector<Socket> SocketsOf(const ListeningAddress& address, std::uint16_t& port) {
  port = 0;
  if (address.transport == "unix") {
    const auto path = net::ParseSocketPath(address.where);
    return path ? std::vector<Socket>{{AF_UNIX, *path}} : std::vector<Socket>();
  }
  const auto parsed = net::ParseHostPort(address.where);
  if (!parsed || parsed->port == 0) return {};
  port = parsed->port;
  return SocketsOf(*parsed, address.transport == "tcp4"   ? net::AddressFamily::kIpv4
                            : address.transport == "tcp6" ? net::AddressFamily::kIpv6
                                                          : net::AddressFamily::kAny);
}

bool Meet(const ListeningAddress& a, const ListeningAddress& b) {
  std::uint16_t port_a = 0;
  std::uint16_t port_b = 0;
  const std::vector<Socket> of_a = SocketsOf(a, port_a);
  const std::vector<Socket> of_b = SocketsOf(b, port_b);
  if (port_a != port_b) return false;
  return std::ranges::any_of(of_a, [&](const Socket& one) {
    return std::ranges::any_of(of_b, [&](const Socket& other) {
      return one.family == other.family &&
             (one.host.empty() || other.host.empty() || one.host == other.host);
    });
  });
}

}  // namespace

std::vector<ListeningAddress> ListeningAddresses(const Config& config) {
  std::vector<ListeningAddress> addresses;
  for (const ComponentConfig& component : config.components) {
    if (Listens(config, component)) AddOf(component, addresses);
  }
  if (const std::string endpoint = TelemetryEndpoint(config.telemetry); !endpoint.empty()) {
    addresses.push_back({.what = "metrics and health",
                         .type = {},
                         .protocol = {},
                         .where = endpoint,
                         .transport = {},
                         .takes_spans = false,
                         .place = {}});
  }
  return addresses;
}

std::string TelemetryEndpoint(const TelemetryConfig& telemetry) {
  if (!telemetry.has_prometheus || telemetry.metrics_level == "none") return {};
  return net::HostPort{telemetry.prometheus_host, telemetry.prometheus_port}.ToString();
}

void CheckListeners(const Config& config, ProblemList& problems) {
  if (const std::string endpoint = TelemetryEndpoint(config.telemetry); !endpoint.empty()) {
    if (const auto parsed = net::ParseHostPort(endpoint); !parsed) {
      problems.push_back({{}, "service::telemetry::metrics: " + parsed.error().message});
    }
  }
  const std::vector<ListeningAddress> addresses = ListeningAddresses(config);
  for (auto address = addresses.begin(); address != addresses.end(); ++address) {
    const auto first = std::find_if(addresses.begin(), address, [&](const ListeningAddress& other) {
      return Meet(other, *address);
    });
    if (first == address) continue;
    problems.push_back(
        {address->place,
         fmt::format("{} cannot listen on \"{}\", since {} listens on \"{}\": give one of them "
                     "another endpoint",
                     address->what, address->where, first->what, first->where)});
  }
}

}  // namespace clew::pipeline
