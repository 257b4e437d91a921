#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/signal.h"
#include "wire/otlp/message_schema.h"

namespace clew::wire::otlp {

/// All that differs by signal in OTLP (otlp.md sections 1 and 2): what walks, cuts, reads or
/// answers a request looks here.
struct SignalShape {
  model::Signal signal;
  /// From the request down to its items: the fields of each message that hold the messages of the
  /// next level. Resources, scopes, then whatever the signal has, the items last.
  std::span<const std::span<const std::uint32_t>> levels;
  /// Whether a request can be cut between its items, and joined with others by writing one after
  /// the other. Not of profiles, of which each request has a dictionary of its own: each part would
  /// need all of it, and two would be mixed up.
  bool goes_whole() const { return regrouping == Regrouping::kNone; }
  enum class Regrouping : std::uint8_t { kByItems, kNone } regrouping;
  const MessageSchema& request;
  const MessageSchema& response;
  /// "ExportTraceServiceRequest"
  std::string_view request_name;
  /// What its first level is called: "resource spans".
  std::string_view resources_name;
  /// What its items are called: "spans".
  std::string_view items_name;
  std::string_view grpc_method;
  std::string_view http_path;
};

const SignalShape& ShapeOf(model::Signal signal);

}  // namespace clew::wire::otlp
