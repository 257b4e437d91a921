#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::net {

/// The bytes of a google.rpc.Status that carries `error` and, when it has retry_after, a
/// google.rpc.RetryInfo: what travels in grpc-status-details-bin.
std::string EncodeStatusDetails(const Error& error);

/// The delay of the first RetryInfo in the bytes of a google.rpc.Status; nothing when there is none
/// or the bytes are malformed.
std::optional<Nanos> ParseRetryDelay(std::string_view status_details);

}  // namespace clew::net
