#include "net/http_read_failure.h"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include "net/http_reply.h"

namespace clew::net {

namespace http = boost::beast::http;
using ErrorCode = RequestParser::ErrorCode;

std::optional<HttpReadFailure> DescribeReadFailure(const ErrorCode& error,
                                                   const RequestParser& parser,
                                                   const HttpServerOptions& options) {
  using Failure = HttpReadFailure;
  if (error == boost::asio::error::eof && parser.is_started()) {
    return Failure{400, "the request ended before it was complete"};
  }
  if (error == http::error::body_limit) return Failure{413, BodyTooLargeText(options)};
  if (error == http::error::header_limit) {
    return Failure{431, "request headers and trailers too large: the limit is " +
                            std::to_string(options.header_bytes_max) + " bytes"};
  }
  if (error == http::error::buffer_overflow) {
    return Failure{503, "no memory is left for this request: send smaller ones, or later"};
  }
  if (error.category() == make_error_code(http::error::bad_value).category()) {
    return Failure{400, "malformed HTTP request: " + parser.Describe(error)};
  }
  return std::nullopt;
}

}  // namespace clew::net
