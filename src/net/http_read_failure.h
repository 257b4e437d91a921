#pragma once

#include <optional>
#include <string>

#include "net/http_parser.h"

namespace clew::net {

/// What an answer says to a request that could not be read.
struct HttpReadFailure {
  int status = 400;
  std::string message;
};
/// Nothing: the peer is told nothing. `error` is of HttpInput::Put, buffer_overflow when
/// NextReadSize gave nothing, or of Transport::read_error.
std::optional<HttpReadFailure> DescribeReadFailure(const RequestParser::ErrorCode& error,
                                                   const RequestParser& parser,
                                                   const HttpServerOptions& options);

}  // namespace clew::net
