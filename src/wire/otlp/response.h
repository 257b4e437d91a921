#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "model/signal.h"

namespace clew::wire::otlp {

/// The partial success of any signal; all zero and empty means full success.
struct PartialSuccess {
  std::int64_t rejected_items = 0;
  std::string error_message;
};

/// The response to an export, with partial_success left out when there is nothing to say. As
/// protobuf those of all signals look alike; JSON names what was rejected.
std::string EncodeResponse(const PartialSuccess& partial);
std::string EncodeResponseJson(model::Signal signal, const PartialSuccess& partial);
/// What a server answered; INVALID_ARGUMENT when it is no such message.
Result<PartialSuccess> DecodeResponse(std::string_view protobuf);
Result<PartialSuccess> DecodeResponseJson(model::Signal signal, std::string_view json);

/// google.rpc.Status, with a RetryInfo detail when the error has retry_after: the body of HTTP
/// errors (otlp.md section 4).
std::string EncodeStatus(const Error& error);
std::string EncodeStatusJson(const Error& error);
/// The error in a google.rpc.Status; its retry_after from RetryInfo.
Result<Error> DecodeStatus(std::string_view protobuf);
Result<Error> DecodeStatusJson(std::string_view json);

/// gRPC code to HTTP status and back (otlp.md section 5).
int HttpStatusOf(const Error& error);
Code CodeOfHttpStatus(int status);

}  // namespace clew::wire::otlp
